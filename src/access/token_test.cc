#include "access/token.h"

#include <gtest/gtest.h>

#include <set>

namespace tillstream {
namespace {

TEST(TokenTest, ANewTextHasAFormThatScannersKnow) {
    std::set<std::string> texts;
    for (int i = 0; i < 100; ++i) {
        const TokenText made = make_token_text();
        ASSERT_EQ(made.text.size(), 80U);
        EXPECT_TRUE(made.text.starts_with("ts_" + made.id + "_"));
        EXPECT_EQ(made.text.find_first_not_of("ts_0123456789abcdef"), std::string::npos);
        EXPECT_EQ(token_id_in(made.text), made.id);
        EXPECT_TRUE(is_token_id(made.id));
        texts.insert(made.text.substr(16));
    }
    EXPECT_EQ(texts.size(), 100U);
}

TEST(TokenTest, OnlyThatFormHasAnId) {
    const std::string good = make_token_text().text;
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        bad[i] = 'G';
        EXPECT_FALSE(token_id_in(bad)) << i;
    }
    for (const std::string& bad : {std::string(), std::string("ts_"), good + "0", good.substr(1),
                                   std::string(100'000, 'a'), std::string(80, '\0')})
        EXPECT_FALSE(token_id_in(bad));
}

TEST(TokenTest, Comparison) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
    EXPECT_FALSE(equal_in_constant_time("bbc", "abc"));
    EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
    EXPECT_FALSE(equal_in_constant_time("", "a"));
}

TEST(TokenTest, NamesAreBoundedAndPlain) {
    EXPECT_TRUE(check_token_name(""));
    EXPECT_TRUE(check_token_name("Kasse 7, Köln"));
    EXPECT_TRUE(check_token_name(std::string(100, 'x')));
    EXPECT_FALSE(check_token_name(std::string(101, 'x')));
    EXPECT_FALSE(check_token_name("a\nb"));
    EXPECT_FALSE(check_token_name(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace tillstream
