// segment_preparer.h - keeps zero-filled files ready, so that the commit thread only ever overwrites written
// blocks.
//
// Why:      a flush of a growing or merely allocated file costs twice that of a written one.
// Durable:  filled as `.prep`, synced, renamed to `.spare`, folder synced. Spares survive a restart.
// Threads:  one of its own, in the background: it fills in small steps with a pause between them unless
//           somebody waits in take().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/bytes.h"
#include "core/env.h"
#include "core/result.h"

namespace tillstream::journal {

class SegmentPreparer {
public:
    struct Options {
        std::uint64_t segment_bytes = 0;
        std::uint64_t budget_bytes = 0;  ///< of segments and spares together
        unsigned ahead = 2;
        /// Called on the preparer's thread, again and again, while the budget keeps it from having enough
        /// spares.
        std::function<void()> on_short = {};
    };
    /// `used_bytes`: what segments take already.
    SegmentPreparer(Filesystem& fs, std::string dir, Options options, std::uint64_t used_bytes);
    ~SegmentPreparer();
    SegmentPreparer(const SegmentPreparer&) = delete;

    /// Takes over spares of an earlier run, removes half-made ones, starts the thread.
    Status start();
    /// Path of a spare that is the caller's from now on; waits while one is being made.
    /// resource_exhausted: the budget or the disk is full; unavailable: another failure. Both may pass.
    Result<std::string> take();
    /// For a spare that could not be used; it counts as a segment no longer.
    void give_back(std::string path);
    /// A segment that nobody needs any more becomes a spare, or goes away if there are enough.
    void recycle(const std::string& path, std::uint64_t bytes);
    /// Whether the budget has no room for the spares wanted.
    bool short_of_room() const;
    void stop();

private:
    void run();
    bool wanted() const { return ready_.size() < options_.ahead || waiting_; }
    bool has_room() const {
        return used_bytes_ + (ready_.size() + 1) * options_.segment_bytes <= options_.budget_bytes;
    }
    std::string spare_path(std::uint64_t number) const;
    Result<std::string> prepare(std::uint64_t number);
    Status fill(const std::string& path);
    bool pause();

    Filesystem& fs_;
    const std::string dir_;
    const Options options_;
    const AlignedBuffer zeros_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> ready_;
    std::uint64_t used_bytes_;
    std::uint64_t next_number_ = 1;
    std::uint64_t attempts_ = 0;
    std::optional<Error> error_;
    bool waiting_ = false;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tillstream::journal
