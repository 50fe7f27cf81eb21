// The bytes of docs/formats/sealed.md, read from that page: the page and the code cannot drift apart.
#include <gtest/gtest.h>

#include "codec/zstd_frame.h"
#include "log/internal/sealed_fixture_test.h"
#include "log/internal/sealed_index.h"
#include "log/internal/varint.h"
#include "tests/contract/format_page.h"

namespace tillstream::testing {
namespace {

/// The batch of docs/formats/journal.md and one more, 90 s later, behind a hole of one record.
std::vector<SealedBatch> example_batches() {
    const Timestamp morning = to_timestamp({2010, 12, 1, 8, 26, 0, 0});
    const std::int64_t since_hour = morning.micros - kSealedHour.micros;
    return {placed(batch_of(SourceId{7}, {"{\"InvoiceNo\":\"536365\"}", "{\"Quantity\":\"six\"}"},
                            {{1, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}}}, {"a1", ""}),
                   0, since_hour, 1, 0),
            placed(batch_of(SourceId{7}, {"{\"InvoiceNo\":\"536366\"}"}), 3, since_hour + 90'000'000, 3, 1)};
}

std::string_view raw_index(std::string_view object, Buffer& raw) {
    const auto footer =
        *journal::parse_footer(object.substr(object.size() - journal::kSealedFooterBytes), object.size());
    EXPECT_TRUE(ZstdFrameReader().read(object.substr(footer.index_at, footer.index_bytes),
                                       footer.index_raw_bytes, raw));
    return raw.view();
}

TEST(SealedFormat, GoldenObject) {
    const Sealed sealed = seal(example_batches());
    EXPECT_EQ(sealed.name, "lake/raw/sales/year=2010/month=12/day=01/hour=08/s2-0-3.ndjson.zst");
    EXPECT_EQ(sealed.bytes, bytes_of_page("sealed.md", "object")) << hex_dump(sealed.bytes);
}

TEST(SealedFormat, GoldenIndex) {
    Buffer raw;
    const Sealed sealed = seal(example_batches());
    const std::string index(raw_index(sealed.bytes, raw));
    EXPECT_EQ(index, bytes_of_page("sealed.md", "index")) << hex_dump(index);
}

/// However another libzstd would compress it: what is on the page stays readable.
TEST(SealedFormat, PageIsReadAsTheExample) {
    MemoryObjectStore store;
    const std::string name = "lake/raw/sales/year=2010/month=12/day=01/hour=08/s2-0-3.ndjson.zst";
    store.overwrite(name, bytes_of_page("sealed.md", "object"));
    const auto content = read_sealed(store, name);
    ASSERT_TRUE(content) << content.error().message;
    expect_same(content->batches, example_batches());
    ASSERT_EQ(content->gaps.size(), 1U);
    EXPECT_EQ(content->gaps[0].from, Offset{2});
}

TEST(SealedFormat, NumbersTakeTheBytesTheyNeed) {
    for (const auto& [number, bytes] : std::vector<std::pair<std::uint64_t, std::size_t>>{
             {0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {UINT32_MAX, 5}, {UINT64_MAX, 10}}) {
        Buffer out;
        journal::append_varint(out, number);
        EXPECT_EQ(out.size(), bytes);
        journal::VarintReader reader(out.view());
        EXPECT_EQ(reader.number(), number);
        EXPECT_TRUE(reader.at_end());
        journal::VarintReader cut(out.view().substr(0, bytes - 1));
        EXPECT_FALSE(cut.number());
        journal::VarintReader narrow(out.view());
        EXPECT_EQ(narrow.number32().has_value(), number <= UINT32_MAX);
    }
    journal::VarintReader endless(std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10));
    EXPECT_FALSE(endless.number()) << "more than 64 bits";
}

}  // namespace
}  // namespace tillstream::testing
