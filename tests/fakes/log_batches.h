// log_batches.h - log batches of plain texts, for tests of what consumes a log.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/event_log.h"

namespace tillstream {

inline LogBatch log_batch(SourceId source, Offset base, const std::vector<std::string>& records) {
    auto block = std::make_shared<RecordBlock>();
    for (const std::string& record : records) {
        block->values.append(record);
        block->values.push_back('\n');
        block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
    }
    LogBatch batch;
    batch.source = source;
    batch.base = base;
    batch.records = std::move(block);
    return batch;
}

}  // namespace tillstream
