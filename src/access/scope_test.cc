#include "access/scope.h"

#include <gmock/gmock.h>

namespace tillstream {
namespace {

using testing::ElementsAre;

ScopeSet scopes(const std::vector<std::string>& texts) {
    auto parsed = ScopeSet::parse(texts);
    EXPECT_TRUE(parsed) << parsed.error().message;
    return parsed ? std::move(*parsed) : ScopeSet();
}

constexpr Scope kAll[] = {Scope::ingest, Scope::files,  Scope::read,
                          Scope::query,  Scope::repair, Scope::admin};

TEST(ScopeTest, EachScopeGivesItselfAlone) {
    for (const Scope held : {Scope::files, Scope::read, Scope::query, Scope::repair}) {
        const ScopeSet set = scopes({std::string(to_string(held))});
        for (const Scope asked : kAll)
            EXPECT_EQ(set.allow(asked, "sales"), held == asked) << to_string(asked);
        EXPECT_TRUE(set.allow(Scope::open));
    }
}

TEST(ScopeTest, AdminGivesEverything) {
    const ScopeSet set = scopes({"admin"});
    for (const Scope asked : kAll) EXPECT_TRUE(set.allow(asked, "sales")) << to_string(asked);
}

TEST(ScopeTest, IngestIsGivenByStream) {
    const ScopeSet one = scopes({"ingest:sales", "ingest:orders"});
    EXPECT_TRUE(one.allow(Scope::ingest, "sales"));
    EXPECT_TRUE(one.allow(Scope::ingest, "orders"));
    EXPECT_FALSE(one.allow(Scope::ingest, "products"));
    EXPECT_FALSE(one.allow(Scope::ingest, "sale"));
    EXPECT_FALSE(one.allow(Scope::ingest, "*"));
    EXPECT_FALSE(one.allow(Scope::ingest, ""));
    EXPECT_FALSE(one.allow(Scope::read));
    const ScopeSet all = scopes({"ingest:*"});
    EXPECT_TRUE(all.allow(Scope::ingest, "sales"));
    EXPECT_TRUE(all.allow(Scope::ingest, "no_such_stream"));
    EXPECT_FALSE(all.allow(Scope::query));
}

TEST(ScopeTest, NothingGivenIsNothingAllowed) {
    const ScopeSet none;
    for (const Scope asked : kAll) EXPECT_FALSE(none.allow(asked, "sales"));
    EXPECT_TRUE(none.allow(Scope::open));
}

TEST(ScopeTest, TextsComeBackAsGivenAndOnce) {
    const ScopeSet set = scopes({"read", "ingest:sales", "read", "ingest:*", "admin"});
    EXPECT_THAT(set.texts(), ElementsAre("read", "ingest:sales", "ingest:*", "admin"));
    EXPECT_EQ(set.joined(), "read, ingest:sales, ingest:*, admin");
}

TEST(ScopeTest, WhatIsNoScopeIsRefusedByName) {
    const std::string long_stream = "ingest:" + std::string(64, 'a');
    for (const std::string& bad :
         {std::string(), std::string("open"), std::string("ingest"), std::string("ingest:"),
          std::string("ingest:Sales"), std::string("ingest:sa les"), std::string("ingest:**"),
          std::string("Read"), std::string("read "), std::string("*"), std::string("admin\n"), long_stream,
          std::string("read\0", 5)}) {
        const std::vector<std::string> texts{"read", bad};
        const auto parsed = ScopeSet::parse(texts);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
        EXPECT_NE(parsed.error().message.find("'" + bad.substr(0, 60)), std::string::npos)
            << parsed.error().message;
    }
}

TEST(ScopeTest, NoneAndTooManyAreRefused) {
    EXPECT_FALSE(ScopeSet::parse({}));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < ScopeSet::kScopesMax; ++i) texts.push_back("ingest:s" + std::to_string(i));
    EXPECT_TRUE(ScopeSet::parse(texts));
    texts.push_back("read");
    EXPECT_FALSE(ScopeSet::parse(texts));
}

}  // namespace
}  // namespace tillstream
