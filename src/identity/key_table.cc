#include "identity/internal/key_table.h"

#include <algorithm>
#include <set>

namespace tillstream::identity {

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
    const std::lock_guard lock(mutex_);
    std::vector<RunEntry> answered;
    for (const auto& [key, entry] : entries_)
        if (entry.state == State::answered) answered.push_back({entry.hash, entry.text});
    return answered;
}

void KeyTable::forget(const std::vector<RunEntry>& sealed) {
    std::set<IdHash> gone;
    for (const RunEntry& entry : sealed) gone.insert(entry.hash);
    const std::lock_guard lock(mutex_);
    std::erase_if(entries_, [&](const auto& entry) {
        const bool sealed_now = entry.second.state == State::answered && gone.contains(entry.second.hash);
        if (sealed_now) bytes_ -= bytes_of(entry);
        return sealed_now;
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
