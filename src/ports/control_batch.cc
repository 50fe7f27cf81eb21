#include "ports/control_batch.h"

namespace tillstream {

LogBatch control_batch(SourceId source, std::span<const std::string> facts) {
    auto block = std::make_shared<RecordBlock>();
    for (const std::string& fact : facts) {
        block->values.append(fact);
        block->values.push_back('\n');
        block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
    }
    LogBatch batch;
    batch.kind = BatchKind::control;
    batch.source = source;
    batch.records = std::move(block);
    return batch;
}

}  // namespace tillstream
