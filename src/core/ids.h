// ids.h - identifiers as types, without conversion between them.
//
// Rule:  a row's identity is RowId (source, sub, seq), minted once before any sink and carried everywhere;
//        neither (invoice, product) nor the whole line is unique in real data.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace tillstream {

template <class Tag, class Rep>
struct StrongId {
    Rep value{};

    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep v) : value(v) {}
    friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

/// One incarnation of one shard of one stream (or of one file, or producer), from the durable source
/// registry.
using SourceId = StrongId<struct SourceTag, std::uint32_t>;
/// Number of a shard within its stream, from 0.
using ShardId = StrongId<struct ShardTag, std::uint32_t>;
/// Place of a record in its shard: dense, from 0, accepted and quarantined records alike.
using Offset = StrongId<struct OffsetTag, std::uint64_t>;
/// Number of a group in the journal: dense, from 1; 0 means "before the first".
using Lsn = StrongId<struct LsnTag, std::uint64_t>;
/// Fencing number of a process run: larger than that of every earlier run on the same data folder.
using Epoch = StrongId<struct EpochTag, std::uint64_t>;

struct RowId {
    SourceId source;
    std::uint32_t sub = 0;  ///< row within a record that holds several; 0 otherwise
    Offset seq;
    friend constexpr auto operator<=>(const RowId&, const RowId&) = default;
};

}  // namespace tillstream

template <class Tag, class Rep>
struct std::hash<tillstream::StrongId<Tag, Rep>> {
    std::size_t operator()(tillstream::StrongId<Tag, Rep> id) const noexcept {
        return std::hash<Rep>{}(id.value);
    }
};
