// cuts.h - the record of seal passes: which groups became which objects (docs/formats/cuts.md).
//
// Rule:        a pass is recorded before its first object is put, and again when all of them are in the
//              store. Only then may the journal forget its groups. Passes follow each other without a hole;
//              the last one alone may be unfinished.
// Durability:  two copies as the registry has them, each written whole beside the old one, synced and
//              renamed. If both are lost the passes are found again from the objects' indexes
//              (cuts_rebuild.h).
// Errors:      corruption if both copies are damaged; io, resource_exhausted of writing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "log/internal/batch_codec.h"
#include "log/internal/cursor.h"
#include "log/internal/format.h"
#include "ports/event_log.h"

namespace tillstream::journal {

inline constexpr std::string_view kCutsMagic = "TILLCUT1";

/// One object: the records of one source that arrived within one hour, without a hole.
struct CutObject {
    SourceId source;
    BatchKind kind = BatchKind::data;
    bool removed = false;  ///< by retention; the object may still lie in the store
    Timestamp hour;
    Offset first;
    Offset last;  ///< inclusive
    std::uint64_t raw_bytes = 0;
    std::uint64_t stored_bytes = 0;
    Timestamp last_arrived;
    Lsn last_group;

    SealedKey key() const { return {hour, source, first}; }
    friend bool operator==(const CutObject&, const CutObject&) = default;
};

/// Records that were damaged before they were sealed.
struct CutGap {
    SourceId source;
    Offset from;
    Offset to;  ///< exclusive
    Lsn seen;   ///< the group that revealed it
    std::string reason;
    friend bool operator==(const CutGap&, const CutGap&) = default;
};

/// Groups `from` to before `to`, sealed at once.
struct Pass {
    std::uint64_t number = 0;
    Lsn from;
    Lsn to;
    bool done = false;
    bool pinned = false;             ///< its segments are kept: what was sealed from them is not whole
    std::vector<CutObject> objects;  ///< in the order of their keys
    std::vector<CutGap> gaps;

    std::uint64_t raw_bytes() const;
    friend bool operator==(const Pass&, const Pass&) = default;
};
using PassPtr = std::shared_ptr<const Pass>;

/// What retention took of a source: everything before `earliest`.
struct RemovedRange {
    SourceId source;
    Offset earliest;
    Lsn last_group;  ///< that held any of it
    friend bool operator==(const RemovedRange&, const RemovedRange&) = default;
};

struct CutsData {
    LogUuid uuid;
    std::uint64_t version = 0;  ///< grows with every writing: the newer copy holds
    std::vector<PassPtr> passes;
    std::vector<RemovedRange> removed;
};

/// Where each source stands behind all done passes, with the arrival of its newest sealed record.
std::vector<SourceEnd> ends_of(const CutsData& data);

std::string encode_cuts(const CutsData& data);
Result<CutsData> decode_cuts(std::string_view bytes);

/// not_found if the folder holds none; unavailable if a copy cannot be read now, whatever the other says.
Result<CutsData> load_cuts(Filesystem& fs, const std::string& dir);
Status store_cuts(Filesystem& fs, const std::string& dir, const CutsData& data);

}  // namespace tillstream::journal
