// sink_memory.h - what delivery must remember of a sink across restarts: paused or not, and deaths at one
// position.
//
// File:        state/sinks/<name>.state, lines "key value"; replaced atomically.
// Why deaths:  a record that kills the process is found by counting unclean ends at the same position: after
//              the third the sink goes on in pieces, with a durable mark before each. A piece under whose
//              mark the process died is cut into smaller ones, down to one record; a record under whose mark
//              it died three times is refused. A kill from outside while nothing is attempted blames nobody,
//              and costs a few small commits otherwise.
// Threads:     any.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "core/env.h"
#include "core/result.h"

namespace tillstream {

class SinkMemory {
public:
    static constexpr int kDeathsMax = 3;

    SinkMemory(Filesystem& fs, const std::string& state_dir, std::string_view sink);

    /// Reads the file; absent is a new sink.
    Status load();
    bool paused() const;
    Status set_paused(bool paused);

    /// Records of a piece at first.
    static constexpr std::uint32_t kPieceRecords = 4096;

    /// How to go on from where the run begins.
    struct Care {
        std::uint32_t suspects = 0;  ///< the first so many records ...
        std::uint32_t piece =
            0;  ///< ... in pieces of so many, what follows in larger ones; 0: no care needed
        bool refuse_first = false;  ///< the first record is the one that kills

        bool needed() const { return piece > 0; }
        friend bool operator==(const Care&, const Care&) = default;
    };
    /// To be called when a run is about to do its first work, at `position` (encode_position). Durable before
    /// it returns.
    Result<Care> begin_run(const std::string& position);
    /// To be called before the commit of a piece of `records` at `position`.
    Status mark_attempt(const std::string& position, std::uint32_t records);
    /// No piece is under way any more.
    Status clear_attempt();
    /// To be called on a clean stop.
    Status end_run();

private:
    Care care_locked() const;
    Status save_locked() const;

    mutable std::mutex mutex_;  ///< also keeps two savers of one file apart
    Filesystem& fs_;
    std::string dir_;
    std::string path_;
    bool paused_ = false;
    bool running_ = false;
    int deaths_ = 0;
    std::string position_;
    int attempt_deaths_ = 0;  ///< under the mark of one record
    std::uint32_t attempt_records_ = 0;
    std::string attempt_;
};

}  // namespace tillstream
