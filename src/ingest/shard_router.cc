#include "ingest/shard_router.h"

#include "core/decimal.h"

namespace tillstream {

ShardId ShardRouter::route(std::string_view key) {
    const Md5::Digest digest = md5_(key);
    std::uint64_t high = 0;  // the upper half decides: shards are far fewer than 2^64
    for (int i = 0; i < 8; ++i) high = high << 8 | digest[static_cast<std::size_t>(i)];
    last_key_.assign(key);
    last_ = ShardId{static_cast<std::uint32_t>((UInt128{high} * shards_) >> 64)};
    primed_ = true;
    return last_;
}

}  // namespace tillstream
