#include "access/token_file.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

ScopeSet scopes(const std::vector<std::string>& texts) { return *ScopeSet::parse(texts); }

std::vector<StoredToken> two_tokens() {
    const std::string digest = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9";
    return {
        {{"0a1b2c3d4e5f", "till \"7\"", scopes({"ingest:sales", "read"}), {500, 0}, {1'700'000'000'000'000}},
         digest},
        {{"ffffffffffff",
          "",
          scopes({"admin"}),
          {},
          {1'700'000'001'250'000},
          Timestamp{1'700'000'100'000'000}},
         digest}};
}

/// As docs/formats/tokens.md shows it.
constexpr std::string_view kGolden =
    R"({"format":"tillstream tokens","version":1,"tokens":2,"crc32c":"c5e2a3e0"})"
    "\n"
    R"({"id":"0a1b2c3d4e5f","name":"till \"7\"",)"
    R"("sha256":"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",)"
    R"("scopes":["ingest:sales","read"],"records_per_second":500,"bytes_per_second":0,)"
    R"("created":"2023-11-14T22:13:20Z","revoked":null})"
    "\n"
    R"({"id":"ffffffffffff","name":"",)"
    R"("sha256":"5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",)"
    R"("scopes":["admin"],"records_per_second":0,"bytes_per_second":0,)"
    R"("created":"2023-11-14T22:13:21.25Z","revoked":"2023-11-14T22:15:00Z"})"
    "\n";

TEST(TokenFileTest, TheBytesAreThoseOfTheDocument) { EXPECT_EQ(encode_tokens(two_tokens()), kGolden); }

TEST(TokenFileTest, WhatIsWrittenIsRead) {
    const auto read = decode_tokens(kGolden);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(encode_tokens(*read), kGolden);
    ASSERT_EQ(read->size(), 2U);
    EXPECT_EQ((*read)[0].token.name, "till \"7\"");
    EXPECT_EQ((*read)[0].token.quota, (Quota{500, 0}));
    EXPECT_FALSE((*read)[0].token.revoked);
    EXPECT_TRUE((*read)[1].token.revoked);
    const auto none = decode_tokens(encode_tokens({}));
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST(TokenFileTest, EveryFlippedBitIsFound) {
    for (std::size_t at = 0; at < kGolden.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string bytes(kGolden);
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            EXPECT_FALSE(decode_tokens(bytes)) << "byte " << at << " bit " << bit;
        }
    }
}

TEST(TokenFileTest, EveryCutIsFound) {
    for (std::size_t size = 0; size < kGolden.size(); ++size)
        EXPECT_FALSE(decode_tokens(kGolden.substr(0, size))) << size;
    EXPECT_FALSE(decode_tokens(std::string(kGolden) + "\n"));
}

TEST(TokenFileTest, ALaterVersionIsUnsupportedNotDamaged) {
    std::string later(kGolden);
    later.replace(later.find("\"version\":1"), 11, "\"version\":2");
    const auto read = decode_tokens(later);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::unsupported);
}

TEST(TokenFileTest, WhatIsNoTokenIsDamageWhateverTheChecksum) {
    for (const std::string line : {"{}", "[]", "null", R"({"id":"0a1b2c3d4e5f"})", "{", "{}{}"}) {
        const std::vector<StoredToken> none;
        std::string bytes = encode_tokens(none);
        EXPECT_FALSE(decode_tokens(bytes + line + "\n")) << line;
    }
}

}  // namespace
}  // namespace tillstream
