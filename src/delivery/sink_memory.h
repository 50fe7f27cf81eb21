// sink_memory.h - what delivery must remember of a sink across restarts: paused or not, and deaths at one
// position.
//
// File:        state/sinks/<name>.state, lines "key value"; replaced atomically.
// Why deaths:  a record that kills the process is found by counting unclean ends at the same position: after
//              the third the sink goes on record by record, with a durable mark before each; a record under
//              whose mark the process died three times is refused. A kill from outside while nothing is
//              attempted blames nobody.
// Threads:     any.
#pragma once

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

    enum class Mode : int {
        batches,         ///< as usual
        single_records,  ///< died three times here: one record a commit
        refuse_first,    ///< died three times while committing the one record at this position
    };
    /// To be called when a run is about to do its first work, at `position` (encode_position). Durable before
    /// it returns.
    Result<Mode> begin_run(const std::string& position);
    /// To be called in single-record mode before the commit of the record at `position`; empty: none under
    /// way.
    Status mark_attempt(const std::string& position);
    /// To be called on a clean stop.
    Status end_run();

private:
    Status save_locked() const;

    mutable std::mutex mutex_;  ///< also keeps two savers of one file apart
    Filesystem& fs_;
    std::string dir_;
    std::string path_;
    bool paused_ = false;
    bool running_ = false;
    int deaths_ = 0;
    std::string position_;
    int attempt_deaths_ = 0;
    std::string attempt_;
};

}  // namespace tillstream
