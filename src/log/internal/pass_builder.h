// pass_builder.h - one scan of the journal's unsealed groups, dealt out into sealed objects.
//
// Pure:     the same groups give the same objects; what was recorded as a cut can be built again after a
//           crash.
// Memory:   about the compressed size of all objects of the pass and their indexes, bounded by its limits.
// Objects:  one of a source and hour, more where the kind changes, records are missing or an index is full.
// Damage:   what is missing becomes a gap of the pass, by offsets: an object never spans a hole.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/internal/cuts.h"
#include "log/internal/journal_reader.h"
#include "log/internal/published.h"
#include "log/internal/sealed_object.h"

namespace tillstream::journal {

/// Every registered source, in the order of ids.
using SourceList = std::function<std::vector<SourceInfo>()>;

struct PassLimits {
    SealLimits volume;
    std::size_t index_bytes = kMaxSealedIndexBytes;  ///< of one object
    std::optional<Timestamp> before;                 ///< only records that arrived before it
    std::optional<Lsn> asked;  ///< only groups up to it: nobody waits for what comes behind
    std::optional<Lsn> to;     ///< only groups before it, and all of them: a cut made earlier
};

struct BuiltPass {
    Pass pass;  ///< without number
    std::vector<std::string>
        objects;  ///< bytes, in the order of pass.objects; empty: it is in the store already
    std::vector<std::pair<SourceId, std::uint64_t>> volumes;  ///< by source
    std::optional<Timestamp> next_arrival;                    ///< of the first record left, if one was seen
    bool limited = false;                                     ///< more is waiting
};

class PassBuilder {
public:
    /// `ends`: where the sources stand at `from`. `kept`: objects of this cut that need not be built again.
    PassBuilder(const LogUuid& log, SourceList sources, Lsn from, const std::vector<SourceEnd>& ends,
                std::vector<CutObject> kept, PassLimits limits);

    /// Reads on until a limit or the end of the log is met.
    Result<BuiltPass> build(Filesystem& fs, const Published& published);

private:
    struct Open {
        SealedObjectWriter writer;
        CutObject cut;
    };
    Result<bool> take(const LogBatch& batch);
    bool ends_before(const LogBatch& batch) const;
    Status add(const LogBatch& batch);
    Result<CutObject*> write(const LogBatch& batch);
    Result<Open*> open_object(const LogBatch& batch);
    const CutObject* kept_with(const LogBatch& batch) const;
    Status close(SourceId source);
    void note_missing(SourceId source, Offset from, Offset to, Lsn seen);
    void compare_ends(const Published::End& end);
    Result<BuiltPass> finish(Lsn to);

    const LogUuid log_;
    const SourceList list_sources_;
    std::vector<SourceInfo> sources_;
    const std::vector<CutObject> kept_;
    const PassLimits limits_;
    Pass pass_;
    std::map<SourceId, Offset> next_;
    std::map<SourceId, Open> open_;
    std::vector<std::pair<CutObject, std::string>> closed_;
    std::map<SourceId, std::uint64_t> volumes_;
    std::uint64_t volume_ = 0;
    bool over_ = false;
    std::vector<Gap> reported_;  ///< by the journal's reader, for their reasons
    Cursor place_{Lsn{0}, 0};    ///< of the batch at hand
    std::optional<Timestamp> next_arrival_;
    bool limited_ = false;
};

}  // namespace tillstream::journal
