// progress.h - how far one sink has come, with waiting for it.
//
// Threads:  advanced by the sink's strand, read and waited for by any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include "core/ids.h"
#include "ports/position.h"

namespace tillstream {

class Progress {
public:
    /// Replaces everything by what the sink's store holds.
    void reset(const std::map<SourceId, Offset>& next);
    void advance(const std::map<SourceId, Offset>& next);

    /// 0 for a source never seen.
    Offset next(SourceId source) const;
    bool covers(const Position& position) const;
    /// Ends all waiting, now and later.
    void close();
    /// False if `timeout` passed first, or the sink was stopped.
    bool wait_for(const Position& position, std::chrono::milliseconds timeout) const;

private:
    bool covers_locked(const Position& position) const;

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<SourceId, Offset> next_;
    bool closed_ = false;
};

}  // namespace tillstream
