// progress_bar.h - shows a run to a person: a bar on a terminal, a line every few seconds elsewhere if asked.
//
// Threads:  as SendObserver. Lifecycle: finish() once, when the run is over.
// Source:   FACES "CLI output for scripts" (progress and notices go to stderr).
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "producer/send_report.h"

namespace tillstream {

enum class ProgressStyle : std::uint8_t {
    none,   ///< notices only
    lines,  ///< for logs
    bar,    ///< for terminals
};

/// `bar` on a terminal; else `lines`, or `none` for scripts (`json`: the output is for a program).
ProgressStyle progress_style(bool terminal, bool json);
/// "auto" (a bar on a terminal, nothing elsewhere), "bar", "lines" or "none"; nothing for another name.
std::optional<ProgressStyle> progress_style_named(std::string_view name, bool terminal);

class ProgressBar final : public SendObserver {
public:
    /// `out` must outlive it, usually stderr.
    ProgressBar(std::FILE* out, ProgressStyle style) : out_(out), style_(style) {}

    void notice(std::string_view text) override;
    void progress(const SendProgress& now) override;
    /// Leaves the bar's line.
    void finish();

private:
    std::FILE* out_;
    ProgressStyle style_;
    bool drawn_ = false;
    double last_line_ = 0;
};

/// "  42% [========            ]   1234567 records   98765/s   2 quarantined   ETA 0:01:05".
std::string progress_text(const SendProgress& now);

}  // namespace tillstream
