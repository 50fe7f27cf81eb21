// progress.h - how far one sink has come, with waiting for it.
//
// Threads:  advanced by the sink's strand, read and waited for by any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>

#include "core/ids.h"
#include "ports/position.h"

namespace tillstream {

class Progress {
public:
    /// Replaces everything by what the sink's store holds.
    void reset(std::span<const SinkPosition> positions);
    void advance(const std::map<SourceId, Offset>& next);

    /// 0 for a source never seen.
    Offset next(SourceId source) const;
    bool covers(const Position& position) const;
    /// False if `timeout` passed first.
    bool wait_for(const Position& position, std::chrono::milliseconds timeout) const;

private:
    bool covers_locked(const Position& position) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<SourceId, Offset> next_;
};

}  // namespace tillstream
