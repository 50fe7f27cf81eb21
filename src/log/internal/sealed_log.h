// sealed_log.h - the log's old end: which groups lie in which objects, as readers and the sealer see it.
//
// Writer:   the sealer's thread alone. A change is durable before anybody sees it.
// Threads:  readers from any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/env.h"
#include "log/internal/batch_codec.h"
#include "log/internal/cuts.h"

namespace tillstream::journal {

/// Where a reader that looks for a record begins.
struct SealedStart {
    Lsn sealed;                       ///< the first group that is not sealed
    PassPtr pass;                     ///< a done one, with `object`; nothing: no such object
    std::optional<CutObject> object;  ///< the first that holds the record or one behind it
    std::vector<CutGap> gaps;  ///< damage of the source at or behind the record, of passes up to `pass`
};

class SealedLog {
public:
    /// `begin`: the journal's first group, from which sealing starts if nothing is sealed yet; `base`: where
    /// the sources stood there.
    SealedLog(Filesystem& fs, std::string dir, CutsData data, Lsn begin, const std::vector<SourceEnd>& base);

    // The sealer's side.
    /// The pass that was recorded and is not done; nothing if there is none.
    PassPtr unfinished() const;
    /// Number of the next pass.
    std::uint64_t next_number() const;
    /// Appends a pass that is not done, or writes the unfinished one anew.
    Status record(Pass pass);
    /// The unfinished pass is in the store: its groups are sealed from here on.
    Status finish(bool pinned);
    /// Marks these objects as removed; readers get a gap for them from now on.
    Status mark_removed(const std::vector<CutObject>& objects);
    /// The objects so marked are out of the store: forgets them.
    Status forget_removed();

    // The readers' side.
    /// The first group that is not sealed.
    Lsn sealed() const;
    /// The first done pass that ends behind `next`; nothing if there is none.
    PassPtr pass_for(Lsn next) const;
    /// The record may be removed, damaged or not sealed yet. All of one moment: a pass that is done meanwhile
    /// is in all of it or in nothing.
    SealedStart find(SourceId source, Offset offset) const;
    std::vector<PassPtr> passes() const;
    std::vector<RemovedRange> removed() const;
    std::optional<RemovedRange> removed(SourceId source) const;
    /// Where each source stands at sealed(), with the arrival of its newest sealed record.
    std::vector<SourceEnd> ends() const;
    /// Raw bytes of sealed records behind a place; journal order where `place` has no sealed part.
    std::uint64_t bytes_behind(const ReadPlace& place) const;
    /// Of segments that hold groups `first` to `last`: whether they must not be recycled.
    bool pins(Lsn first, Lsn last) const;

private:
    Status store(CutsData next);
    void index();
    Lsn sealed_to() const;
    std::size_t index_for(Lsn next) const;

    Filesystem& fs_;
    const std::string dir_;
    const Lsn begin_;
    mutable std::mutex mutex_;
    CutsData data_;
    std::vector<std::uint64_t> raw_before_;  ///< of each pass
    std::uint64_t raw_total_ = 0;
};

}  // namespace tillstream::journal
