// crash_ledger_test.h - what a producer outside the process knows, and what must hold after a crash.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "log/journal.h"
#include "tests/contract/log_batches.h"

namespace tillstream::testing {

inline constexpr std::uint32_t kShards = 3;

/// What a producer outside the process knows about its requests.
struct Ledger {
    struct Request {
        std::vector<std::string> values;  ///< all batches together
        std::optional<Appended> acknowledged;
        bool refused = false;
    };
    std::mutex mutex;
    std::map<int, Request> requests;
};

inline std::string value_of(int request, std::size_t part, int record, std::mt19937_64& random) {
    return "r" + std::to_string(request) + "." + std::to_string(part) + "." + std::to_string(record) + " " +
           std::string(random() % 700, 'x');
}

/// Sends `count` requests over random shards without waiting, then a few one by one.
inline void send(Journal& journal, Ledger& ledger, int first, int count, std::mt19937_64& random) {
    const auto sources = journal.register_stream("sales", kShards);
    if (!sources) return;
    for (int number = first; number < first + count; ++number) {
        std::vector<LogBatch> batches;
        Ledger::Request request;
        for (std::size_t part = 0; part <= random() % kShards; ++part) {
            std::vector<std::string> lines;
            for (int record = 0; record <= static_cast<int>(random() % 4); ++record)
                lines.push_back(value_of(number, part, record, random));
            request.values.insert(request.values.end(), lines.begin(), lines.end());
            batches.push_back(batch_of((*sources)[random() % kShards].id, lines));
        }
        {
            const std::lock_guard lock(ledger.mutex);
            ledger.requests[number] = std::move(request);
        }
        auto answered = std::make_shared<std::promise<void>>();
        auto waiting = answered->get_future();
        journal.append(std::move(batches), [&ledger, number, answered](Result<Appended> result) {
            {
                const std::lock_guard lock(ledger.mutex);
                Ledger::Request& mine = ledger.requests[number];
                if (result) mine.acknowledged = *result;
                mine.refused = !result && result.error().code != Errc::outcome_unknown;
            }
            answered->set_value();
        });
        if (random() % 3 == 0) waiting.wait();
    }
}

/// Every acknowledged request is there, at its offsets, whole; of the others all or nothing; refused ones are
/// nowhere.
inline void check(const std::vector<ReadRecord>& records, const Ledger& ledger) {
    std::map<std::string, ReadRecord> by_value;
    std::map<SourceId, std::uint64_t> next;
    for (const ReadRecord& record : records) {
        EXPECT_EQ(record.offset.value, next[record.source]++) << record.value.substr(0, 20);
        EXPECT_TRUE(by_value.emplace(record.value, record).second) << "twice: " << record.value.substr(0, 20);
    }
    std::size_t expected = 0;
    for (const auto& [number, request] : ledger.requests) {
        std::size_t there = 0;
        for (const std::string& value : request.values) there += by_value.count(value);
        expected += there;
        if (request.acknowledged) {
            EXPECT_EQ(there, request.values.size()) << "acknowledged request " << number << " is not whole";
        }
        if (request.refused) {
            EXPECT_EQ(there, 0U) << "refused request " << number;
        }
        EXPECT_TRUE(there == 0 || there == request.values.size()) << "request " << number << " is half there";
    }
    EXPECT_EQ(records.size(), expected) << "records nobody sent";
}

}  // namespace tillstream::testing
