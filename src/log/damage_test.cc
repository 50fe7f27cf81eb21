// One flipped bit anywhere: detected as a gap or harmless, never wrong data, and new writes go on.
#include <gtest/gtest.h>

#include <map>

#include "core/fault_env.h"
#include "log/inspect.h"
#include "log/internal/format.h"
#include "log/internal/journal_fixture.h"
#include "log/internal/registry.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::read_all;
using testing::ReadAll;
using testing::ReadRecord;
using testing::small_options;

using Image = std::map<std::string, std::string>;

Image image_of(MemoryFilesystem& fs) {
    Image image;
    const auto names = fs.list("log");
    for (const std::string& name : *names)
        if (!name.starts_with("spare-")) image[name] = *read_file(fs, "log/" + name);
    return image;
}

void restore(const Image& image, MemoryFilesystem& fs) {
    ASSERT_TRUE(fs.make_dirs("log"));
    for (const auto& [name, bytes] : image) ASSERT_TRUE(write_file_atomic(fs, "log/" + name, bytes));
}

struct Original {
    Image image;
    std::vector<ReadRecord> records;
    Position end;
    std::string segment;
};

JournalOptions options() {
    JournalOptions o = small_options();
    o.segment_bytes = 64 * 1024;
    o.group_bytes = 16 * 1024;
    o.max_request_bytes = 32 * 1024;
    return o;
}

/// One segment of several groups over two sources, cleanly closed.
Original make_original() {
    MemoryFilesystem fs;
    JournalFixture journal(fs, options());
    Original original;
    EXPECT_TRUE(journal.open());
    const auto sources = *journal->register_stream("sales", 2);
    const Rejection rejection{0, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}};
    for (int i = 0; i < 4; ++i) {
        std::vector<LogBatch> batches;
        batches.push_back(
            batch_of(sources[0].id, {"{\"n\":" + std::to_string(i) + "}", "{}"}, {rejection}, {"a", "b"}));
        if (i % 2 == 0) batches.push_back(batch_of(sources[1].id, {"{\"m\":" + std::to_string(i) + "}"}));
        EXPECT_TRUE(append_and_wait(*journal, std::move(batches)));
    }
    original.records = read_all(*journal)->records();
    original.end = journal->durable_end();
    journal.close();
    original.image = image_of(fs);
    for (const auto& [name, bytes] : original.image)
        if (journal::segment_id(name)) original.segment = name;
    return original;
}

bool covered(const ReadRecord& record, const std::vector<Gap>& gaps) {
    for (const Gap& gap : gaps)
        if (gap.source == record.source && gap.from <= record.offset && record.offset < gap.to) return true;
    return false;
}

/// What is read is what was written; what is missing is named.
void check_reading(const Original& original, const ReadAll& all) {
    std::map<std::pair<SourceId, Offset>, std::string> read;
    for (const ReadRecord& record : all.records()) read[{record.source, record.offset}] = record.value;
    for (const ReadRecord& record : original.records) {
        const auto found = read.find({record.source, record.offset});
        if (found == read.end()) {
            EXPECT_TRUE(covered(record, all.gaps)) << "silently lost: " << record.value;
        } else {
            EXPECT_EQ(found->second, record.value);
            read.erase(found);
        }
    }
    EXPECT_TRUE(read.empty()) << "records nobody wrote";
}

void check_damaged(const Original& original, MemoryFilesystem& fs) {
    JournalFixture journal(fs, options());
    const Status opened = journal.open();
    ASSERT_TRUE(opened) << opened.error().message;
    for (const ReadFrom from : {ReadFrom::nearest, ReadFrom::storage}) {
        const auto all = read_all(*journal, {}, from, 1);
        ASSERT_TRUE(all) << all.error().message;
        check_reading(original, *all);
    }
    // New writes go on, under offsets nobody had.
    const SourceId source = original.end.front().source;
    const auto appended = append_and_wait(*journal, one(batch_of(source, {"new"})));
    ASSERT_TRUE(appended) << appended.error().message;
    EXPECT_GE(appended->bases.front(), original.end.front().next);
}

void flip_and_check(const Original& original, std::uint64_t byte, int bit) {
    SCOPED_TRACE("byte " + std::to_string(byte) + " bit " + std::to_string(bit));
    MemoryFilesystem fs;
    restore(original.image, fs);
    ASSERT_TRUE(fs.flip_bit("log/" + original.segment, byte, bit));
    check_damaged(original, fs);
}

TEST(JournalDamage, EveryUsedByteOfASegment) {
    const Original original = make_original();
    const std::string& bytes = original.image.at(original.segment);
    ASSERT_GE(bytes.size(), 5 * journal::kBlock);
    std::size_t flips = 0;
    for (std::uint64_t byte = 0; byte < bytes.size() && !HasFailure(); ++byte) {
        // Padding is many equal zeros: one in a hundred of them is enough.
        const bool used = bytes[byte] != 0 || byte % journal::kBlock < 128;
        if (!used && byte % 101 != 0) continue;
        flip_and_check(original, byte, static_cast<int>(byte % 8));
        ++flips;
    }
    EXPECT_GT(flips, 1000U);
}

TEST(JournalDamage, EveryBitOfTheFirstGroupHeaderAndSegmentHeader) {
    const Original original = make_original();
    for (std::uint64_t start : {std::uint64_t{0}, std::uint64_t{journal::kBlock}})
        for (std::uint64_t byte = start; byte < start + 64 && !HasFailure(); ++byte)
            for (int bit = 0; bit < 8; ++bit) flip_and_check(original, byte, bit);
}

TEST(JournalDamage, WholeSegmentBlockLost) {
    const Original original = make_original();
    MemoryFilesystem fs;
    restore(original.image, fs);
    auto file = *fs.open("log/" + original.segment, {.write = true});
    ASSERT_TRUE(file->write_at(0, std::string(journal::kBlock, '\0')));
    check_damaged(original, fs);
}

TEST(JournalDamage, TruncationAtEveryLength) {
    const Original original = make_original();
    const std::string& bytes = original.image.at(original.segment);
    for (std::size_t cut = journal::kBlock; cut + journal::kBlock < bytes.size(); ++cut) {
        // Behind a group there is padding: one in a hundred of its zeros is enough.
        if (bytes[cut - 1] == 0 && cut % 101 != 0) continue;
        SCOPED_TRACE("cut at " + std::to_string(cut));
        MemoryFilesystem fs;
        restore(original.image, fs);
        auto file = *fs.open("log/" + original.segment, {.write = true});
        ASSERT_TRUE(file->truncate(cut));
        JournalFixture journal(fs, options());
        ASSERT_TRUE(journal.open());
        const auto all = read_all(*journal);
        ASSERT_TRUE(all);
        const auto records = all->records();
        ASSERT_LE(records.size(), original.records.size());
        EXPECT_TRUE(std::equal(records.begin(), records.end(), original.records.begin()));
        EXPECT_TRUE(append_and_wait(*journal, one(batch_of(original.end.front().source, {"new"}))));
        if (::testing::Test::HasFailure()) return;
    }
}

TEST(JournalDamage, RegistryHealsFromItsCopy) {
    const Original original = make_original();
    for (const std::string name : {"registry", "registry.copy"}) {
        for (std::size_t byte = 0; byte < original.image.at(name).size(); ++byte) {
            MemoryFilesystem fs;
            restore(original.image, fs);
            ASSERT_TRUE(fs.flip_bit("log/" + name, byte, static_cast<int>(byte % 8)));
            JournalFixture journal(fs, options());
            ASSERT_TRUE(journal.open());
            EXPECT_EQ(journal->sources().size(), 2U);
            EXPECT_EQ(read_all(*journal)->records(), original.records);
        }
    }
}

TEST(JournalDamage, EveryFlippedBitAndEveryLengthOfTheRegistryIsNoticed) {
    const std::string whole = make_original().image.at("registry");
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = whole;
            damaged[byte] ^= static_cast<char>(1 << bit);
            EXPECT_FALSE(journal::decode_registry(damaged)) << byte << ", bit " << bit;
        }
        EXPECT_FALSE(journal::decode_registry(std::string_view(whole).substr(0, byte))) << byte;
    }
    EXPECT_FALSE(journal::decode_registry(whole + "x"));
}

TEST(JournalDamage, RegistryLostWithSegmentsIsAnError) {
    Original original = make_original();
    for (const bool present : {true, false}) {
        MemoryFilesystem fs;
        Image image = original.image;
        for (const char* name : {"registry", "registry.copy"}) {
            image[name][20] ^= 1;
            if (!present) image.erase(name);
        }
        restore(image, fs);
        JournalFixture journal(fs, options());
        const Status opened = journal.open();
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, Errc::corruption);
    }
}

TEST(JournalDamage, UnreadableBlockIsDamageNotTheEnd) {
    const Original original = make_original();
    for (std::uint64_t nth = 1; nth <= 40; ++nth) {
        MemoryFilesystem disk;
        restore(original.image, disk);
        FaultFilesystem faulty(disk);
        faulty.fail(FileCall::read, nth, Error{Errc::io, "pread: medium error"});
        JournalFixture journal(faulty, options());
        if (!journal.open()) continue;  // the registry could not be read
        faulty.heal();
        const auto all = read_all(*journal);
        ASSERT_TRUE(all) << all.error().message;
        check_reading(original, *all);
        const auto more = append_and_wait(*journal, one(batch_of(original.end.front().source, {"new"})));
        ASSERT_TRUE(more);
        EXPECT_GE(more->bases.front(), original.end.front().next) << "call " << nth;
    }
}

TEST(JournalDamage, RecycledBytesAreNeverValid) {
    const Original original = make_original();
    MemoryFilesystem fs;
    // A spare that holds a whole old segment, of this very log.
    Image image = original.image;
    std::string old = image.at(original.segment);
    old.resize(options().segment_bytes, '\0');
    image.erase(original.segment);
    image["spare-000000000001.spare"] = old;
    restore(image, fs);
    JournalFixture journal(fs, options());
    ASSERT_TRUE(journal.open());
    EXPECT_TRUE(read_all(*journal)->batches.empty());
    const SourceId source = original.end.front().source;
    ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {"new"}))));
    journal.close();
    fs.crash(MemoryFilesystem::Loss::nothing);
    ASSERT_TRUE(journal.open());
    const auto all = read_all(*journal, {}, ReadFrom::storage);
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->gaps.empty());
    EXPECT_EQ(all->values(), std::vector<std::string>{"new"});
}

TEST(JournalDamage, CursorBeyondTheEndIsConfessed) {
    MemoryFilesystem fs;
    JournalFixture journal(fs, options());
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    const Image early = [&] {
        journal.close();
        return image_of(fs);
    }();
    ASSERT_TRUE(journal.open());
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {"x"}))));
    const std::string cursor = read_all(*journal)->cursor;
    journal.close();
    MemoryFilesystem old;
    restore(early, old);
    JournalFixture rolled_back(old, options());
    ASSERT_TRUE(rolled_back.open());
    const auto reader = rolled_back->open_reader(cursor);
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Errc::corruption);
}

TEST(JournalInspect, DescribesWholeAndDamagedFiles) {
    const Original original = make_original();
    MemoryFilesystem fs;
    restore(original.image, fs);
    std::string text;
    ASSERT_TRUE(inspect_file(fs, "log/" + original.segment, text));
    EXPECT_NE(text.find("{\"n\":3}"), std::string::npos) << text;
    EXPECT_NE(text.find("clean-stop"), std::string::npos);
    EXPECT_NE(text.find("rejected 0: type at /Quantity: expected int64, found six"), std::string::npos);
    EXPECT_EQ(text.find("DAMAGE"), std::string::npos);
    ASSERT_TRUE(fs.flip_bit("log/" + original.segment, 2 * journal::kBlock + 100, 3));
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "log/" + original.segment, text));
    EXPECT_NE(text.find("DAMAGE"), std::string::npos) << text;
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "log/registry", text));
    EXPECT_NE(text.find("stream 'sales' shard 1"), std::string::npos) << text;
    ASSERT_TRUE(fs.flip_bit("log/registry", 3, 0));
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "log/registry", text));
    EXPECT_NE(text.find("DAMAGE"), std::string::npos) << text;
    ASSERT_TRUE(write_file_atomic(fs, "log/other", "hello"));
    EXPECT_EQ(inspect_file(fs, "log/other", text).error().code, Errc::invalid_argument);
}

TEST(JournalScan, ReadsTheWholeLogFromItsFiles) {
    const Original original = make_original();
    MemoryFilesystem fs;
    restore(original.image, fs);
    std::size_t sources = 0;
    ReadAll all;
    const LogVisitor visitor{[&](const std::vector<SourceInfo>& found) { sources = found.size(); },
                             [&](const LogBatch& batch) {
                                 all.batches.push_back(batch);
                                 return true;
                             },
                             [&](const Gap& gap) { all.gaps.push_back(gap); }};
    ASSERT_TRUE(scan_log(fs, "log", visitor));
    EXPECT_EQ(sources, 2U);
    EXPECT_EQ(all.records(), original.records);
    EXPECT_TRUE(all.gaps.empty());
    EXPECT_EQ(image_of(fs), original.image);
    EXPECT_EQ(scan_log(fs, "elsewhere", visitor).error().code, Errc::not_found);
}

}  // namespace
}  // namespace tillstream
