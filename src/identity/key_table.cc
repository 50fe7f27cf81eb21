#include "identity/internal/key_table.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace tillstream::identity {

namespace {

constexpr std::size_t kStretch = 256;

/// Calls `step` with each entry; it returns the next. In stretches: the log's commit thread wants the lock
/// too.
template <class Entries, class Step>
void walk(Entries& entries, std::mutex& mutex, const Step& step) {
    std::string from;
    for (bool more = true; more;) {
        const std::lock_guard lock(mutex);
        auto at = entries.lower_bound(from);
        for (std::size_t i = 0; i < kStretch && at != entries.end(); ++i) at = step(at);
        more = at != entries.end();
        if (more) from = at->first;
    }
}

}  // namespace

KeyTable::Found KeyTable::begin(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto [entry, fresh] = entries_.try_emplace(key);
    if (fresh) {
        bytes_ += bytes_of(*entry);
        return {};
    }
    return {entry->second.state, entry->second.text};
}

void KeyTable::answer(const std::string& key, const IdHash& hash, std::string text, Hour hour) {
    const std::lock_guard lock(mutex_);
    const auto [entry, fresh] = entries_.try_emplace(key);
    if (!fresh) bytes_ -= bytes_of(*entry);
    entry->second = {State::answered, hash.with(Kind::key, hour), std::move(text)};
    bytes_ += bytes_of(*entry);
}

void KeyTable::release(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return;
    bytes_ -= bytes_of(*entry);
    entries_.erase(entry);
}

std::vector<std::string> KeyTable::running() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, entry] : entries_)
        if (entry.state == State::running) keys.push_back(key);
    return keys;
}

bool KeyTable::any_runs(const std::vector<std::string>& keys) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(keys.begin(), keys.end(), [this](const std::string& key) {
        const auto entry = entries_.find(key);
        return entry != entries_.end() && entry->second.state == State::running;
    });
}

std::vector<RunEntry> KeyTable::answered() const {
    std::vector<RunEntry> answered;
    walk(entries_, mutex_, [&](auto at) {
        if (at->second.state == State::answered) answered.push_back({at->second.hash, at->second.text});
        return std::next(at);
    });
    return answered;
}

void KeyTable::forget(const std::vector<RunEntry>& sealed) {
    std::set<IdHash> gone;
    for (const RunEntry& entry : sealed) gone.insert(entry.hash);
    walk(entries_, mutex_, [&](auto at) {
        if (at->second.state != State::answered || !gone.contains(at->second.hash)) return std::next(at);
        bytes_ -= bytes_of(*at);
        return entries_.erase(at);
    });
}

std::size_t KeyTable::bytes_of(const Entries::value_type& entry) {
    constexpr std::size_t kNode = 32;  // of the map, beside the entry
    return kNode + sizeof entry + entry.first.capacity() + entry.second.text.capacity();
}

std::size_t KeyTable::memory_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::size_t KeyTable::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

}  // namespace tillstream::identity
