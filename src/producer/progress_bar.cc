#include "producer/progress_bar.h"

#include <fmt/format.h>

namespace tillstream {

namespace {

constexpr double kLineEverySeconds = 5;
constexpr int kBarWidth = 20;

std::string remaining(const SendProgress& now) {
    if (now.share_done <= 0.001 || now.share_done >= 1) return {};
    const auto left = static_cast<long>(now.seconds / now.share_done * (1 - now.share_done) + 0.5);
    return fmt::format("   ETA {}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60);
}

}  // namespace

ProgressStyle progress_style(bool terminal, bool json) {
    if (terminal) return ProgressStyle::bar;
    return json ? ProgressStyle::none : ProgressStyle::lines;
}

std::optional<ProgressStyle> progress_style_named(std::string_view name, bool terminal) {
    if (name == "auto") return terminal ? ProgressStyle::bar : ProgressStyle::none;
    if (name == "bar") return ProgressStyle::bar;
    if (name == "lines") return ProgressStyle::lines;
    if (name == "none") return ProgressStyle::none;
    return std::nullopt;
}

std::string progress_text(const SendProgress& now) {
    const int filled = static_cast<int>(now.share_done * kBarWidth);
    std::string text = fmt::format("{:3.0f}% [{:<{}}]   {} records", now.share_done * 100,
                                   std::string(static_cast<std::size_t>(filled), '='), kBarWidth, now.sent);
    if (now.seconds > 0) text += fmt::format("   {:.0f}/s", static_cast<double>(now.sent) / now.seconds);
    if (now.quarantined > 0) text += fmt::format("   {} quarantined", now.quarantined);
    if (now.failed > 0) text += fmt::format("   {} failed", now.failed);
    return text + remaining(now);
}

void ProgressBar::notice(std::string_view text) {
    fmt::print(out_, "{}{}\n", drawn_ ? "\r\x1b[K" : "", text);
    drawn_ = false;
    std::fflush(out_);
}

void ProgressBar::progress(const SendProgress& now) {
    if (style_ == ProgressStyle::bar) {
        fmt::print(out_, "\r{}\x1b[K", progress_text(now));
        drawn_ = true;
    } else if (style_ == ProgressStyle::lines && now.seconds - last_line_ >= kLineEverySeconds) {
        last_line_ = now.seconds;
        fmt::print(out_, "{}\n", progress_text(now));
    }
    std::fflush(out_);
}

void ProgressBar::finish() {
    if (drawn_) fmt::print(out_, "\n");
    drawn_ = false;
    std::fflush(out_);
}

}  // namespace tillstream
