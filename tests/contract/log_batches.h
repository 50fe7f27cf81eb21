// log_batches.h - batches of records for tests of the log and its readers.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/event_log.h"

namespace tillstream::testing {

/// Each text becomes one record.
inline LogBatch batch_of(SourceId source, const std::vector<std::string>& lines,
                         std::vector<Rejection> rejections = {},
                         const std::vector<std::string>& event_ids = {}) {
    RecordBlock block;
    for (const std::string& line : lines) {
        block.values.append(line);
        block.values.push_back('\n');
        block.ends.push_back(static_cast<std::uint32_t>(block.values.size()));
    }
    for (const std::string& id : event_ids) {
        block.event_ids.append(id);
        block.event_id_ends.push_back(static_cast<std::uint32_t>(block.event_ids.size()));
    }
    block.rejections = std::move(rejections);
    LogBatch batch;
    batch.source = source;
    batch.contract = "sales@1";
    batch.records = std::make_shared<const RecordBlock>(std::move(block));
    return batch;
}

inline std::vector<LogBatch> one(LogBatch batch) {
    std::vector<LogBatch> batches;
    batches.push_back(std::move(batch));
    return batches;
}

/// Appends and waits for the answer.
inline Result<Appended> append_and_wait(EventLog& log, std::vector<LogBatch> batches) {
    auto answer = std::make_shared<std::promise<Result<Appended>>>();
    auto waiting = answer->get_future();
    log.append(std::move(batches),
               [answer](Result<Appended> result) { answer->set_value(std::move(result)); });
    return waiting.get();
}

/// A record as a reader gives it.
struct ReadRecord {
    SourceId source;
    Offset offset;
    std::string value;
    friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};

struct ReadAll {
    std::vector<LogBatch> batches;
    std::vector<Gap> gaps;
    std::string cursor;

    std::vector<ReadRecord> records() const {
        std::vector<ReadRecord> all;
        for (const LogBatch& batch : batches)
            for (std::uint32_t i = 0; i < batch.count(); ++i)
                all.push_back(
                    {batch.source, Offset{batch.base.value + i}, std::string(batch.records->value(i))});
        return all;
    }
    std::vector<std::string> values() const {
        std::vector<std::string> all;
        for (ReadRecord& record : records()) all.push_back(std::move(record.value));
        return all;
    }
};

/// Everything from `cursor` to the end, read in pieces of `max_bytes`.
inline Result<ReadAll> read_all(EventLog& log, std::string_view cursor = {},
                                ReadFrom from = ReadFrom::nearest, std::size_t max_bytes = 4096) {
    auto reader = TILLSTREAM_TRY(log.open_reader(cursor, from));
    ReadAll all;
    for (;;) {
        LogRead piece = TILLSTREAM_TRY(reader->read(max_bytes));
        for (Gap& gap : piece.gaps) all.gaps.push_back(std::move(gap));
        all.cursor = piece.cursor;
        if (piece.batches.empty()) return all;
        for (LogBatch& batch : piece.batches) all.batches.push_back(std::move(batch));
    }
}

}  // namespace tillstream::testing
