// sealed_object.h - the sealed form of the log: records of one source and one hour as one immutable object.
//
// Form:     docs/formats/sealed.md. NDJSON in zstd frames that any zstd reads, one line a record; behind them
//           a skippable frame with the index: batches, arrival times, event ids, verdicts, checksums.
// Pure:     the bytes are a function of the batches given (and the version of libzstd), nothing else: written
//           twice, they are equal.
// Damage:   found by checksums; what a damaged frame held becomes a Gap, the rest is read. A damaged index
//           makes the object's lines unreadable as records (Gap over the whole object), never a wrong answer.
//           Records that were missing already when the object was written are a Gap too.
// Threads:  one at a time.
// Source:   FACES "Raw lake"; engine-notes 3.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "log/internal/cursor.h"
#include "log/internal/format.h"
#include "ports/event_log.h"
#include "ports/object_store.h"

namespace tillstream::journal {

inline constexpr std::size_t kMaxSealedIndexBytes = std::size_t{256} << 20;  ///< decoded

/// What an object is, as its index says. Name and place follow from it.
struct SealedId {
    LogUuid log;
    SourceInfo source;
    Offset first;
    Offset last;     ///< inclusive
    Timestamp hour;  ///< start of the hour in which all its records arrived
    BatchKind kind = BatchKind::data;
};

/// lake/raw/<stream>/year=…/month=…/day=…/hour=…/s<shard>-<first>-<last>.ndjson.zst for data,
/// state/raw/… for control records. Stream names are percent-encoded where a path needs it; an incarnation
/// other than the first follows the shard ("s2i2-").
std::string sealed_object_name(const SealedId& id);
/// What the names of a stream's objects begin with, '/' included.
std::string sealed_object_folder(std::string_view stream, BatchKind kind);
/// Stream, shard, incarnation, first, last, hour and kind of a name; nothing if it is none of ours.
std::optional<SealedId> parse_sealed_object_name(std::string_view name);

/// Collects batches of one source and one hour, in order. Memory: about the compressed size.
class SealedObjectWriter {
public:
    /// `max_index_bytes`: at most kMaxSealedIndexBytes, which is what readers take.
    SealedObjectWriter(const LogUuid& log, const SourceInfo& source, Timestamp hour, BatchKind kind,
                       std::size_t max_index_bytes = kMaxSealedIndexBytes);
    ~SealedObjectWriter();
    SealedObjectWriter(SealedObjectWriter&&) noexcept;

    /// `place`: of the batch in the journal (its group, and the number of record batches before it there).
    /// Its lsn is taken from there. Refused, with nothing changed: invalid_argument if the batch is of
    /// another source, kind or hour, does not follow the one before or is no batch as RecordBlock has it;
    /// resource_exhausted if the object would hold more than its index can: finish it and begin another.
    Status add(const LogBatch& batch, const Cursor& place);
    /// Of the lines.
    std::uint64_t raw_bytes() const;
    /// About the size of the object if it were finished now: lines that are not compressed yet, and the
    /// index, count in full.
    std::uint64_t stored_bytes() const;
    /// Of what was added so far; first and last hold from the first batch on.
    const SealedId& id() const;
    /// The whole object; the writer is used up. invalid_argument without a record.
    Result<std::string> finish();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// A batch as it was appended, or a part of it: where a damaged frame took the middle, or beyond 256 MiB.
struct SealedBatch {
    LogBatch batch;  ///< without rows; lsn is that of its group in the journal
    Cursor place;    ///< of the whole batch
};

class SealedObjectReader {
public:
    /// corruption if the index is not whole or is that of another name (the caller makes it a Gap),
    /// unsupported if a newer program wrote it, not_found if the object is gone. `store` outlives the reader.
    static Result<std::unique_ptr<SealedObjectReader>> open(ObjectStore& store, std::string name);
    ~SealedObjectReader();

    const SealedId& id() const;
    /// From the batch on that holds `from` (or the first behind it); without reading what lies before.
    void seek(Offset from);
    /// From the first batch on whose records arrived at `since` or later.
    void seek(Timestamp since);

    struct Step {
        std::vector<Gap> gaps;             ///< found before `batch`
        std::optional<SealedBatch> batch;  ///< nothing: the end
    };
    /// An error of the store loses nothing: the call may be repeated.
    Result<Step> next();

private:
    struct Parts;
    explicit SealedObjectReader(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tillstream::journal
