#include "doors/http/internal/answer_cache.h"

#include <functional>
#include <list>
#include <mutex>
#include <unordered_map>

namespace tillstream::http_door {

namespace {

constexpr std::size_t kAnswerBytesMax = 64 << 10;
/// Nodes, buckets and the allocator's own bytes of one entry, about.
constexpr std::size_t kEntryBytes = 192;

struct Entry {
    std::string key;
    PurchaseStamp stamp;
    std::string answer;

    std::size_t bytes() const { return key.size() + answer.size() + kEntryBytes; }
};

}  // namespace

/// Entries whose keys have the same hash, behind a lock of their own.
class AnswerCache::Part {
public:
    std::optional<std::string> find(std::string_view key, PurchaseStamp stamp) {
        const std::lock_guard lock(mutex_);
        const auto found = by_key_.find(key);
        if (found == by_key_.end()) return std::nullopt;
        if (found->second->stamp != stamp) {
            remove(found->second);
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->answer;
    }

    void keep(Entry fresh, std::size_t bytes_max) {
        const std::lock_guard lock(mutex_);
        if (const auto known = by_key_.find(fresh.key); known != by_key_.end()) remove(known->second);
        bytes_ += fresh.bytes();
        entries_.push_front(std::move(fresh));
        by_key_.emplace(entries_.front().key, entries_.begin());
        while (bytes_ > bytes_max) remove(std::prev(entries_.end()));
    }

private:
    void remove(std::list<Entry>::iterator entry) {
        bytes_ -= entry->bytes();
        by_key_.erase(entry->key);
        entries_.erase(entry);
    }

    std::mutex mutex_;
    std::list<Entry> entries_;  ///< the most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
    std::size_t bytes_ = 0;
};

AnswerCache::AnswerCache(std::size_t bytes_max, Metrics& metrics)
    : bytes_max_(bytes_max / kParts),
      hits_(metrics.counter("tillstream_http_answers_reused_total",
                            "Reads of purchases answered from memory, nothing having changed")),
      misses_(metrics.counter("tillstream_http_answers_made_total",
                              "Reads of purchases answered from the operational store")) {
    for (auto& part : parts_) part = std::make_unique<Part>();
}

AnswerCache::~AnswerCache() = default;

AnswerCache::Part& AnswerCache::part_of(std::string_view key) {
    return *parts_[std::hash<std::string_view>{}(key) % kParts];
}

std::optional<std::string> AnswerCache::find(std::string_view key, PurchaseStamp stamp) {
    auto found = part_of(key).find(key, stamp);
    (found ? hits_ : misses_).add();
    return found;
}

void AnswerCache::keep(std::string_view key, PurchaseStamp stamp, const std::string& answer) {
    Entry entry{std::string(key), stamp, {}};
    if (answer.size() > kAnswerBytesMax || entry.bytes() + answer.size() > bytes_max_) return;
    entry.answer = answer;
    part_of(key).keep(std::move(entry), bytes_max_);
}

}  // namespace tillstream::http_door
