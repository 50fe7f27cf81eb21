// journal_fixture.h - a journal over a given file system, for tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/env.h"
#include "core/memory_env.h"
#include "log/journal.h"

namespace tillstream::testing {

/// Small enough that a test sees many segments.
inline JournalOptions small_options() {
    JournalOptions options;
    options.segment_bytes = 256 * 1024;
    options.group_bytes = 64 * 1024;
    options.max_request_bytes = 128 * 1024;
    options.queue_bytes = 1024 * 1024;
    options.tail_bytes = 256 * 1024;
    options.segments_ahead = 1;
    options.fatal = [](const Error&) {};
    return options;
}

class JournalFixture {
public:
    explicit JournalFixture(Filesystem& fs, JournalOptions options = small_options(), std::string dir = "log",
                            Clock& clock = system_clock())
        : fs_(fs), options_(std::move(options)), dir_(std::move(dir)), clock_(clock) {}

    Status open() {
        journal_.reset();
        journal_ = TILLSTREAM_TRY(Journal::open(fs_, clock_, dir_, options_, Logger::silent(), metrics_));
        return {};
    }
    void close() { journal_.reset(); }
    bool is_open() const { return journal_ != nullptr; }
    Journal& operator*() { return *journal_; }
    Journal* operator->() { return journal_.get(); }
    JournalOptions& options() { return options_; }
    Metrics& metrics() { return metrics_; }
    const std::string& dir() const { return dir_; }

private:
    Filesystem& fs_;
    JournalOptions options_;
    std::string dir_;
    Clock& clock_;
    Metrics metrics_;
    std::unique_ptr<Journal> journal_;
};

}  // namespace tillstream::testing
