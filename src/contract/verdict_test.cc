#include "contract/verdict.h"

#include <gtest/gtest.h>

#include "contract/verdict_json.h"

namespace tillstream {
namespace {

TEST(Verdict, CodesAreTheClosedList) {
    const std::vector<std::string> names = {"syntax",        "encoding", "type",     "range",
                                            "scale",         "format",   "required", "duplicate_field",
                                            "unknown_field", "rule",     "size",     "depth"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ(to_string(static_cast<FieldErrorCode>(i)), names[i]);
        EXPECT_EQ(field_error_code(names[i]), static_cast<FieldErrorCode>(i));
    }
    EXPECT_EQ(field_error_code("Type"), std::nullopt);
}

TEST(Verdict, PointersEscape) {
    EXPECT_EQ(json_pointer("Quantity"), "/Quantity");
    EXPECT_EQ(json_pointer("a/b~c"), "/a~1b~0c");
    EXPECT_EQ(json_pointer(""), "/");
}

TEST(Verdict, FoundIsCutOnACharacterAndAlwaysUtf8) {
    EXPECT_EQ(found_text("six"), "six");
    EXPECT_EQ(found_text(std::string(200, 'x')), std::string(120, 'x'));
    const std::string pounds = found_text("x" + std::string(60, '\xC2') + "");
    EXPECT_EQ(pounds.substr(0, 4), "x\xEF\xBF\xBD");
    std::string wide = "x";
    for (int i = 0; i < 100; ++i) wide += "\xC2\xA3";
    EXPECT_EQ(found_text(wide), wide.substr(0, 119));
    EXPECT_EQ(found_text("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(VerdictJson, GoldenAndBack) {
    const std::vector<FieldError> errors = {{FieldErrorCode::type, "/Quantity", "int64", "six"},
                                            {FieldErrorCode::duplicate_field, "/a\"b", "", "\xC2\xA3\n"}};
    std::string json;
    append_errors_json(json, errors);
    EXPECT_EQ(json, R"([{"pointer":"/Quantity","code":"type","expected":"int64","found":"six"},)"
                    R"({"pointer":"/a\"b","code":"duplicate_field","expected":"","found":")"
                    "\xC2\xA3"
                    R"(\n"}])");
    const auto read = parse_errors_json(json);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, errors);
    EXPECT_TRUE(parse_errors_json("[]")->empty());
    EXPECT_EQ(parse_errors_json(R"([{"code":"rule","later":{"x":1}}])")->at(0).code, FieldErrorCode::rule);
}

TEST(VerdictJson, DamageIsCorruption) {
    for (const char* bad : {"", "{}", "[", "[1]", R"([{"pointer":"/a"}])", R"([{"code":"tipe"}])",
                            R"([{"code":1}])", R"([{"code":"type"}] x)", R"({"code":"type"})"}) {
        const auto read = parse_errors_json(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_EQ(read.error().code, Errc::corruption) << bad;
    }
}

}  // namespace
}  // namespace tillstream
