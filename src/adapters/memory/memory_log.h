// memory_log.h - an EventLog in memory: the log port's second implementation, for tests of everything above
// it.
//
// Durability: none. append publishes at once and calls `done` on the caller's thread.
// Threads:    as the port says.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "core/env.h"
#include "ports/event_log.h"

namespace tillstream {

class MemoryLog final : public EventLog {
public:
    explicit MemoryLog(Clock& clock) : clock_(clock) {}

    LogCapabilities capabilities() const override { return {true, true, std::size_t{64} << 20}; }
    Result<std::vector<SourceInfo>> register_stream(std::string_view stream, std::uint32_t shards) override;
    std::vector<SourceInfo> sources() const override;
    void append(std::vector<LogBatch> batches, AppendDone done) override;
    Position durable_end() const override;
    Position earliest() const override;
    std::string durable_cursor() const override;
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor,
                                                   ReadFrom from = ReadFrom::nearest) override;
    Result<std::unique_ptr<LogReader>> open_reader_at(SourceId source, Offset from) override;
    std::uint64_t bytes_behind(std::string_view cursor) const override;
    bool wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) override;

    /// Appends fail with this until it is cleared.
    void refuse_appends(std::optional<Error> error);
    /// Readers give batches without their decoded rows, as from storage.
    void forget_rows();

private:
    class Reader;
    std::size_t index_of(std::string_view cursor) const;
    Position ends_locked() const;

    Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable grown_;
    std::vector<SourceInfo> sources_;
    std::vector<LogBatch> batches_;
    std::optional<Error> refusal_;
};

}  // namespace tillstream
