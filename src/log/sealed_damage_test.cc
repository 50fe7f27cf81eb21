// Flipped bits, cuts and lost frames: found and named, or harmless; never a wrong record.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "codec/zstd_frame.h"
#include "core/checksum.h"
#include "log/internal/sealed_fixture_test.h"
#include "log/internal/sealed_frames.h"
#include "log/internal/sealed_index.h"

namespace tillstream::testing {
namespace {

constexpr std::uint32_t kFrameHeader = 18;  ///< the most that zstd's takes

using journal::kSealedFooterBytes;
using journal::kSkippableHeaderBytes;
using journal::SealedFooter;
using journal::SealedIndex;

struct Record {
    std::string line;
    std::string event_id;
    bool rejected = false;
    friend bool operator==(const Record&, const Record&) = default;
};
using Records = std::map<Offset, Record>;

Records records_of(const std::vector<SealedBatch>& batches) {
    Records records;
    for (const SealedBatch& sealed : batches) {
        const RecordBlock& block = *sealed.batch.records;
        for (std::uint32_t i = 0; i < block.count(); ++i) {
            const Offset offset{sealed.batch.base.value + i};
            EXPECT_FALSE(records.contains(offset)) << "read twice";
            records[offset] = {std::string(block.value(i)), std::string(block.event_id(i)), false};
        }
        for (const Rejection& rejection : block.rejections)
            records[Offset{sealed.batch.base.value + rejection.index}].rejected = true;
    }
    return records;
}

struct Original {
    std::vector<SealedBatch> batches;
    Sealed sealed;
    Records records;
};

Original make_original(std::vector<SealedBatch> batches) {
    Original original{std::move(batches), {}, {}};
    original.sealed = seal(original.batches);
    original.records = records_of(original.batches);
    return original;
}

Original small_original() {
    std::mt19937_64 random(1);
    return make_original(random_batches(random, 12, 4, 30));
}

/// Five frames and more; batches of all sizes lie across their borders.
Original large_original() {
    std::mt19937_64 random(2);
    return make_original(random_batches(random, 24, 2500, 400));
}

/// Everything is read as it was written or lies in a gap, and gaps hold nothing else. False: not to be
/// opened.
bool check_reading(const Original& original, const std::string& bytes) {
    MemoryObjectStore store;
    store.overwrite(original.sealed.name, bytes);
    const auto content = read_sealed(store, original.sealed.name);
    if (!content) {
        EXPECT_EQ(content.error().code, Errc::corruption) << content.error().message;
        EXPECT_NE(content.error().message.find(original.sealed.name), std::string::npos);
        return false;
    }
    Records read = records_of(content->batches);
    std::uint64_t in_gaps = 0;
    for (const Gap& gap : content->gaps) in_gaps += gap.to.value - gap.from.value;
    EXPECT_EQ(read.size() + in_gaps, original.records.size());
    for (const auto& [offset, record] : original.records) {
        const auto found = read.find(offset);
        const bool covered = std::any_of(content->gaps.begin(), content->gaps.end(), [&](const Gap& gap) {
            return gap.from <= offset && offset < gap.to;
        });
        EXPECT_EQ(found == read.end(), covered) << offset.value;
        if (found != read.end()) {
            EXPECT_EQ(found->second, record) << offset.value;
        }
    }
    return true;
}

std::string flipped(std::string bytes, std::size_t byte, int bit) {
    bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
    return bytes;
}

SealedIndex index_of(const Sealed& sealed) {
    auto index = journal::load_sealed_index(
        [&](std::uint64_t at, std::size_t size) -> Result<std::string> {
            return sealed.bytes.substr(at, size);
        },
        sealed.bytes.size());
    EXPECT_TRUE(index) << index.error().message;
    return std::move(*index);
}

TEST(SealedDamage, EveryBitOfASmallObject) {
    const Original original = small_original();
    const std::string& bytes = original.sealed.bytes;
    ASSERT_TRUE(check_reading(original, bytes));
    const SealedIndex index = index_of(original.sealed);
    const std::size_t frames_end = index.frames()[0].stored_bytes;
    for (std::size_t byte = 0; byte < bytes.size() && !HasFailure(); ++byte)
        for (int bit = 0; bit < 8; ++bit) {
            SCOPED_TRACE("byte " + std::to_string(byte) + " bit " + std::to_string(bit));
            const bool opened = check_reading(original, flipped(bytes, byte, bit));
            const bool in_index = byte >= frames_end + kSkippableHeaderBytes;
            EXPECT_EQ(opened, !in_index);
        }
}

TEST(SealedDamage, TruncationAtEveryLength) {
    const Original original = small_original();
    for (std::size_t size = 0; size < original.sealed.bytes.size() && !HasFailure(); ++size)
        EXPECT_FALSE(check_reading(original, original.sealed.bytes.substr(0, size))) << size;
    EXPECT_FALSE(check_reading(original, original.sealed.bytes + "x"));
    EXPECT_FALSE(check_reading(original, original.sealed.bytes + original.sealed.bytes));
}

TEST(SealedDamage, ADamagedFrameIsAGapOfExactlyItsRecords) {
    const Original original = large_original();
    const SealedIndex index = index_of(original.sealed);
    ASSERT_GE(index.frames().size(), 5U);
    for (std::size_t f = 0; f < index.frames().size() && !HasFailure(); ++f) {
        SCOPED_TRACE("frame " + std::to_string(f));
        const auto& frame = index.frames()[f];
        MemoryObjectStore store;
        store.overwrite(original.sealed.name,
                        flipped(original.sealed.bytes, frame.at + frame.stored_bytes / 2, 0));
        const auto content = read_sealed(store, original.sealed.name);
        ASSERT_TRUE(content) << content.error().message;
        ASSERT_EQ(content->gaps.size(), 1U);
        const Gap& gap = content->gaps[0];
        EXPECT_EQ(gap.from.value, original.sealed.id.first.value + frame.first_ordinal);
        EXPECT_EQ(gap.to.value, gap.from.value + frame.records);
        EXPECT_NE(gap.reason.find(original.sealed.name), std::string::npos);
        EXPECT_EQ(records_of(content->batches).size() + frame.records, original.records.size());
        for (const SealedBatch& part : content->batches) {
            const auto whole =
                std::find_if(original.batches.begin(), original.batches.end(),
                             [&](const SealedBatch& b) { return part.batch.base < b.batch.end(); });
            EXPECT_EQ(part.place, whole->place) << "a part keeps its batch's place";
            EXPECT_EQ(part.batch.contract, whole->batch.contract);
        }
    }
}

TEST(SealedDamage, OneBitIn512BytesOfTheBodyAndEveryFrameHeader) {
    const Original original = large_original();
    const SealedIndex index = index_of(original.sealed);
    // Reading all of a large object for each bit would take minutes; the frame with the bit is what matters.
    std::string bytes = original.sealed.bytes;
    const journal::ReadBytes read = [&](std::uint64_t at, std::size_t size) -> Result<std::string> {
        return bytes.substr(at, size);
    };
    std::size_t flips = 0;
    for (std::size_t f = 0; f < index.frames().size() && !HasFailure(); ++f) {
        const journal::SealedFrame& frame = index.frames()[f];
        for (std::uint32_t at = 0; at < frame.stored_bytes; at += at < kFrameHeader ? 1 : 512)
            for (int bit = 0; bit < (at < kFrameHeader ? 8 : 1); ++bit, ++flips) {
                char& byte = bytes[frame.at + at];
                const char whole = byte;
                byte = static_cast<char>(byte ^ (1 << bit));
                journal::SealedFrames frames(read, index);
                const auto lines = frames.lines(f, frame.first_ordinal, index.frame_end(f));
                byte = whole;
                ASSERT_FALSE(lines) << "byte " << at << " bit " << bit;
                EXPECT_EQ(lines.error().code, Errc::corruption);
            }
    }
    EXPECT_GT(flips, (index.frames().back().at + index.frames().back().stored_bytes) / 512);
    EXPECT_TRUE(check_reading(original, flipped(bytes, index.frames()[1].at + 4, 3)));
}

TEST(SealedDamage, SeveralLostFramesAndALostEnd) {
    const Original original = large_original();
    const SealedIndex index = index_of(original.sealed);
    std::string bytes = original.sealed.bytes;
    for (const std::size_t f : {std::size_t{0}, std::size_t{1}, index.frames().size() - 1})
        bytes[index.frames()[f].at + 9] ^= 1;
    EXPECT_TRUE(check_reading(original, bytes));
    for (const auto& frame : index.frames()) bytes[frame.at + 10] ^= 1;
    EXPECT_TRUE(check_reading(original, bytes)) << "nothing is left but gaps";
}

/// The index with these bytes instead, under right checksums.
std::string with_index(const std::string& bytes, std::size_t frames_end, std::string_view raw) {
    Buffer out(std::string_view(bytes).substr(0, frames_end + kSkippableHeaderBytes));
    SealedFooter footer;
    footer.index_at = out.size();
    EXPECT_TRUE(ZstdFrameWriter(3).append(raw, out));
    footer.index_bytes = static_cast<std::uint32_t>(out.size() - footer.index_at);
    footer.index_raw_bytes = static_cast<std::uint32_t>(raw.size());
    footer.index_crc = crc32c(out.view().substr(footer.index_at));
    footer.object_bytes = out.size() + kSealedFooterBytes;
    append_footer(out, footer);
    return std::string(out.view());
}

std::string raw_index_of(const std::string& bytes) {
    const auto footer = *journal::parse_footer(
        std::string_view(bytes).substr(bytes.size() - kSealedFooterBytes), bytes.size());
    Buffer raw;
    EXPECT_TRUE(ZstdFrameReader().read(std::string_view(bytes).substr(footer.index_at, footer.index_bytes),
                                       footer.index_raw_bytes, raw));
    return std::string(raw.view());
}

/// Valid checksums do not make the index true: whatever it says, reading stays within bounds and ends.
TEST(SealedDamage, AnIndexThatLiesIsReadWithinBounds) {
    const Original original = small_original();
    const std::string raw = raw_index_of(original.sealed.bytes);
    const std::size_t frames_end = index_of(original.sealed).frames()[0].stored_bytes;
    std::size_t refused = 0;
    for (std::size_t at = 0; at < raw.size(); ++at)
        for (const int change : {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF}) {
            std::string changed = raw;
            changed[at] = static_cast<char>(changed[at] ^ change);
            MemoryObjectStore store;
            store.overwrite(original.sealed.name, with_index(original.sealed.bytes, frames_end, changed));
            const auto content = read_sealed(store, original.sealed.name);
            if (content) continue;
            ++refused;
            EXPECT_TRUE(content.error().code == Errc::corruption ||
                        content.error().code == Errc::unsupported);
        }
    EXPECT_GT(refused, raw.size());
    for (std::size_t size = 0; size < raw.size(); ++size) {
        Buffer cut(std::string_view(raw).substr(0, size));
        EXPECT_FALSE(SealedIndex::parse(std::move(cut), frames_end)) << size;
    }
}

TEST(SealedDamage, WhatANewerProgramWroteIsRefusedNotCalledDamaged) {
    const Original original = small_original();
    const std::string& bytes = original.sealed.bytes;
    const auto opened = [&](const std::string& changed) {
        MemoryObjectStore store;
        store.overwrite(original.sealed.name, changed);
        const auto reader = SealedObjectReader::open(store, original.sealed.name);
        return reader ? std::string("opened") : std::string(to_string(reader.error().code));
    };
    const std::size_t footer = bytes.size() - kSealedFooterBytes;
    const auto with_footer_byte = [&](std::size_t at, char value) {
        std::string changed = bytes;
        changed[footer + at] = value;
        store_le(changed.data() + footer + 52, crc32c(std::string_view(changed).substr(footer, 52)));
        return changed;
    };
    EXPECT_EQ(opened(with_footer_byte(0, 1)), "unsupported") << "an incompatible feature";
    EXPECT_EQ(opened(with_footer_byte(8, 1)), "opened") << "a compatible feature";
    EXPECT_EQ(opened(with_footer_byte(44, 2)), "unsupported") << "a version";
    const std::string raw = raw_index_of(bytes);
    const std::size_t frames_end = index_of(original.sealed).frames()[0].stored_bytes;
    const std::size_t entries = 72 + 5;  // behind the id and "sales"
    std::string unknown = raw;
    unknown[entries] = 99;
    EXPECT_EQ(opened(with_index(bytes, frames_end, unknown)), "unsupported") << "a critical section";
    unknown[entries + 1] = 0;
    EXPECT_EQ(opened(with_index(bytes, frames_end, unknown)), "corruption") << "frames are missing";
}

TEST(SealedDamage, ALieAboutSizesAllocatesNothing) {
    const Original original = small_original();
    const std::string& bytes = original.sealed.bytes;
    const std::size_t footer = bytes.size() - kSealedFooterBytes;
    for (const std::uint32_t size : {std::uint32_t{256} << 20, UINT32_MAX}) {
        std::string changed = bytes;
        store_le(changed.data() + footer + 36, size);
        store_le(changed.data() + footer + 52, crc32c(std::string_view(changed).substr(footer, 52)));
        EXPECT_FALSE(check_reading(original, changed));
    }
}

}  // namespace
}  // namespace tillstream::testing
