#include "json/checker.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream::json {
namespace {

TEST(JsonChecker, TakesObjects) {
    Checker checker;
    for (const char* text : {"{}", " {\"a\":1} ", R"({"a":{"b":[1,2]},"c":"d"})"})
        EXPECT_TRUE(checker.is_object(text)) << text;
    for (const char* text : {"", " ", "1", "[]", "{", "{}{}", "{} x", "{\"a\":1,}", "{\"a\":\"\xff\"}"})
        EXPECT_FALSE(checker.is_object(text)) << text;
}

TEST(JsonChecker, TakesValues) {
    Checker checker;
    for (const char* text : {"{}", " [1, 2] ", "null", "-1.5e3", "\"a\"", "true"})
        EXPECT_TRUE(checker.is_value(text)) << text;
    for (const char* text :
         {"", " ", "NaN", "Infinity", "[1,]", "{\"a\":1,}", "1 2", "1,\"w\":2", "1}", "{}}", "'a'"})
        EXPECT_FALSE(checker.is_value(text)) << text;
}

TEST(JsonChecker, StopsAtTheDepthThatCanBeChecked) {
    const auto nested = [](int depth) {
        return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    };
    Checker checker;
    EXPECT_TRUE(checker.is_object(nested(kDepthMax)));
    EXPECT_FALSE(checker.is_object(nested(kDepthMax + 1)));
}

TEST(JsonChecker, KeepsNothingOfALargeText) {
    Checker checker;
    EXPECT_TRUE(checker.is_object("{\"a\":\"" + std::string(4 << 20, 'x') + "\"}"));
    EXPECT_EQ(checker.kept_bytes(), 0U);
    std::string many = "1";
    for (int i = 0; i < 100'000; ++i) many += ",\"w\":1";
    EXPECT_FALSE(checker.is_value(many));
    EXPECT_EQ(checker.kept_bytes(), 0U);
    EXPECT_TRUE(checker.is_object("{}"));
}

}  // namespace
}  // namespace tillstream::json
