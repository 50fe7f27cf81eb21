#include <gtest/gtest.h>

#include "contract/decode_fixture.h"
#include "doors/http/internal/seed_item.h"

namespace tillstream::http_door {
namespace {

std::string text_of(std::string_view record, const ContractPtr& contract = sales_contract()) {
    const Buffer padded = [&] {
        Buffer buffer(record);
        buffer.reserve(record.size() + Buffer::kPadding);
        return buffer;
    }();
    return SeedText().of_record(padded.view(), *contract).value_or("nothing");
}

TEST(SeedText, HoldsEveryOtherFieldAsItWasReceived) {
    EXPECT_EQ(
        text_of(R"({"InvoiceNo":536365,"StockCode":"84029E","Description":"RED WOOLLY HOTTIE WHITE HEART.",)"
                R"("Quantity":6,"InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850.0,)"
                R"("Country":"United Kingdom"})"),
        R"({"Description":"RED WOOLLY HOTTIE WHITE HEART.","Quantity":6,"InvoiceDate":"12/1/2010 8:26",)"
        R"("UnitPrice":3.39,"CustomerID":17850.0,"Country":"United Kingdom"})");
    EXPECT_EQ(text_of(R"({"Quantity":"6","CustomerID":null,"StockCode":85123,"UnitPrice":2.5499999999999998,)"
                      R"("InvoiceNo":"C536379"})"),
              R"({"Quantity":"6","CustomerID":null,"UnitPrice":2.5499999999999998})");
    EXPECT_EQ(
        text_of(R"({"invoice_no":"1","stock_code":"A","quantity":-1E0,"till":{"no":7,"open":[true, null]}})"),
        R"({"quantity":-1E0,"till":{"no":7,"open":[true, null]}})");
    EXPECT_EQ(text_of(R"({"Invoice":"1","stockCode":"A"})"), "{}");
}

TEST(SeedText, LeavesOutTheTwoColumnsUnderTheirNamesOnly) {
    EXPECT_EQ(
        text_of(R"({"InvoiceNo":"1","StockCode":"A","INVOICENO":"2","stockcode2":"B","event_id":"e-1"})"),
        R"({"INVOICENO":"2","stockcode2":"B","event_id":"e-1"})");
    EXPECT_EQ(text_of(R"({"\u0049nvoiceNo":"1","StockCode":"A","K\"y":"a\"b\\c\n\u00e9"})"),
              "{\"K\\\"y\":\"a\\\"b\\\\c\\n\xc3\xa9\"}");
}

TEST(SeedText, OfWhatIsNoLineOfAnInvoiceIsNothing) {
    EXPECT_EQ(text_of("[1,2]"), "nothing");
    EXPECT_EQ(text_of(R"({"InvoiceNo":"1")"), "nothing");
    EXPECT_EQ(text_of(""), "nothing");
    const ContractPtr other =
        contract_of("name = \"till\"\n[[column]]\nname = \"receipt\"\ntype = \"string\"\n");
    EXPECT_EQ(text_of(R"({"InvoiceNo":"1"})", other), "nothing");
}

TEST(SeedText, OfALineIsWhatTheTablesKnow) {
    InvoiceLine line;
    line.stock_code = "85123A";
    line.description = "WHITE \"HEART\"";
    line.quantity = -6;
    line.unit_price = {25500, 4};
    line.time = *parse_rfc3339("2010-12-01T08:26:00Z");
    EXPECT_EQ(seed_text_of_line(line), R"({"Description":"WHITE \"HEART\"","Quantity":-6,)"
                                       R"("InvoiceDate":"2010-12-01T08:26:00Z","UnitPrice":2.55})");
    line.description.reset();
    line.unit_price = {-110620600, 4};
    EXPECT_EQ(
        seed_text_of_line(line),
        R"({"Description":null,"Quantity":-6,"InvoiceDate":"2010-12-01T08:26:00Z","UnitPrice":-11062.06})");
}

}  // namespace
}  // namespace tillstream::http_door
