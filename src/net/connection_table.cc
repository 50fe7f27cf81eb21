#include "net/internal/connection_table.h"

#include <algorithm>
#include <utility>

namespace tillstream::internal {

ConnectionTable::Admission ConnectionTable::add(const std::shared_ptr<TableEntry>& entry, bool exempt) {
    const std::lock_guard lock(mutex_);
    std::size_t& of_address = per_address_[entry->peer];
    if (!exempt && of_address >= per_address_max_) return {};
    Admission admission{true, nullptr};
    if (entries_.size() - evicted_ >= connections_max_) admission.victim = pick_victim();
    ++of_address;
    entry->index_ = entries_.size();
    entries_.push_back(entry);
    return admission;
}

std::shared_ptr<TableEntry> ConnectionTable::pick_victim() {
    const auto rank = [](const TableEntry& entry) {
        return std::pair(entry.busy.load(std::memory_order_relaxed),
                         entry.last_request.load(std::memory_order_relaxed));
    };
    std::shared_ptr<TableEntry> victim;
    for (const auto& entry : entries_) {
        if (entry->evicted_) continue;
        if (victim == nullptr || rank(*entry) < rank(*victim)) victim = entry;
    }
    if (victim != nullptr) {
        victim->evicted_ = true;
        ++evicted_;
    }
    return victim;
}

std::vector<std::shared_ptr<TableEntry>> ConnectionTable::slow_readers(std::size_t bytes_max) {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<TableEntry>> slow;
    std::size_t bytes = 0;
    for (const auto& entry : entries_) {
        if (entry->evicted_ || entry->answer_bytes == 0) continue;
        bytes += entry->answer_bytes;
        slow.push_back(entry);
    }
    std::sort(slow.begin(), slow.end(),
              [](const auto& a, const auto& b) { return a->answering_since < b->answering_since; });
    std::size_t count = 0;
    for (; count < slow.size() && bytes > bytes_max; ++count) {
        bytes -= std::min(bytes, slow[count]->answer_bytes.load());
        slow[count]->evicted_ = true;
        ++evicted_;
    }
    slow.resize(count);
    return slow;
}

void ConnectionTable::remove(TableEntry& entry) {
    const std::lock_guard lock(mutex_);
    if (entry.evicted_) --evicted_;
    const auto of_address = per_address_.find(entry.peer);
    if (--of_address->second == 0) per_address_.erase(of_address);
    const std::size_t index = entry.index_;
    std::swap(entries_[index], entries_.back());
    entries_[index]->index_ = index;
    entries_.pop_back();
    if (entries_.empty()) emptied_.notify_all();
}

std::size_t ConnectionTable::leaving() const {
    const std::lock_guard lock(mutex_);
    return evicted_;
}

bool ConnectionTable::wait_until_empty(SteadyTime give_up) const {
    std::unique_lock lock(mutex_);
    return emptied_.wait_until(lock, give_up, [&] { return entries_.empty(); });
}

std::vector<std::shared_ptr<TableEntry>> ConnectionTable::all() const {
    const std::lock_guard lock(mutex_);
    return entries_;
}

}  // namespace tillstream::internal
