#include "bench/dedup/made_up_log.h"

#include <fmt/format.h>

#include <memory>

#include "core/env.h"

namespace tillstream::bench {

namespace {

constexpr std::uint32_t kBatch = 1000;
constexpr double kMicrosSpread = 5 * 86'400e6;

class Reader final : public LogReader {
public:
    Reader(std::uint64_t ids, std::uint64_t from) : ids_(ids), next_(from), began_(system_clock().now()) {}

    Result<LogRead> read(std::size_t) override {
        LogRead read;
        if (next_ < ids_) read.batches.push_back(next_batch());
        read.cursor = std::to_string(next_);
        read.at_end = next_ == ids_;
        return read;
    }

private:
    LogBatch next_batch() {
        auto block = std::make_shared<RecordBlock>();
        LogBatch batch;
        batch.source = MadeUpLog::kSales;
        batch.base = Offset{next_};
        batch.lsn = Lsn{next_ / kBatch + 1};
        const double left = static_cast<double>(ids_ - next_) / static_cast<double>(ids_);
        batch.arrived = {began_.micros - static_cast<std::int64_t>(left * kMicrosSpread)};
        for (std::uint32_t i = 0; i < kBatch && next_ < ids_; ++i, ++next_) {
            block->values.append("{}\n");
            block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
            block->event_ids.append(made_up_id(next_));
            block->event_id_ends.push_back(static_cast<std::uint32_t>(block->event_ids.size()));
        }
        batch.records = std::move(block);
        return batch;
    }

    const std::uint64_t ids_;
    std::uint64_t next_;
    const Timestamp began_;
};

}  // namespace

std::string made_up_id(std::uint64_t number) { return fmt::format("a7c31f0e9b5d2846-{}", number); }

Result<std::vector<SourceInfo>> MadeUpLog::register_stream(std::string_view, std::uint32_t) {
    return sources();
}

std::vector<SourceInfo> MadeUpLog::sources() const {
    return {{kSystem, "system", ShardId{0}, 0}, {kSales, "sales", ShardId{0}, 0}};
}

void MadeUpLog::append(std::vector<LogBatch>, AppendDone done) {
    done(failure(Errc::unsupported, "nothing is written here"));
}

Result<std::unique_ptr<LogReader>> MadeUpLog::open_reader(std::string_view cursor, ReadFrom) {
    const std::uint64_t from = cursor.empty() ? 0 : std::stoull(std::string(cursor));
    return std::unique_ptr<LogReader>(std::make_unique<Reader>(ids_, from));
}

Result<std::unique_ptr<LogReader>> MadeUpLog::open_reader_at(SourceId, Offset) {
    return failure(Errc::unsupported, "read from the beginning");
}

}  // namespace tillstream::bench
