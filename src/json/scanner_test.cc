#include "json/scanner.h"

#include <gtest/gtest.h>

#include <string>

#include "core/bytes.h"

namespace tillstream::json {
namespace {

struct Scanned {
    ScanOutcome error;
    std::vector<std::pair<std::string, std::string>> members;
    std::vector<Kind> kinds;
};

Scanned scan(std::string_view text, int depth = 32) {
    Buffer padded(text);
    Scanner scanner;
    std::vector<Field> fields;
    Scanned result;
    result.error = scanner.scan_object(padded.view(), {depth}, fields);
    if (result.error) return result;
    for (const Field& field : fields) {
        result.members.emplace_back(field.key, field.text);
        result.kinds.push_back(field.kind);
    }
    return result;
}

using Members = std::vector<std::pair<std::string, std::string>>;

TEST(JsonScanner, SlicesARetailRecord) {
    auto got = scan(R"({"InvoiceNo":536365,"StockCode":"84029E","Description":null,"Quantity":-6,)"
                    R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850.0,"gift":false})");
    ASSERT_FALSE(got.error);
    EXPECT_EQ(got.members, (Members{{"InvoiceNo", "536365"},
                                    {"StockCode", "84029E"},
                                    {"Description", "null"},
                                    {"Quantity", "-6"},
                                    {"InvoiceDate", "12/1/2010 8:26"},
                                    {"UnitPrice", "3.39"},
                                    {"CustomerID", "17850.0"},
                                    {"gift", "false"}}));
    EXPECT_EQ(got.kinds, (std::vector{Kind::number, Kind::string, Kind::null, Kind::number, Kind::string, Kind::number,
                                      Kind::number, Kind::boolean}));
}

}  // namespace
}  // namespace tillstream::json
