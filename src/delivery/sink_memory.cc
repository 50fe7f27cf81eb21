#include "delivery/sink_memory.h"

#include <algorithm>
#include <charconv>

namespace tillstream {

namespace {

/// A piece that may hold the record that kills is tried again in so many parts.
constexpr std::uint32_t kCutInto = 16;

}  // namespace

SinkMemory::SinkMemory(Filesystem& fs, const std::string& state_dir, std::string_view sink)
    : fs_(fs), dir_(state_dir + "/sinks"), path_(dir_ + "/" + std::string(sink) + ".state") {}

Status SinkMemory::load() {
    const std::lock_guard lock(mutex_);
    TILLSTREAM_CHECK(fs_.make_dirs(dir_));
    if (!TILLSTREAM_TRY(fs_.exists(path_))) return {};
    const std::string text = TILLSTREAM_TRY(read_file(fs_, path_));
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line(text.data() + at, end - at);
        at = end + 1;
        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos) continue;
        const std::string_view key = line.substr(0, blank);
        const std::string_view value = line.substr(blank + 1);
        int number = 0;
        std::from_chars(value.data(), value.data() + value.size(), number);
        if (key == "paused") paused_ = number != 0;
        if (key == "running") running_ = number != 0;
        if (key == "deaths") deaths_ = number;
        if (key == "position") position_ = value;
        if (key == "attempt_deaths") attempt_deaths_ = number;
        if (key == "attempt_records") attempt_records_ = static_cast<std::uint32_t>(number);
        if (key == "attempt") attempt_ = value;
    }
    return {};
}

bool SinkMemory::paused() const {
    const std::lock_guard lock(mutex_);
    return paused_;
}

Status SinkMemory::set_paused(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
    return save_locked();
}

Result<SinkMemory::Care> SinkMemory::begin_run(const std::string& position) {
    const std::lock_guard lock(mutex_);
    const bool died_here = running_ && position == position_;
    const bool died_attempting = running_ && !attempt_.empty() && attempt_ == position;
    deaths_ = died_here ? deaths_ + 1 : 0;
    if (!died_attempting) {
        attempt_.clear();
        attempt_records_ = 0;
    }
    attempt_deaths_ = attempt_records_ == 1 ? attempt_deaths_ + 1 : 0;
    running_ = true;
    position_ = position;
    TILLSTREAM_CHECK(save_locked());
    return care_locked();
}

SinkMemory::Care SinkMemory::care_locked() const {
    if (attempt_records_ > 0)
        return {attempt_records_, std::max(attempt_records_ / kCutInto, 1U), attempt_deaths_ >= kDeathsMax};
    if (deaths_ >= kDeathsMax) return {kPieceRecords, kPieceRecords, false};
    return {};
}

Status SinkMemory::mark_attempt(const std::string& position, std::uint32_t records) {
    const std::lock_guard lock(mutex_);
    // The death of another piece proves nothing about this one.
    if (attempt_ != position || attempt_records_ != records) attempt_deaths_ = 0;
    attempt_ = position;
    attempt_records_ = records;
    return save_locked();
}

Status SinkMemory::clear_attempt() { return mark_attempt("", 0); }

Status SinkMemory::end_run() {
    const std::lock_guard lock(mutex_);
    running_ = false;
    attempt_.clear();
    attempt_records_ = 0;
    return save_locked();
}

Status SinkMemory::save_locked() const {
    std::string text = "paused " + std::to_string(paused_ ? 1 : 0) + "\n";
    text += "running " + std::to_string(running_ ? 1 : 0) + "\n";
    text += "deaths " + std::to_string(deaths_) + "\n";
    text += "position " + position_ + "\n";
    text += "attempt_deaths " + std::to_string(attempt_deaths_) + "\n";
    text += "attempt_records " + std::to_string(attempt_records_) + "\n";
    text += "attempt " + attempt_ + "\n";
    return write_file_atomic(fs_, path_, text);
}

}  // namespace tillstream
