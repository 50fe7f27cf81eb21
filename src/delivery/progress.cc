#include "delivery/progress.h"

#include <algorithm>

namespace tillstream {

void Progress::reset(const std::map<SourceId, Offset>& next) {
    const std::lock_guard lock(mutex_);
    next_ = next;
    changed_.notify_all();
}

void Progress::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

void Progress::advance(const std::map<SourceId, Offset>& next) {
    const std::lock_guard lock(mutex_);
    for (const auto& [source, offset] : next) next_[source] = offset;
    changed_.notify_all();
}

Offset Progress::next(SourceId source) const {
    const std::lock_guard lock(mutex_);
    const auto found = next_.find(source);
    return found == next_.end() ? Offset{0} : found->second;
}

bool Progress::covers(const Position& position) const {
    const std::lock_guard lock(mutex_);
    return covers_locked(position);
}

bool Progress::covers_locked(const Position& position) const {
    return std::all_of(position.begin(), position.end(), [&](const SourceOffset& wanted) {
        const auto found = next_.find(wanted.source);
        return wanted.next.value == 0 || (found != next_.end() && found->second >= wanted.next);
    });
}

bool Progress::wait_for(const Position& position, std::chrono::milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [&] { return closed_ || covers_locked(position); });
    return covers_locked(position);
}

}  // namespace tillstream
