#include "sinks/tables/internal/values.h"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/checksum.h"

namespace tillstream::tables {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        text += kDigits[static_cast<unsigned char>(byte) >> 4];
        text += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

const Share kShare{{2, 12, 306000, 4}, {1'291'191'960'000'000}, "EIRE"};
const Head kHead{{{3, 11, 272100, 4}, {1'291'191'900'000'000}, "United Kingdom"}, 17850, kShare};
const CustomerPart kPart{
    1, {2, 12, 306000, 4}, {1'291'191'960'000'000}, {1'291'192'020'000'000}, "536365", 3, "EIRE"};
const ChunkHead kChunk{SourceId{5}, 4, 4};

std::vector<StoredLine> lines() {
    const Timestamp time{1'291'191'960'000'000};
    return {
        {Offset{300}, time, "85123A", "WHITE HOLDER", 6, 25500, 153000, 17850, "EIRE"},
        {Offset{302}, {time.micros - 60'000'000}, "71053", std::nullopt, -1, 33900, -33900, 17850, "EIRE"},
        {Offset{303}, time, "D", "", 1, -1, 5, std::nullopt, std::nullopt}};
}

std::string chunk_of(const ChunkHead& head, const std::vector<StoredLine>& stored) {
    Buffer out;
    ChunkWriter writer;
    writer.begin(out, head);
    for (const StoredLine& line : stored) writer.add(line);
    writer.finish();
    return std::string(out.view());
}

template <class Value>
std::string bytes_of(void (*append)(Buffer&, const Value&), const Value& value) {
    Buffer out;
    append(out, value);
    return std::string(out.view());
}

Head with_lines(std::string_view chunk) {
    Head head{kShare, 17850, kShare};
    head.first_lines = chunk;
    return head;
}

Result<std::vector<StoredLine>> lines_in(std::string_view bytes) {
    auto reader = TILLSTREAM_TRY(ChunkReader::open(bytes));
    std::vector<StoredLine> stored;
    while (!reader.at_end()) stored.push_back(TILLSTREAM_TRY(reader.next()));
    return stored;
}

/// docs/formats/tables.md explains these bytes one by one.
TEST(TablesValues, AreWhatTheFormatSays) {
    EXPECT_EQ(hex(bytes_of(append_share, kShare)), "01021804a0ad2580d8e6e1a195cb040545495245dafb824b");
    EXPECT_EQ(hex(bytes_of(append_head, kHead)),
              "0103031604c89b2180bccaa8a195cb040f556e69746564204b696e67646f6df49602021804a0ad2580d8e6e1a195cb"
              "04054549"
              "52451bac9632");
    Head alone = kHead;
    alone.customers = alone.whole;
    EXPECT_EQ(hex(bytes_of(append_head, alone)),
              "0101031604c89b2180bccaa8a195cb040f556e69746564204b696e67646f6df49602df68c920");
    const std::string chunk = chunk_of(kChunk, {lines().front()});
    EXPECT_EQ(hex(bytes_of(append_head, with_lines(chunk))),
              "0105021804a0ad2580d8e6e1a195cb040545495245f4960233010504043dac0280d8e6e1a195cb0406383531323341"
              "0c574849544520484f4c4445520cb88e03f496020445495245ad87dbbb4e00a289");
    EXPECT_EQ(hex(bytes_of(append_customer_part, kPart)),
              "0101021804a0ad2580d8e6e1a195cb0480f4829ba295cb040635333633363503054549524563915cd1");
    EXPECT_EQ(hex(chunk_of(kChunk, lines())),
              "010504043dac0280d8e6e1a195cb04063835313233410c574849544520484f4c4445520cb88e03f496020445495245"
              "0002ff9b"
              "9c3905373130353301d891041701809c9c3901440002010a5cbfa725");
}

TEST(TablesValues, ComeBack) {
    EXPECT_EQ(*read_share(bytes_of(append_share, kShare)), kShare);
    EXPECT_EQ(*read_head(bytes_of(append_head, kHead)), kHead);
    Head other = kHead;
    other.customers = other.whole;
    EXPECT_EQ(*read_head(bytes_of(append_head, other)), other);
    other.customer.reset();
    other.customers = {};
    other.whole.country.reset();
    EXPECT_EQ(*read_head(bytes_of(append_head, other)), other);
    EXPECT_EQ(*read_customer_part(bytes_of(append_customer_part, kPart)), kPart);
    const std::string chunk = chunk_of(kChunk, lines());
    other.first_lines = chunk;
    const std::string other_bytes = bytes_of(append_head, other);
    EXPECT_EQ(*read_head(other_bytes), other);
    EXPECT_EQ(*lines_in(chunk), lines());
    EXPECT_EQ(ChunkReader::open(chunk)->head(), kChunk);
    // At the ends of what the types hold.
    const Int128 huge = pow10(kAmountDigitsMax) - 1;
    std::vector<StoredLine> wide = lines();
    wide[0].quantity = std::numeric_limits<std::int64_t>::min();
    wide[0].unit_price = -huge;
    wide[0].line_total = huge;
    wide[1].time.micros = std::numeric_limits<std::int64_t>::min();
    wide[1].quantity = std::numeric_limits<std::int64_t>::max();
    wide[1].customer = std::numeric_limits<std::int64_t>::min();
    wide[2].time.micros = std::numeric_limits<std::int64_t>::max();
    wide[2].offset.value = std::numeric_limits<std::uint64_t>::max();
    const std::string wide_chunk = chunk_of({SourceId{UINT32_MAX}, 38, 0}, wide);
    EXPECT_EQ(*lines_in(wide_chunk), wide);
    Share large{{UINT64_MAX, huge * 1000, -huge * 1000, 38}, wide[1].time, ""};
    EXPECT_EQ(*read_share(bytes_of(append_share, large)), large);
}

struct Case {
    const char* name;
    std::string bytes;
    std::function<Status(std::string_view)> read;
};

std::vector<Case> cases() {
    const auto status = [](const auto& result) { return result ? Status{} : failure(result.error()); };
    return {{"share", bytes_of(append_share, kShare), [=](auto bytes) { return status(read_share(bytes)); }},
            {"head", bytes_of(append_head, kHead), [=](auto bytes) { return status(read_head(bytes)); }},
            {"head with lines", bytes_of(append_head, with_lines(chunk_of(kChunk, lines()))),
             [=](auto bytes) { return status(read_head(bytes)); }},
            {"part", bytes_of(append_customer_part, kPart),
             [=](auto bytes) { return status(read_customer_part(bytes)); }},
            {"chunk", chunk_of(kChunk, lines()), [=](auto bytes) { return status(lines_in(bytes)); }}};
}

TEST(TablesValues, EveryFlippedBitAndEveryCutIsCorruption) {
    for (const Case& one : cases()) {
        SCOPED_TRACE(one.name);
        EXPECT_TRUE(one.read(one.bytes));
        for (std::size_t bit = 0; bit < one.bytes.size() * 8; ++bit) {
            std::string flipped = one.bytes;
            flipped[bit / 8] ^= static_cast<char>(1u << (bit % 8));
            const Status read = one.read(flipped);
            ASSERT_FALSE(read) << "bit " << bit;
            EXPECT_EQ(read.error().code, Errc::corruption);
            EXPECT_NE(read.error().message.find("delete the folder"), std::string::npos);
        }
        for (std::size_t size = 0; size < one.bytes.size(); ++size) {
            const Status read = one.read(std::string(one.bytes, 0, size));
            ASSERT_FALSE(read) << "size " << size;
            EXPECT_EQ(read.error().code, Errc::corruption);
        }
        EXPECT_FALSE(one.read(one.bytes + '\0'));
    }
}

std::string with_crc(std::string bytes) {
    char crc[4];
    store_le(crc, crc32c(bytes));
    return bytes.append(crc, 4);
}

TEST(TablesValues, AnotherVersionIsUnsupported) {
    for (const Case& one : cases()) {
        std::string bytes(one.bytes, 0, one.bytes.size() - 4);
        bytes[0] = 2;
        const Status read = one.read(with_crc(bytes));
        ASSERT_FALSE(read) << one.name;
        EXPECT_EQ(read.error().code, Errc::unsupported);
    }
}

/// What passes the checksum and is nonsense nevertheless is corruption too, and never read beyond its end.
TEST(TablesValues, NonsenseUnderAGoodChecksumIsCorruption) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    for (const Case& one : cases()) {
        for (int i = 0; i < 20'000; ++i) {
            std::string bytes(one.bytes, 0, one.bytes.size() - 4);
            for (int flips = 0; flips < 3; ++flips) {
                bytes[1 + random() % (bytes.size() - 1)] ^= static_cast<char>(1u << (random() % 8));
            }
            bytes.resize(1 + random() % bytes.size());
            bytes = with_crc(bytes);
            bytes.shrink_to_fit();
            const Status read = one.read(bytes);
            if (!read) {
                EXPECT_EQ(read.error().code, Errc::corruption);
            }
        }
    }
}

TEST(TablesSums, StayExactOverScalesAndRefuseWhatDoesNotFit) {
    Sums sums{1, 2, 255, 2};
    ASSERT_TRUE(sums.add({1, 3, 10001, 4}));
    EXPECT_EQ(sums, (Sums{2, 5, 35501, 4}));
    ASSERT_TRUE(sums.add({1, -5, -1, 0}));
    EXPECT_EQ(sums, (Sums{3, 0, 25501, 4}));
    Sums full{1, 0, decimal_limit(38), 0};
    EXPECT_FALSE(full.add({1, 0, decimal_limit(38), 0}));
    full = {1, 0, decimal_limit(38), 0};
    EXPECT_FALSE(full.add({1, 0, 1, 4}));
    full = {1, decimal_limit(38), 0, 0};
    EXPECT_FALSE(full.add({1, decimal_limit(38), 0, 0}));
}

}  // namespace
}  // namespace tillstream::tables
