// repeats.h - the last records made, to send some of them again under the event id they had.
//
// Memory:  kRecordsMax records of at most kRecordBytesMax; longer ones are not repeated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "producer/random.h"

namespace tillstream::internal {

class Repeats {
public:
    struct Sent {
        std::string record;  ///< with its line break
        std::string key;
        bool accepted = true;
    };

    bool empty() const { return sent_.empty(); }
    const Sent& draw(Random& random) const {
        return sent_[random.below(static_cast<std::uint32_t>(sent_.size()))];
    }
    void remember(std::string_view record, std::string_view key, bool accepted) {
        if (record.size() > kRecordBytesMax) return;
        if (sent_.size() < kRecordsMax) sent_.emplace_back();
        Sent& slot = sent_[next_++ % kRecordsMax];
        slot.record.assign(record);
        slot.key.assign(key);
        slot.accepted = accepted;
    }

private:
    static constexpr std::size_t kRecordsMax = 512;
    static constexpr std::size_t kRecordBytesMax = 16 << 10;

    std::vector<Sent> sent_;
    std::size_t next_ = 0;
};

}  // namespace tillstream::internal
