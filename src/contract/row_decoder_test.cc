#include "contract/row_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "contract/decode_fixture.h"

namespace tillstream {
namespace {

const std::string kCourseSample =
    R"({"InvoiceNo":536365,"StockCode":"84029E","Description":"RED WOOLLY HOTTIE WHITE HEART.","Quantity":6,)"
    R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850,"Country":"United Kingdom"})";

TEST(RowDecoder, DecodesTheSampleOfTheCourse) {
    const RowBatchPtr batch = decode_lines(sales_contract(), {kCourseSample});
    ASSERT_EQ(batch->rows(), 1U);
    EXPECT_EQ(errors_of(*batch, 0), "");
    ASSERT_TRUE(batch->accepted(0));
    EXPECT_EQ(batch->column(0).strings[0].view(), "536365");
    EXPECT_EQ(batch->column(1).strings[0].view(), "84029E");
    EXPECT_EQ(batch->column(2).strings[0].view(), "RED WOOLLY HOTTIE WHITE HEART.");
    EXPECT_EQ(batch->column(3).ints[0], 6);
    EXPECT_EQ(format_timestamp({batch->column(4).ints[0]}), "2010-12-01T08:26:00Z");
    EXPECT_EQ(batch->column(5).ints[0], 33900);
    EXPECT_EQ(batch->column(6).ints[0], 17850);
    EXPECT_EQ(batch->column(7).strings[0].view(), "United Kingdom");
    EXPECT_EQ(format_decimal(batch->column(8).wide[0], 4), "20.34");
    EXPECT_EQ(batch->raw(0), kCourseSample);
    EXPECT_EQ(batch->extra(0), "");
    EXPECT_EQ(batch->event_id(0), "");
}

TEST(RowDecoder, ListsAllErrorsOfARecord) {
    const RowBatchPtr batch =
        decode_lines(sales_contract(),
                     {kCourseSample,
                      R"({"invoice_no":"1","Quantity":"six","invoice_date":"2010-13-01","UnitPrice":"1,5",)"
                      R"("country":true})",
                      R"({"invoice_no":"2","StockCode":"x","Quantity":1,"InvoiceDate":"2010-12-01",)"
                      R"("UnitPrice":100000.5})"});
    ASSERT_EQ(batch->rows(), 3U);
    ASSERT_EQ(batch->rejected(), 2U);
    EXPECT_TRUE(batch->accepted(0));
    EXPECT_FALSE(batch->accepted(1));
    EXPECT_EQ(errors_of(*batch, 1),
              "type /Quantity int64 six\n"
              "range /invoice_date timestamp 2010-13-01\n"
              "type /UnitPrice decimal(18,4) 1,5\n"
              "type /country string true\n"
              "required /stock_code string ");
    EXPECT_EQ(errors_of(*batch, 2),
              "rule /UnitPrice price_not_absurd: unit_price between -100000 and 100000 100000.50");
    for (std::size_t i = 0; i < batch->contract().width(); ++i) {
        EXPECT_FALSE(batch->column(i).valid(1)) << i;
        EXPECT_FALSE(batch->column(i).valid(2)) << i;
    }
}

const std::string kSmall = R"toml(name = "small"
[[column]]
name = "a"
type = "string"
aliases = ["A", "x/y"]
[[column]]
name = "n"
type = "int64"
)toml";

TEST(RowDecoder, AKeyTwiceOrTwoAliasesAreADuplicate) {
    const RowBatchPtr batch =
        decode_lines(contract_of(kSmall),
                     {R"({"a":"1","a":"2"})", R"({"a":"1","x/y":"2","n":1})", R"({"z":1,"n":1,"z":2,"z":3})",
                      R"({"event_id":"1","event_id":"2"})", R"({"a":"1","n":1,"z":1})"});
    EXPECT_EQ(errors_of(*batch, 0), "duplicate_field /a 'a' once 2");
    EXPECT_EQ(errors_of(*batch, 1), "duplicate_field /x~1y 'a' once 2");
    EXPECT_EQ(errors_of(*batch, 2), "duplicate_field /z 'z' once 3 times");
    EXPECT_EQ(errors_of(*batch, 3), "duplicate_field /event_id 'event_id' once 2");
    EXPECT_TRUE(batch->accepted(4));
    EXPECT_EQ(batch->rejected(), 4U);
}

TEST(RowDecoder, UnknownFieldsAsTheContractSays) {
    const std::string record = "{\"a\":\"1\",\"q\\\"\":\"v\\n\",\"o\":{\"k\":\n[1, 2.50]},\"e\":null}";
    const RowBatchPtr kept = decode_lines(contract_of(kSmall), {R"({"a":"0"})", record});
    EXPECT_EQ(kept->extra(0), "");
    EXPECT_EQ(kept->extra(1), R"({"q\"":"v\n","o":{"k": [1, 2.50]},"e":null})");
    EXPECT_EQ(kept->raw(1), "{\"a\":\"1\",\"q\\\"\":\"v\\n\",\"o\":{\"k\": [1, 2.50]},\"e\":null}");
    const RowBatchPtr ignored = decode_lines(contract_of("unknown = \"ignore\"\n" + kSmall), {record});
    EXPECT_TRUE(ignored->accepted(0));
    EXPECT_EQ(ignored->extra(0), "");
    const RowBatchPtr refused = decode_lines(contract_of("unknown = \"quarantine\"\n" + kSmall), {record});
    EXPECT_EQ(errors_of(*refused, 0),
              "unknown_field /q\" a field of contract small v\n\n"
              "unknown_field /o a field of contract small {\"k\":\n[1, 2.50]}\n"
              "unknown_field /e a field of contract small null");
}

TEST(RowDecoder, EventIdsAreTakenOutOfTheRow) {
    const std::vector<std::string> records = {
        R"({"event_id":"an id that is longer than twelve","a":"1"})",
        R"({"event_id":17.0})",
        R"({"event_id":null})",
        R"({"event_id":""})",
        R"({"event_id":true})",
        R"({"event_id":1.5})",
        "{\"event_id\":\"" + std::string(256, 'x') + "\"}",
        R"({"event_id":"kept","n":"bad"})",
    };
    const RowBatchPtr batch = decode_lines(contract_of(kSmall), records);
    EXPECT_EQ(batch->event_id(0), "an id that is longer than twelve");
    EXPECT_EQ(batch->event_id(1), "17");
    EXPECT_EQ(batch->event_id(2), "");
    EXPECT_EQ(batch->event_id(3), "");
    EXPECT_TRUE(batch->accepted(3));
    EXPECT_EQ(errors_of(*batch, 4), "type /event_id string or integer true");
    EXPECT_EQ(errors_of(*batch, 5), "type /event_id string or integer 1.5");
    EXPECT_EQ(errors_of(*batch, 6), "size /event_id at most 255 bytes 256 bytes");
    EXPECT_EQ(batch->event_id(7), "kept");
    EXPECT_EQ(errors_of(*batch, 7), "type /n int64 bad");
    EXPECT_EQ(batch->extra(0), "");

    const RowBatchPtr plain = decode_lines(contract_of("event_id = false\n" + kSmall), {records[0]});
    EXPECT_FALSE(plain->has_event_ids());
    EXPECT_EQ(plain->extra(0), R"({"event_id":"an id that is longer than twelve"})");
}

TEST(RowDecoder, LimitsOfSizeAndDepth) {
    RowDecoder decoder(contract_of(kSmall), {.record_bytes = 64, .depth = 3});
    const RowBatchPtr batch =
        decode_lines(decoder, {R"({"z":[[1]]})", R"({"z":[["]\"]",{}]]})", R"({"z":[["[[[\"["]]})",
                               "{\"a\":\"" + std::string(64, 'x') + "\"}"});
    EXPECT_TRUE(batch->accepted(0));
    EXPECT_EQ(errors_of(*batch, 1), "depth /z at most 3 levels 4 levels");
    EXPECT_TRUE(batch->accepted(2));
    EXPECT_EQ(errors_of(*batch, 3), "size  at most 64 bytes 72 bytes");
    EXPECT_EQ(batch->raw(3).size(), 72U);
}

TEST(RowDecoder, BrokenRecordsAreStoredAsTheyCanBe) {
    RowDecoder decoder(contract_of(kSmall));
    decoder.start(nullptr, 0);
    const FieldError error{FieldErrorCode::syntax, "", "a JSON object", ""};
    for (const char* raw :
         {"[1,\r\n2]", "5", "{\"a\":", "{\"a\":\"\\ud800\"}", "a\"\n", "\xA3", "\xA3 1", "\xA3 12", ""})
        decoder.add_broken(raw, error);
    for (const char* raw : {"[1,", "tru", "[\"x]", "1 2"}) decoder.add_broken(raw, error);
    const std::string deep_object = "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}";
    const std::string unclosed(2'000, '[');
    decoder.add_broken(deep_object, error);
    decoder.add_broken(unclosed, error);
    const RowBatchPtr batch = decoder.finish();
    ASSERT_EQ(batch->rejected(), 15U);
    EXPECT_EQ(batch->raw(0), R"({"_raw":"[1,\r\n2]"})");
    EXPECT_EQ(batch->raw(1), R"({"_raw":"5"})");
    EXPECT_EQ(batch->raw(2), R"({"_raw":"{\"a\":"})");
    EXPECT_EQ(batch->raw(3), R"({"_raw":"{\"a\":\"\\ud800\"}"})");
    EXPECT_EQ(batch->raw(4), R"({"_raw":"a\"\n"})");
    EXPECT_EQ(batch->raw(5), R"({"_raw_base64":"ow=="})");
    EXPECT_EQ(batch->raw(6), R"({"_raw_base64":"oyAx"})");
    EXPECT_EQ(batch->raw(7), R"({"_raw_base64":"oyAxMg=="})");
    EXPECT_EQ(batch->raw(8), R"({"_raw":""})");
    for (std::size_t row = 9; row < 13; ++row)
        EXPECT_TRUE(batch->raw(row).starts_with("{\"_raw\":")) << batch->raw(row);
    EXPECT_EQ(batch->raw(13), deep_object);
    EXPECT_EQ(batch->raw(14), R"({"_raw":")" + unclosed + "\"}");
}

TEST(RowDecoder, TextRowsKeepEveryNameOfTheHeader) {
    RowDecoder decoder(contract_of(kSmall));
    const std::vector<std::string_view> names = {"A", "t\"x", "", "n", "event_id", "", "_2"};
    const auto header = decoder.bind_header(names);
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->target, (std::vector<int>{0, -1, -1, 1, -2, -1, -1}));
    decoder.start(nullptr, 1);
    const std::vector<std::string_view> values = {"v", "", "1", "7", "id", "2", "3"};
    decoder.add_texts(*header, values);
    const std::vector<std::string_view> bad = {"", "", "", "7x", "", "", ""};
    decoder.add_texts(*header, bad);
    const RowBatchPtr batch = decoder.finish();
    EXPECT_EQ(batch->raw(0), R"({"A":"v","t\"x":"","":"1","n":"7","event_id":"id","_3":"2","_2":"3"})");
    EXPECT_EQ(batch->extra(0), R"({"t\"x":"","":"1","_3":"2","_2":"3"})");
    EXPECT_EQ(batch->event_id(0), "id");
    EXPECT_EQ(batch->column(1).ints[0], 7);
    EXPECT_EQ(errors_of(*batch, 1), "type /n int64 7x");
}

TEST(RowDecoder, HeadersThatCannotBeBound) {
    const RowDecoder decoder(contract_of(kSmall));
    const auto problem = [&](std::vector<std::string_view> names) {
        const auto header = decoder.bind_header(names);
        return header ? "" : header.error().message;
    };
    EXPECT_EQ(problem({"p", "event_id"}),
              "no name of the header is a column of 'small': found 'p', 'event_id'");
    EXPECT_EQ(problem({}), "no name of the header is a column of 'small': found ");
    EXPECT_EQ(problem({"a", "A"}), "the header names column 'a' twice, as 'a' and as 'A'");
    EXPECT_EQ(problem({"a", "event_id", "event_id"}),
              "the header names column 'event_id' twice, as 'event_id' and as 'event_id'");
}

TEST(RowDecoder, WarningsNameAcceptedRowsOnly) {
    const RowBatchPtr batch =
        decode_lines(contract_of(kSmall + R"toml([[rule]]
name = "small_n"
sql = "n < 10"
severity = "warn"
[[rule]]
name = "not_99"
sql = "n <> 99 and a is not null"
)toml"),
                     {R"({"n":5,"a":"x"})", R"({"n":50,"a":"x"})", R"({"n":99,"A":"x"})", R"({"n":99})"});
    ASSERT_EQ(batch->warnings().size(), 1U);
    EXPECT_EQ(batch->warnings()[0].row, 1U);
    EXPECT_EQ(batch->warnings()[0].rule, 0U);
    EXPECT_EQ(errors_of(*batch, 2), "rule /n not_99: n <> 99 and a is not null n = 99, a = x");
    EXPECT_EQ(errors_of(*batch, 3), "rule /n not_99: n <> 99 and a is not null n = 99, a = null");
}

TEST(RowDecoder, ARejectedRowIsJudgedByTheRulesWhoseValuesItHas) {
    const RowBatchPtr batch =
        decode_lines(contract_of(kSmall + R"toml([[column]]
name = "m"
type = "int64"
[[rule]]
name = "m_small"
sql = "m < 10"
[[rule]]
name = "n_there"
sql = "n is not null and m < 100"
)toml"),
                     {R"({"n":"six","m":50})", R"({"n":1,"m":1})", R"({"n":"six","m":1})"});
    EXPECT_EQ(errors_of(*batch, 0), "type /n int64 six\nrule /m m_small: m < 10 50");
    EXPECT_TRUE(batch->accepted(1));
    EXPECT_EQ(errors_of(*batch, 2), "type /n int64 six");
    EXPECT_EQ(batch->rejected(), 2U);
    EXPECT_FALSE(batch->column(2).valid(0)) << "a rejected row has no values";
}

TEST(RowDecoder, ARowOfTextsMayGrowAsItIsStored) {
    RowDecoder decoder(contract_of(kSmall), {.record_bytes = 16});
    const std::vector<std::string_view> names = {"a", "n"};
    const std::vector<std::string_view> values = {"0123456789012", "17"};
    const auto header = decoder.bind_header(names);
    decoder.start(nullptr, 1);
    decoder.add_texts(*header, values);
    EXPECT_TRUE(decoder.finish()->accepted(0));
}

/// Rows may come in any number and order of keys, whatever was announced; a decoder serves batch after batch.
TEST(RowDecoder, AnyOrderOfKeysAnyNumberOfRows) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    RowDecoder decoder(contract_of(kSmall));
    for (int round = 0; round < 20; ++round) {
        std::vector<std::string> records;
        std::vector<std::int64_t> numbers;
        for (std::uint64_t i = random() % 200; i > 0; --i) {
            numbers.push_back(static_cast<std::int64_t>(random() % 1000));
            std::vector<std::string> members = {
                "\"n\":" + std::to_string(numbers.back()),
                "\"a\":\"text of " + std::to_string(numbers.back()) + " letters\"",
                "\"z\":[" + std::to_string(numbers.back()) + "]"};
            std::shuffle(members.begin(), members.end(), random);
            records.push_back("{" + members[0] + "," + members[1] + "," + members[2] + "}");
        }
        const RowBatchPtr batch = decode_lines(decoder, records);
        ASSERT_EQ(batch->rows(), records.size());
        ASSERT_EQ(batch->rejected(), 0U);
        for (std::size_t row = 0; row < records.size(); ++row) {
            const std::string number = std::to_string(numbers[row]);
            ASSERT_EQ(batch->column(1).ints[row], numbers[row]);
            ASSERT_EQ(batch->column(0).strings[row].view(), "text of " + number + " letters");
            ASSERT_EQ(batch->extra(row), "{\"z\":[" + number + "]}");
            ASSERT_EQ(batch->raw(row), records[row]);
        }
        EXPECT_GT(batch->memory_bytes(), records.size() * 8);
    }
}

}  // namespace
}  // namespace tillstream
