// pass_reader.h - the batches of one seal pass, object by object.
//
// Order:    by hour, source and offset: another than the journal's, but rising within every source.
// Damage:   an object that is damaged or gone becomes a gap; the others are read.
// Threads:  one at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "log/internal/pass_builder.h"
#include "log/internal/sealed_log.h"
#include "log/internal/sealed_object.h"

namespace tillstream::journal {

/// What a reader of sealed objects needs to know.
struct SealedStore {
    ObjectStore& objects;
    const SealedLog& log;
    LogUuid uuid;
    SourceList sources;
};

/// The id under which an object was put. The source must be registered.
SealedId sealed_id(const SealedStore& store, const CutObject& object);

class PassReader {
public:
    /// Goes on at `place`, which lies within the pass or before it.
    PassReader(const SealedStore& store, PassPtr pass, ReadPlace place);

    /// The next batch; nothing at the end of the pass. Gaps found on the way are appended.
    Result<std::optional<LogBatch>> next(std::vector<Gap>& gaps);
    /// Right behind the batch given last.
    const ReadPlace& place() const { return place_; }
    /// Nothing is left: the reader goes on behind the pass.
    Result<bool> at_end(std::vector<Gap>& gaps);

private:
    void give_gaps(std::vector<Gap>& gaps);
    Result<bool> open_next(std::vector<Gap>& gaps);
    Result<bool> advance(std::vector<Gap>& gaps);
    void lose(const CutObject& object, const Error& error, std::vector<Gap>& gaps);
    void move_to(const SealedKey& key);

    const SealedStore& store_;
    const PassPtr pass_;
    ReadPlace place_;
    const Cursor start_;  ///< batches before it were read by way of the journal
    bool began_ = false;
    std::size_t object_ = 0;  ///< the one behind the open one
    std::unique_ptr<SealedObjectReader> open_;
    Offset expected_;  ///< in the open object
    std::optional<LogBatch> ahead_;
};

}  // namespace tillstream::journal
