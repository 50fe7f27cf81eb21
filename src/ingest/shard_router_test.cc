#include "ingest/shard_router.h"

#include <gtest/gtest.h>

#include <map>

namespace tillstream {
namespace {

TEST(ShardRouterTest, KeysGoWhereTheirMd5Lies) {
    // MD5("") = d41d8cd9...: in the last quarter of the range.
    ShardRouter four(4);
    EXPECT_EQ(four.shard_of(""), ShardId{3});
    // MD5("a") = 0cc175b9..., MD5("abc") = 90015098..., MD5("message digest") = f96b697d...
    EXPECT_EQ(four.shard_of("a"), ShardId{0});
    EXPECT_EQ(four.shard_of("abc"), ShardId{2});
    EXPECT_EQ(four.shard_of("message digest"), ShardId{3});
    ShardRouter one(1);
    EXPECT_EQ(one.shard_of("message digest"), ShardId{0});
}

TEST(ShardRouterTest, ARepeatedKeyAndAFreshRouterAgree) {
    ShardRouter reused(7);
    for (int i = 0; i < 1000; ++i) {
        const std::string key = std::to_string(i / 3);
        EXPECT_EQ(reused.shard_of(key), ShardRouter(7).shard_of(key)) << key;
    }
}

TEST(ShardRouterTest, ManyKeysSpreadEvenly) {
    ShardRouter router(4);
    std::map<ShardId, int> counts;
    for (int i = 0; i < 25'900; ++i) ++counts[router.shard_of(std::to_string(536'365 + i))];
    ASSERT_EQ(counts.size(), 4U);
    for (const auto& [shard, count] : counts) EXPECT_NEAR(count, 6475, 300) << shard.value;
}

}  // namespace
}  // namespace tillstream
