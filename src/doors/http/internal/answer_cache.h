// answer_cache.h - answers kept as long as what they were made from stands.
//
// Use:      find with the stamp taken first; on a miss, read the store, then keep the answer under that same
//           stamp. An answer of an older stamp is dropped when it is met.
// Memory:   at most `bytes_max`, keys and bookkeeping included; the least recently used goes first. Answers
//           over 64 KiB are not kept.
// Threads:  any.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/metrics.h"
#include "sinks/tables/purchase_stamps.h"

namespace tillstream::http_door {

class AnswerCache {
public:
    /// 0: keeps nothing.
    AnswerCache(std::size_t bytes_max, Metrics& metrics);
    ~AnswerCache();

    std::optional<std::string> find(std::string_view key, PurchaseStamp stamp);
    void keep(std::string_view key, PurchaseStamp stamp, const std::string& answer);

private:
    class Part;
    Part& part_of(std::string_view key);

    static constexpr std::size_t kParts = 16;
    const std::size_t bytes_max_;  ///< of one part
    Counter& hits_;
    Counter& misses_;
    std::array<std::unique_ptr<Part>, kParts> parts_;
};

}  // namespace tillstream::http_door
