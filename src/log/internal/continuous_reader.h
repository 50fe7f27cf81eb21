// continuous_reader.h - the whole log through one reader: hot tail, journal, sealed objects.
//
// Rule:     a group that lies in the journal is read there. What left it is read from sealed objects, pass by
//           pass; behind the last of them the journal goes on.
// Gaps:     retention is told once a source, when the reader comes to where records were taken; `from` is
//           what this reader gave last, or 0: it does not know what its user had before.
// Threads:  one at a time.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "log/internal/journal_reader.h"
#include "log/internal/pass_reader.h"

namespace tillstream::journal {

class ContinuousReader final : public LogReader {
public:
    /// `store`: nothing if the log is not sealed.
    ContinuousReader(Filesystem& fs, const Published& published, const LogUuid& uuid,
                     const SealedStore* store, ReadPlace start, ReadFrom from)
        : fs_(fs), published_(published), uuid_(uuid), store_(store), from_(from), place_(start) {
        if (start.sealed) given_[start.sealed->key.source] = start.sealed->key.offset;
    }

    /// Gives nothing of `source` before `from`; begins with a gap if `earliest` lies behind it. `damage`: of
    /// the passes up to that of the reader's place, which it tells first as well.
    void look_up(SourceId source, Offset from, Offset earliest, const std::vector<CutGap>& damage);
    Result<LogRead> read(std::size_t max_bytes) override;

private:
    struct Skip {
        SourceId source;
        Offset from;
        std::vector<Gap> told;
    };
    Result<LogRead> read_on(std::size_t max_bytes);
    Result<bool> read_pass(LogRead& out, std::size_t max_bytes);
    Result<bool> read_journal(LogRead& out, std::size_t max_bytes);
    void stop_at_place(LogRead& out) const;
    void find_way(LogRead& out);
    void tell_removed(LogRead& out);
    void filter(LogRead& out);
    void skip_gaps(std::vector<Gap>& gaps) const;

    Filesystem& fs_;
    const Published& published_;
    const LogUuid uuid_;
    const SealedStore* const store_;
    const ReadFrom from_;
    ReadPlace place_;
    std::optional<Skip> skip_;
    std::vector<Gap> first_gaps_;
    PassPtr pass_;
    std::optional<PassReader> objects_;  ///< of pass_
    std::optional<JournalReader> journal_;
    std::map<SourceId, Offset> given_;  ///< behind the last record given, or told of
};

}  // namespace tillstream::journal
