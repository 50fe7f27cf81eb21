#include "app/internal/alias_settings.h"

#include <gtest/gtest.h>

namespace tillstream::app {
namespace {

Result<std::vector<HttpAlias>> read(const std::string& toml) {
    const auto root = parse_toml(toml, "t.toml");
    EXPECT_TRUE(root) << root.error().message;
    return read_aliases(*root, "t.toml");
}

std::string problem(const std::string& toml) {
    const auto aliases = read(toml);
    if (aliases) return "none";
    EXPECT_EQ(aliases.error().code, Errc::invalid_argument);
    return aliases.error().message;
}

constexpr const char* kGood = "[[http.alias]]\npath = \"/prod/main\"\nstream = \"sales\"\n";

TEST(AliasSettings, OfAFileWithoutThemAreNone) {
    for (const char* toml :
         {"", "[http]\nlisten = \"127.0.0.1:0\"\n", "[log]\nretain = \"1h\"\n", "http = 3\n"})
        EXPECT_EQ(read(toml)->size(), 0U) << toml;
}

TEST(AliasSettings, AreReadInTheirOrderWithTheirPlaces) {
    const auto aliases =
        read(std::string("[http]\ninsecure = true\n") + kGood +
             "[[http.alias]]\nresponse = \"seed\"\nstream = \"orders\"\npath = \"/e-commerce\"\n");
    ASSERT_TRUE(aliases) << aliases.error().message;
    EXPECT_EQ(*aliases, (std::vector<HttpAlias>{{"/prod/main", "sales", AliasResponse::stream, "t.toml:3"},
                                                {"/e-commerce", "orders", AliasResponse::seed, "t.toml:6"}}));
}

TEST(AliasSettings, EachProblemNamesPlaceKeyValueAndWayOut) {
    EXPECT_EQ(problem("[[http.alias]]\nstream = \"sales\"\n"),
              "t.toml:1: http.alias: path is missing; write path = \"/prod/main\"");
    EXPECT_EQ(problem("[[http.alias]]\npath = \"/prod/main\"\n"),
              "t.toml:1: http.alias: stream is missing; write stream = \"sales\"");
    EXPECT_EQ(problem(std::string(kGood) + "respnse = \"seed\"\n"),
              "t.toml:4: http.alias.respnse: unknown key; did you mean 'response'?");
    EXPECT_EQ(problem(std::string(kGood) + "response = \"sead\"\n"),
              "t.toml:4: http.alias.response: 'sead' is none of stream, seed; did you mean 'seed'?");
    EXPECT_EQ(problem(std::string(kGood) + "response = true\n"),
              "t.toml:4: http.alias.response: expected a text in quotes, found a boolean");
    EXPECT_EQ(
        problem(std::string(kGood) + "\n" + kGood),
        "t.toml:6: http.alias.path: '/prod/main' is an alias already, by line 2; give each its own path");
    EXPECT_EQ(problem("[[http.alias]]\nstream = \"sales\"\npath = \"prod/main\"\n"),
              "t.toml:3: http.alias.path: 'prod/main' does not begin with '/'; write a path like /prod/main");
    EXPECT_NE(
        problem("[[http.alias]]\nstream = \"sales\"\npath = \"/v1/streams/sales/records\"\n")
            .find("t.toml:3: http.alias.path: '/v1/streams/sales/records' is one of the door's own paths"),
        std::string::npos);
    EXPECT_EQ(problem("[http.alias]\npath = \"/prod/main\"\n"),
              "t.toml:1: http.alias: expected tables, found a table; write [[http.alias]] in front of each");
    EXPECT_EQ(problem("[http]\nalias = \"/prod/main\"\n"),
              "t.toml:2: http.alias: expected tables, found a string; write [[http.alias]] in front of each");
    EXPECT_EQ(problem("[http]\nalias = [1]\n"),
              "t.toml:2: http.alias: expected a table, found a integer; write [[http.alias]]");
}

TEST(AliasSettings, AllProblemsAreTold) {
    const std::string all = problem("[[http.alias]]\npath = \"prod\"\n[[http.alias]]\nstrean = \"x\"\n");
    for (const char* part :
         {"t.toml:2: http.alias.path", "t.toml:1: http.alias: stream is missing",
          "t.toml:4: http.alias.strean: unknown key; did you mean 'stream'?",
          "t.toml:3: http.alias: path is missing", "t.toml:3: http.alias: stream is missing"})
        EXPECT_NE(all.find(part), std::string::npos) << part << " in:\n" << all;
}

TEST(AliasSettings, StreamsMustBeKnown) {
    const auto aliases = read(kGood);
    const std::vector<std::string> known{"orders", "sales"};
    EXPECT_TRUE(check_alias_streams(*aliases, known));
    const Status unknown = check_alias_streams(*aliases, std::vector<std::string>{"orders", "sale"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::invalid_argument);
    EXPECT_EQ(unknown.error().message,
              "t.toml:1: http.alias.stream: no stream named 'sales': there are orders, "
              "sale; did you mean 'sale'?");
}

TEST(AliasSettings, AreShown) {
    ASSERT_EQ(alias_settings({}).size(), 1U);
    EXPECT_EQ(alias_settings({})[0].value, "");
    const std::vector<OptionSetting> shown = alias_settings(*read(kGood));
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0].name, "http.alias");
    EXPECT_EQ(shown[0].value, "path = \"/prod/main\", stream = \"sales\", response = \"stream\"");
    EXPECT_EQ(shown[0].origin, "t.toml:1");
    for (const char* key : {"`path`", "`stream`", "`response`"})
        EXPECT_NE(alias_markdown().find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace tillstream::app
