#include "access/token_json.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(TokenJsonTest, ATokenIsShownWithoutItsDigest) {
    const std::vector<std::string> scopes{"ingest:sales", "read"};
    AccessToken token{
        "0a1b2c3d4e5f", "till \"7\"", *ScopeSet::parse(scopes), {500, 0}, {1'700'000'000'000'000}};
    EXPECT_EQ(token_json(token),
              R"({"id":"0a1b2c3d4e5f","name":"till \"7\"","scopes":["ingest:sales","read"],)"
              R"("records_per_second":500,"bytes_per_second":null,"created":"2023-11-14T22:13:20Z",)"
              R"("revoked":null})");
    token.revoked = token.created;
    const std::vector<AccessToken> both{token, token};
    EXPECT_EQ(tokens_json(both),
              R"({"tokens":[)" + token_json(token) + "," + token_json(token) + R"(],"next":null})");
    EXPECT_EQ(tokens_json({}), R"({"tokens":[],"next":null})");
    EXPECT_EQ(created_token_json({token, "ts_x"}),
              R"({"id":"0a1b2c3d4e5f","token":"ts_x","scopes":["ingest:sales","read"]})");
}

TEST(TokenJsonTest, ASpecIsReadAsItIsWritten) {
    const std::vector<std::string> scopes{"admin", "ingest:*"};
    const TokenSpec spec{"büro", *ScopeSet::parse(scopes), {7, Quota::kMax}};
    const auto read = read_token_spec(token_spec_json(spec));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->name, spec.name);
    EXPECT_EQ(read->scopes.joined(), "admin, ingest:*");
    EXPECT_EQ(read->quota, spec.quota);
    const auto least = read_token_spec(R"({"scopes":["read"],"records_per_second":null})");
    ASSERT_TRUE(least);
    EXPECT_EQ(least->quota, Quota{});
}

TEST(TokenJsonTest, WhatIsNoSpecIsRefusedAndTheMemberNamed) {
    struct Case {
        std::string body;
        std::string named;
    };
    const std::vector<Case> cases{
        {"", ""},
        {"[]", "object"},
        {"\"read\"", "object"},
        {"{}", "scopes"},
        {R"({"scopes":[]})", "scope"},
        {R"({"scopes":"read"})", "scopes"},
        {R"({"scopes":[1]})", "scopes"},
        {R"({"scopes":["write"]})", "'write'"},
        {R"({"scopes":["read"],"name":7})", "name"},
        {R"({"scopes":["read"],"records_per_second":0})", "records_per_second"},
        {R"({"scopes":["read"],"records_per_second":-1})", "records_per_second"},
        {R"({"scopes":["read"],"records_per_second":1.5})", "records_per_second"},
        {R"({"scopes":["read"],"bytes_per_second":"9"})", "bytes_per_second"},
        {R"({"scopes":["read"],"bytes_per_second":1e30})", "bytes_per_second"},
        {R"({"scopes":["read"],"bytes_per_second":1000000000001})", "bytes_per_second"},
        {R"({"scopes":["read"],"id":"000000000000"})", "'id'"},
        {R"({"scopes":["read"],"tenant":"x"})", "'tenant'"},
        {R"({"scopes":["read"]} {})", ""},
    };
    for (const Case& bad : cases) {
        const auto read = read_token_spec(bad.body);
        ASSERT_FALSE(read) << bad.body;
        EXPECT_EQ(read.error().code, Errc::invalid_argument) << bad.body;
        EXPECT_NE(read.error().message.find(bad.named), std::string::npos) << read.error().message;
    }
}

}  // namespace
}  // namespace tillstream
