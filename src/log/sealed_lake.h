// sealed_lake.h - the sealed log as an outsider reads it: which objects there are, and the records in them.
//
// Place:    `verify` proves the raw lake from the lake alone, without the journal; `doctor` looks for damage.
//           The log's own readers pass from journal to sealed objects by themselves (ports/event_log.h).
// Damage:   never stops a reading and never hides: what is missing is told, record for record.
// Changes:  nothing. Objects sealed meanwhile may be seen or not.
// Threads:  SealedLake from any thread; SealedRecords one at a time.
// Source:   FACES "Raw lake"; docs/formats/sealed.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/event_log.h"
#include "ports/object_store.h"

namespace tillstream {

/// A sealed object as its name tells it.
struct SealedObject {
    std::string name;
    std::uint64_t bytes = 0;
    BatchKind kind = BatchKind::data;
    std::string stream;
    ShardId shard;
    std::uint32_t incarnation = 0;
    Offset first;
    Offset last;     ///< inclusive
    Timestamp hour;  ///< start of the hour in which its records arrived
};

/// The records of one object, in offset order.
class SealedRecords {
public:
    ~SealedRecords();

    const SourceInfo& source() const;
    /// 32 hex digits: the log that wrote it.
    std::string log_uuid() const;
    /// From the batch that holds `from`, or the first behind it.
    void seek(Offset from);
    /// From the first batch that arrived at `since` or later.
    void seek(Timestamp since);

    struct Step {
        std::vector<Gap> gaps;          ///< before `batch`: damaged, or missing already when it was sealed
        std::optional<LogBatch> batch;  ///< without rows; nothing: the end
    };
    /// An error is the store's and may pass: the call may be repeated.
    Result<Step> next();

private:
    friend class SealedLake;
    struct Parts;
    explicit SealedRecords(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Records that a stream's objects should hold and do not.
struct SealedDamage {
    SealedObject object;  ///< where it shows
    Offset from;
    Offset to;  ///< exclusive
    std::string reason;
};

struct SealedVisitor {
    /// Before its batches; false passes over the object.
    std::function<bool(const SealedObject&)> on_object;
    std::function<void(const SourceInfo&, const LogBatch&)> on_batch;
    std::function<void(const SealedDamage&)> on_damage;
};

class SealedLake {
public:
    /// `store` outlives this object and all readers.
    explicit SealedLake(ObjectStore& store) : store_(store) {}

    /// All objects of a stream, by shard, incarnation and first offset. Files with other names are left out.
    /// Memory: one entry an object, some 300 bytes.
    Result<std::vector<SealedObject>> objects(std::string_view stream,
                                              BatchKind kind = BatchKind::data) const;
    /// corruption if the object's index is not whole (its lines can still be had by `zstd -dc`), unsupported
    /// if a newer program wrote it, not_found.
    Result<std::unique_ptr<SealedRecords>> open(const SealedObject& object) const;

    /// Reads all objects of a stream. Damage: whole objects, frames, records between two objects of a shard
    /// that none holds, and objects that overlap. Errors are the store's.
    Status scan(std::string_view stream, BatchKind kind, const SealedVisitor& visitor) const;

private:
    ObjectStore& store_;
};

}  // namespace tillstream
