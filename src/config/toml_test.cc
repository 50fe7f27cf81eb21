#include "config/toml.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TomlPlace key_place(const TomlValue& table, std::string_view key) {
    const TomlMember* member = table.find(key);
    return member == nullptr ? TomlPlace{} : member->key_place;
}

TEST(Toml, KeepsOrderValuesAndPlaces) {
    auto parsed = parse_toml(R"(name = "sales"
count = 3
  share = 0.5
on = true

[http]
listen = "a"
[[column]]
name = "first"
[[column]]
name = "second"
aliases = ["x", "y"]
)",
                             "f.toml");
    ASSERT_TRUE(parsed) << parsed.error().message;
    std::vector<std::string> keys;
    for (const auto& member : parsed->members) keys.push_back(member.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"name", "count", "share", "on", "http", "column"}));
    EXPECT_EQ(parsed->find("name")->value.text, "sales");
    EXPECT_EQ(parsed->find("count")->value.integer, 3);
    EXPECT_EQ(parsed->find("share")->value.real, 0.5);
    EXPECT_TRUE(parsed->find("on")->value.boolean);
    EXPECT_EQ(key_place(*parsed, "share"), (TomlPlace{3, 3}));
    EXPECT_EQ(parsed->find("share")->value.place, (TomlPlace{3, 11}));
    EXPECT_EQ(key_place(*parsed, "http"), (TomlPlace{6, 2}));
    const TomlValue& columns = parsed->find("column")->value;
    ASSERT_EQ(columns.items.size(), 2U);
    EXPECT_EQ(key_place(columns.items[1], "name"), (TomlPlace{11, 1}));
    EXPECT_EQ(columns.items[1].find("aliases")->value.items[1].text, "y");
    EXPECT_EQ(parsed->find("absent"), nullptr);
}

TEST(Toml, SyntaxErrorsNameTheLine) {
    for (const char* bad :
         {"a = 1\nb = \n", "a = 1\nb = [1,\n", "a = 1\na = 2\n", "a = 1\n[x\n", "a = 1\nb = \"x\n"}) {
        auto parsed = parse_toml(bad, "f.toml");
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
        EXPECT_EQ(parsed.error().message.find("f.toml:"), 0U) << parsed.error().message;
        EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos) << parsed.error().message;
    }
}

TEST(Toml, EmptyIsAnEmptyTable) {
    auto parsed = parse_toml("", "f.toml");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(parsed->members.empty());
}

}  // namespace
}  // namespace tillstream
