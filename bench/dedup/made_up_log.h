// made_up_log.h - a log that holds nothing but event ids, made as they are read, spread over five days.
//
// Threads:  any, as EventLog; nothing can be written.
#pragma once

#include <cstdint>
#include <string>

#include "ports/event_log.h"

namespace tillstream::bench {

/// The event id of that number, of the length `tillstream send` makes.
std::string made_up_id(std::uint64_t number);

/// Holds the ids from 0 to before `ids`, all of accepted records of the stream "sales".
class MadeUpLog final : public EventLog {
public:
    static constexpr SourceId kSystem{1};
    static constexpr SourceId kSales{2};

    explicit MadeUpLog(std::uint64_t ids) : ids_(ids) {}

    LogCapabilities capabilities() const override { return {}; }
    Result<std::vector<SourceInfo>> register_stream(std::string_view, std::uint32_t) override;
    std::vector<SourceInfo> sources() const override;
    void append(std::vector<LogBatch>, AppendDone done) override;
    Position durable_end() const override { return {{kSales, Offset{ids_}}}; }
    Position earliest() const override { return {}; }
    std::string durable_cursor() const override { return std::to_string(ids_); }
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor, ReadFrom from) override;
    Result<std::unique_ptr<LogReader>> open_reader_at(SourceId, Offset) override;
    std::uint64_t bytes_behind(std::string_view) const override { return 0; }
    bool wait_for_more(std::string_view, std::chrono::milliseconds) override { return false; }

private:
    const std::uint64_t ids_;
};

}  // namespace tillstream::bench
