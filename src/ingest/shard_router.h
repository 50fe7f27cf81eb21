// shard_router.h - which shard a partition key belongs to.
//
// Rule:     MD5 of the key as a 128-bit number; the shards share that range evenly, in order (as Kinesis'
//           hash keys). Order holds per shard, so it holds per key.
// Threads:  one at a time (the digest's context and the last key are reused).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/digest.h"
#include "core/ids.h"

namespace tillstream {

class ShardRouter {
public:
    explicit ShardRouter(std::uint32_t shards) : shards_(shards) {}

    /// Neighbouring records often share their key (lines of one invoice): a repeated key costs one
    /// comparison.
    ShardId shard_of(std::string_view key) {
        if (primed_ && key == last_key_) return last_;
        return route(key);
    }

private:
    ShardId route(std::string_view key);

    std::uint32_t shards_;
    Md5 md5_;
    std::string last_key_;
    ShardId last_;
    bool primed_ = false;
};

}  // namespace tillstream
