// The bytes of docs/formats/journal.md, read from that page: the page and the code cannot drift apart.
#include "log/internal/format.h"

#include <gtest/gtest.h>

#include "core/bytes.h"
#include "core/checksum.h"
#include "log/internal/batch_codec.h"
#include "log/internal/cursor.h"
#include "log/internal/registry.h"
#include "tests/contract/format_page.h"
#include "tests/contract/log_batches.h"

namespace tillstream::journal {
namespace {

using testing::bytes_of_page;
using testing::hex_dump;

const Timestamp kMorning = to_timestamp({2010, 12, 1, 8, 26, 0, 0});

LogUuid example_uuid() {
    LogUuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<char>(i);
    return uuid;
}

SegmentHeader example_segment() {
    SegmentHeader header;
    header.uuid = example_uuid();
    header.id = 1;
    header.epoch = Epoch{1};
    header.nonce = 0x0123456789abcdef;
    header.bytes = 65536;
    header.created = kMorning;
    return header;
}

LogBatch example_batch() {
    return testing::batch_of(SourceId{1}, {"{\"InvoiceNo\":\"536365\"}", "{\"Quantity\":\"six\"}"},
                             {{1, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}}}, {"a1", ""});
}

std::string example_group() {
    const LogBatch batch = example_batch();
    const EncodedBatch checkpoint({{SourceId{1}, Offset{0}, Timestamp{0}}});
    const EncodedBatch records(batch, 0, 1);
    std::string bytes(kGroupHeaderBytes + checkpoint.bytes() + records.bytes(), '\0');
    std::uint32_t crc = example_segment().seed();
    crc = checkpoint.write_to(bytes.data() + kGroupHeaderBytes, Offset{}, Timestamp{}, crc);
    crc = records.write_to(bytes.data() + kGroupHeaderBytes + checkpoint.bytes(), Offset{0}, kMorning, crc);
    GroupHeader header;
    header.heads_crc = crc;
    header.lsn = Lsn{1};
    header.epoch = Epoch{1};
    header.segment = 1;
    header.body_bytes = static_cast<std::uint32_t>(bytes.size() - kGroupHeaderBytes);
    header.batches = 2;
    header.committed = kMorning;
    encode_group_header(header, example_segment().seed(), bytes.data());
    return bytes;
}

RegistryData example_registry() {
    return {example_uuid(), Epoch{1}, {{SourceId{1}, "sales", ShardId{0}, 1}}};
}

TEST(JournalFormat, GoldenSegmentHeader) {
    std::string block(kBlock, '\xff');
    encode_segment_block(example_segment(), block.data());
    const std::string copy = block.substr(0, 128);
    EXPECT_EQ(copy, bytes_of_page("journal.md", "segment")) << hex_dump(copy);
    EXPECT_EQ(block.substr(2048, 128), copy);
    EXPECT_EQ(block.find_first_not_of('\0', 2048 + 128), std::string::npos);
    EXPECT_EQ(*decode_segment_block(block), example_segment());
}

TEST(JournalFormat, GoldenGroup) {
    const std::string group = example_group();
    EXPECT_EQ(group, bytes_of_page("journal.md", "group")) << hex_dump(group);
}

TEST(JournalFormat, GoldenRegistry) {
    const std::string bytes = encode_registry(example_registry());
    EXPECT_EQ(bytes, bytes_of_page("journal.md", "registry")) << hex_dump(bytes);
    EXPECT_EQ(*decode_registry(bytes), example_registry());
}

TEST(JournalFormat, PageIsDecodedToTheExample) {
    const std::string bytes = bytes_of_page("journal.md", "group");
    const auto header = decode_group_header(bytes, example_segment());
    ASSERT_TRUE(header);
    EXPECT_EQ(header->lsn, Lsn{1});
    EXPECT_EQ(header->stored_bytes(), kBlock);
    const auto checkpoint = parse_batch(std::string_view(bytes).substr(kGroupHeaderBytes));
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(decode_checkpoint(*checkpoint)->size(), 1U);
    const auto batch = parse_batch(std::string_view(bytes).substr(kGroupHeaderBytes + checkpoint->bytes));
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->arrived, kMorning);
    EXPECT_EQ(batch->contract, "sales@1");
    const auto records = decode_records(*batch);
    ASSERT_TRUE(records);
    EXPECT_EQ(records->value(1), "{\"Quantity\":\"six\"}");
    EXPECT_EQ(records->event_id(0), "a1");
    EXPECT_EQ(records->rejections.front().errors, example_batch().records->rejections.front().errors);
}

TEST(JournalFormat, NewerSegmentsAreRefusedNotCalledDamaged) {
    std::string block(kBlock, '\0');
    encode_segment_block(example_segment(), block.data());
    block[24] = 1;  // an incompatible feature
    store_le(block.data() + 8, crc32c(std::string_view(block).substr(12, 116)));
    EXPECT_EQ(decode_segment_block(block).error().code, Errc::unsupported);
}

TEST(JournalFormat, GroupOfAnotherNonceIsNone) {
    SegmentHeader other = example_segment();
    other.nonce ^= 1;
    EXPECT_FALSE(decode_group_header(example_group(), other));
}

/// Valid checksums do not make lengths true: every single-byte change of a head is refused or decoded within
/// bounds.
TEST(JournalFormat, DecodersStayWithinTheirBytes) {
    const LogBatch batch = example_batch();
    const EncodedBatch encoded(batch, 0, 1);
    std::string bytes(encoded.bytes(), '\0');
    encoded.write_to(bytes.data(), Offset{0}, kMorning, 0);
    std::size_t refused = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int change = 1; change < 256; ++change) {
            const std::string original = bytes;
            bytes[at] = static_cast<char>(bytes[at] ^ change);
            const std::string exact(bytes);  // its own allocation: a sanitizer sees any step outside
            const auto parsed = parse_batch(exact);
            const bool decoded = parsed && decode_records(*parsed).has_value();
            if (!decoded) ++refused;
            if (parsed) (void)decode_checkpoint(*parsed);
            bytes = original;
        }
    }
    EXPECT_GT(refused, 0U);
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_batch(bytes.substr(0, size)));
}

TEST(JournalFormat, CheckpointSizeIsKnownWithoutEncoding) {
    std::vector<journal::SourceEnd> ends;
    for (std::uint32_t sources = 0; sources < 10; ++sources) {
        EXPECT_EQ(journal::EncodedBatch::checkpoint_bytes(sources), journal::EncodedBatch(ends).bytes());
        ends.push_back({SourceId{sources + 1}, Offset{7}, Timestamp{}});
    }
}

TEST(JournalFormat, SegmentNames) {
    EXPECT_EQ(segment_name(7), "journal-000000000007.seg");
    EXPECT_EQ(segment_id("journal-000000000007.seg"), 7U);
    for (const char* name :
         {"journal-7.seg", "journal-.seg", "journal-00000000000x.seg", "spare-000000000001.spare", ""})
        EXPECT_FALSE(segment_id(name)) << name;
}

TEST(JournalCursor, RoundTripsAndKnowsItsLog) {
    const ReadPlace journal{{Lsn{4711}, 3}, std::nullopt};
    const std::string token = encode_place(journal, example_uuid());
    EXPECT_EQ(token, "j1.00010203.1267.3");
    EXPECT_EQ(encode_cursor(journal.at, example_uuid()), token);
    const ReadPlace sealed{{Lsn{17}, 1},
                           ReadPlace::Sealed{Lsn{99}, {hour_of(kMorning), SourceId{5}, Offset{300}}}};
    const std::string in_pass = encode_place(sealed, example_uuid());
    EXPECT_EQ(in_pass, "s1.00010203.11.1.63.57908.5.12c");
    EXPECT_EQ(*decode_place(token, example_uuid()), journal);
    EXPECT_EQ(*decode_place(in_pass, example_uuid()), sealed);
    EXPECT_EQ(*decode_place("", example_uuid()), ReadPlace{});
    LogUuid other = example_uuid();
    other.bytes[0] = 'x';
    EXPECT_EQ(decode_place(token, other).error().code, Errc::corruption);
    EXPECT_EQ(decode_place(in_pass, other).error().code, Errc::corruption);
    for (const char* text : {"j", "j1.", "j1.00010203", "j1.00010203.", "j1.00010203..1", "j1.00010203.1",
                             "j1.00010203.1.", "j1.00010203.g.1", "j2.00010203.1.1", "j1.00010203.1.2.3",
                             "j1.00010203.1.fffffffff", "s1.00010203.1.1", "s1.00010203.1.1.1.1.1.",
                             "s1.00010203.1.1.1.1.1.1.1", "s1.00010203.1.1.1.ffffffffffffffff.1.1"})
        EXPECT_EQ(decode_place(text, example_uuid()).error().code, Errc::invalid_argument) << text;
}

TEST(JournalCursor, HoursBeginOnTheHour) {
    EXPECT_EQ(hour_of(kMorning), to_timestamp({2010, 12, 1, 8, 0, 0, 0}));
    EXPECT_EQ(hour_of(hour_of(kMorning)), hour_of(kMorning));
    EXPECT_EQ(hour_of(Timestamp{-1}), Timestamp{-3'600'000'000});
}

}  // namespace
}  // namespace tillstream::journal
