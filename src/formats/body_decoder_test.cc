#include "formats/body_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/charset.h"
#include "contract/contract_file.h"
#include "core/env.h"

namespace tillstream {
namespace {

constexpr std::string_view kHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

ContractPtr sales() {
    auto text = read_file(posix_filesystem(), TILLSTREAM_SOURCE_DIR "/datasets/sales.toml");
    EXPECT_TRUE(text);
    auto contract = parse_contract(*text, "sales.toml");
    EXPECT_TRUE(contract) << contract.error().message;
    return *contract;
}

class BodyDecoderTest : public testing::Test {
protected:
    BodyResult decode(BodyFormat format, std::string_view body) {
        return decoder_.decode(format, std::make_shared<const Buffer>(body), rows_);
    }
    /// "ok" or the code and pointer of the first error, row by row.
    static std::vector<std::string> verdicts(const RowBatch& batch) {
        std::vector<std::string> all(batch.rows(), "ok");
        for (const Rejection& rejection : batch.rejections())
            all[rejection.index] =
                std::string(to_string(rejection.errors[0].code)) + " " + rejection.errors[0].pointer;
        return all;
    }

    RowDecoder rows_{sales()};
    BodyDecoder decoder_;
};

using Verdicts = std::vector<std::string>;

constexpr std::string_view kGood = R"({"InvoiceNo":"536365","StockCode":"71053","Quantity":6,)"
                                   R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39})";

TEST_F(BodyDecoderTest, KeepsTheNeighboursOfBrokenElements) {
    const std::string body =
        "[" + std::string(kGood) + ",17," + std::string(kGood) + ",{\"InvoiceNo\":[[[[1]]]]}]";
    auto batch = decode(BodyFormat::json, body);
    ASSERT_TRUE(batch);
    EXPECT_EQ(verdicts(**batch), (Verdicts{"ok", "type ", "ok", "type /InvoiceNo"}));
    EXPECT_EQ((*batch)->raw(0), kGood);
}

TEST_F(BodyDecoderTest, RefusesAMalformedArrayAndIsReadyForTheNext) {
    auto refused = decode(BodyFormat::json, "[" + std::string(kGood) + ",{]");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FieldErrorCode::syntax);
    auto batch = decode(BodyFormat::json, kGood);
    ASSERT_TRUE(batch);
    EXPECT_EQ(verdicts(**batch), (Verdicts{"ok"}));
}

TEST_F(BodyDecoderTest, TellsEmptyBodiesFromEmptyArrays) {
    for (auto format : {BodyFormat::json, BodyFormat::ndjson, BodyFormat::csv})
        EXPECT_FALSE(decode(format, ""));
    auto batch = decode(BodyFormat::json, "[]");
    ASSERT_TRUE(batch);
    EXPECT_EQ((*batch)->rows(), 0u);
}

TEST_F(BodyDecoderTest, ReadsNdjsonLineByLine) {
    const std::string good(kGood);
    auto batch = decode(BodyFormat::ndjson,
                        good + "\n{\"Quantity\":\n\n" + good + "\r\n{\"InvoiceNo\":\"\xA3\"}\n" + good);
    ASSERT_TRUE(batch);
    EXPECT_EQ(verdicts(**batch), (Verdicts{"ok", "syntax ", "ok", "encoding ", "ok"}));
    EXPECT_EQ((*batch)->raw(1), R"({"_raw":"{\"Quantity\":"})");
    EXPECT_TRUE((*batch)->raw(3).starts_with(R"({"_raw_base64":")")) << (*batch)->raw(3);
    EXPECT_EQ((*batch)->raw(4), kGood);
}

TEST_F(BodyDecoderTest, ReadsCsvWithTheTypesOfTheContract) {
    const std::string header(kHeader);
    auto batch =
        decode(BodyFormat::csv,
               header +
                   "\r\n536381,82567,\"AIRLINE LOUNGE,\"\"METAL\"\" SIGN\",2,12/1/2010 9:41,2.1,15311,UK\r\n"
                   "536381,82567,x\r\n536381,82567,\"x,2,12/1/2010 9:41,2.1,15311,UK\r\n"
                   "C536379,D,Discount,-1,12/1/2010 9:41,27.5,,United Kingdom");
    ASSERT_TRUE(batch) << batch.error().detail;
    EXPECT_EQ(verdicts(**batch), (Verdicts{"ok", "syntax ", "syntax ", "ok"}));
    const RowBatch& rows = **batch;
    EXPECT_EQ(rows.column(2).strings[0].view(), "AIRLINE LOUNGE,\"METAL\" SIGN");
    EXPECT_EQ(rows.column(3).ints[3], -1);
    EXPECT_FALSE(rows.column(6).valid(3));
    EXPECT_EQ(rows.rejections()[0].errors[0].expected, "8 fields");
    EXPECT_EQ(rows.rejections()[0].errors[0].found, "3 fields");
}

TEST_F(BodyDecoderTest, RefusesHeadersThatFitNoContract) {
    EXPECT_FALSE(decode(BodyFormat::csv, "a,b\n1,2\n"));
    EXPECT_FALSE(decode(BodyFormat::csv, "InvoiceNo,Quantity,InvoiceNo\n1,2,3\n"));
    EXPECT_FALSE(decode(BodyFormat::csv, "\n\n"));
}

TEST_F(BodyDecoderTest, RefusesMoreRecordsThanTheLimitAndIsReadyForTheNext) {
    DecodeLimits limits;
    limits.records = 3;
    BodyDecoder decoder(limits);
    const auto decode_limited = [&](BodyFormat format, std::string_view body) {
        return decoder.decode(format, std::make_shared<const Buffer>(body), rows_);
    };
    for (const auto& [format, body] :
         {std::pair{BodyFormat::json, "[{},{},{},{}]"}, std::pair{BodyFormat::ndjson, "{}\n{}\n{}\n{}\n"},
          std::pair{BodyFormat::csv, "InvoiceNo\n1\n2\n3\n4\n"}}) {
        const auto refused = decode_limited(format, body);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, FieldErrorCode::size);
    }
    const auto batch = decode_limited(BodyFormat::json, "[{},{},{}]");
    ASSERT_TRUE(batch);
    EXPECT_EQ((*batch)->rejected(), 3U);
}

/// Names of a header stand in every stored row: kilobytes may become gigabytes.
TEST_F(BodyDecoderTest, RefusesWhatGrowsTooLargeAsStoredBeforeTheRestIsDecoded) {
    DecodeLimits limits;
    limits.stored_bytes = 50'000;
    BodyDecoder decoder(limits);
    std::string body = "InvoiceNo," + std::string(10'000, 'x') + "\n";
    for (int i = 0; i < 1'000; ++i) body += "1,\n";
    const auto refused = decoder.decode(BodyFormat::csv, std::make_shared<const Buffer>(body), rows_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FieldErrorCode::size);
    const std::size_t row = std::string_view(R"({"InvoiceNo":"1","":""})").size() + 10'000 + 1;
    EXPECT_EQ(refused.error().detail, "the records take at least " + std::to_string(5 * row) +
                                          " bytes as stored, more than the 50000 one request may; send fewer "
                                          "at a time");
    EXPECT_EQ(rows_.stored_bytes(), 0U) << "nothing of a refused body stays in memory";
    EXPECT_LT(rows_.kept_bytes(), 200'000U);
    const auto good = decoder.decode(BodyFormat::json, std::make_shared<const Buffer>(kGood), rows_);
    ASSERT_TRUE(good);
    EXPECT_EQ((*good)->rows(), 1U);
}

TEST_F(BodyDecoderTest, HoldsALimitOfStoredBytesToTheByte) {
    const std::string body = std::string(kGood) + "\n" + std::string(kGood) + "\n";
    for (const std::size_t spare : {std::size_t{0}, std::size_t{1}}) {
        DecodeLimits limits;
        limits.stored_bytes = body.size() - spare;
        BodyDecoder decoder(limits);
        EXPECT_EQ(decoder.decode(BodyFormat::ndjson, std::make_shared<const Buffer>(body), rows_).has_value(),
                  spare == 0);
    }
}

TEST_F(BodyDecoderTest, GivesBackTheMemoryOfOddBodies) {
    constexpr std::size_t kOrdinary = 4 << 20;
    std::string members = "{\"\":0";
    while (members.size() < 8 << 20) members += ",\"\":0";
    members += "}";
    std::string wide = "InvoiceNo,x\n" + std::string(8 << 20, ',') + "\n";
    std::string quotes = "InvoiceNo,x\n";
    while (quotes.size() < 8 << 20) quotes += "\"" + std::string(100'000, '"') + "\",\n";
    const std::string within = members.substr(0, members.rfind(',', 900'000)) + "}";
    using Case = std::pair<BodyFormat, const std::string*>;
    for (const auto& [format, body] :
         {Case{BodyFormat::json, &members}, Case{BodyFormat::ndjson, &members}, Case{BodyFormat::csv, &wide},
          Case{BodyFormat::csv, &quotes}, Case{BodyFormat::json, &within}}) {
        EXPECT_TRUE(decode(format, *body));
        EXPECT_LT(decoder_.kept_bytes() + rows_.kept_bytes(), kOrdinary) << body->substr(0, 20);
    }
}

TEST_F(BodyDecoderTest, AFloodOfBadRecordsKeepsOneErrorEach) {
    std::string body;
    for (int i = 0; i < 30'000; ++i) body += "{}\n";
    const auto batch = decode(BodyFormat::ndjson, body);
    ASSERT_TRUE(batch);
    ASSERT_EQ((*batch)->rejected(), 30'000U);
    EXPECT_EQ((*batch)->rejections().front().errors.size(), 5U);
    EXPECT_EQ((*batch)->rejections().back().errors.size(), 1U);
}

TEST_F(BodyDecoderTest, MissingRequiredColumnsRejectEachRow) {
    auto batch = decode(BodyFormat::csv,
                        "InvoiceNo,StockCode,InvoiceDate,UnitPrice\n1,x,2010-12-01,2.5\n2,y,2010-12-01,1\n");
    ASSERT_TRUE(batch);
    EXPECT_EQ(verdicts(**batch), (Verdicts{"required /quantity", "required /quantity"}));
}

TEST_F(BodyDecoderTest, KeepsUnescapedTextAfterTheBodyIsLetGo) {
    auto body = std::make_shared<const Buffer>(
        std::string(kHeader) +
        "\n1,x,\"a long description with \"\"quotes\"\" in it\",2,2010-12-01,2.1,15311,UK\n");
    auto first = decoder_.decode(BodyFormat::csv, std::move(body), rows_);
    ASSERT_TRUE(first);
    ASSERT_TRUE(decode(BodyFormat::csv,
                       std::string(kHeader) + "\n2,y,\"another \"\"one\"\"\",2,2010-12-01,2.1,15311,UK\n"));
    EXPECT_EQ((*first)->column(2).strings[0].view(), "a long description with \"quotes\" in it");
}

}  // namespace
}  // namespace tillstream
