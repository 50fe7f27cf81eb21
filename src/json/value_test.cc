#include "json/value.h"

#include <gtest/gtest.h>

namespace tillstream::json {
namespace {

TEST(JsonValue, ReadsARequest) {
    auto value = parse(R"({"sql":"select \"a\" from t","params":[1,"x",null,true,-2.50,[]],"limit":100})");
    ASSERT_TRUE(value) << value.error().message;
    EXPECT_EQ(value->find("sql")->as_string(), "select \"a\" from t");
    EXPECT_EQ(value->find("limit")->as_int64(), 100);
    const auto& params = value->find("params")->items;
    ASSERT_EQ(params.size(), 6u);
    EXPECT_EQ(params[1].as_string(), "x");
    EXPECT_TRUE(params[2].is_null());
    EXPECT_EQ(params[3].as_bool(), true);
    EXPECT_EQ(params[4].text, "-2.50");
    EXPECT_EQ(params[4].as_int64(), std::nullopt);
    EXPECT_EQ(params[5].kind, Kind::array);
    EXPECT_EQ(value->find("other"), nullptr);
}

TEST(JsonValue, ReadsBareValuesAndEmptyOnes) {
    EXPECT_EQ(parse(" 7 ")->as_int64(), 7);
    EXPECT_EQ(parse("\"\"")->as_string(), "");
    EXPECT_EQ(parse("{}")->kind, Kind::object);
    EXPECT_EQ(parse("9223372036854775808")->as_int64(), std::nullopt);
    EXPECT_EQ(parse("\"7\"")->as_int64(), std::nullopt);
}

TEST(JsonValue, RefusesMalformedText) {
    for (std::string_view bad : {"", "{", "[1,]", "[1 2]", "{\"a\" 1}", "{\"a\":1,}", "{} {}",
                                 "[\"\\ud800\"]", "tru", "[}", "{1:2}"}) {
        auto value = parse(bad);
        ASSERT_FALSE(value) << bad;
        EXPECT_EQ(value.error().code, Errc::invalid_argument);
    }
    EXPECT_EQ(parse("[1 2]").error().message,
              "malformed JSON at byte 3: expected a comma or a closing bracket");
}

TEST(JsonValue, LimitsDepth) {
    EXPECT_TRUE(parse("[[1]]", 2));
    EXPECT_FALSE(parse("[[[1]]]", 2));
    EXPECT_FALSE(parse(std::string(100000, '[')));
}

}  // namespace
}  // namespace tillstream::json
