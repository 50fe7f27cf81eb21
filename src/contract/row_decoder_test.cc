#include "contract/row_decoder.h"

#include <gtest/gtest.h>

#include "contract/decode_fixture.h"

namespace tillstream {
namespace {

ContractPtr sales() { return contract_of(text_of_file(TILLSTREAM_SOURCE_DIR "/datasets/sales.toml")); }

const std::string kCourseSample =
    R"({"InvoiceNo":536365,"StockCode":"84029E","Description":"RED WOOLLY HOTTIE WHITE HEART.","Quantity":6,)"
    R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850,"Country":"United Kingdom"})";

TEST(RowDecoder, DecodesTheSampleOfTheCourse) {
    const RowBatchPtr batch = decode_lines(sales(), {kCourseSample});
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
    const RowBatchPtr batch = decode_lines(
        sales(), {kCourseSample,
                  R"({"invoice_no":"1","Quantity":"six","invoice_date":"2010-13-01","UnitPrice":"1,5","country":true})",
                  R"({"invoice_no":"2","StockCode":"x","Quantity":1,"InvoiceDate":"2010-12-01","UnitPrice":100000.5})"});
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

}  // namespace
}  // namespace tillstream
