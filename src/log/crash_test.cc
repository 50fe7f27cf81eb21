// Power cuts at every call the journal makes, over a file system that forgets what was not synced.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>

#include "core/fault_env.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::batch_of;
using testing::JournalFixture;
using testing::read_all;
using testing::ReadRecord;
using Loss = MemoryFilesystem::Loss;

constexpr std::uint32_t kShards = 3;

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

std::string value_of(int request, std::size_t part, int record, std::mt19937_64& random) {
    return "r" + std::to_string(request) + "." + std::to_string(part) + "." + std::to_string(record) + " " +
           std::string(random() % 700, 'x');
}

/// Sends `count` requests over random shards without waiting, then a few one by one.
void send(Journal& journal, Ledger& ledger, int first, int count, std::mt19937_64& random) {
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
void check(const std::vector<ReadRecord>& records, const Ledger& ledger) {
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

JournalOptions crash_options() {
    JournalOptions options = testing::small_options();
    options.segment_bytes = 64 * 1024;
    options.group_bytes = 16 * 1024;
    options.max_request_bytes = 32 * 1024;
    options.tail_bytes = 16 * 1024;
    options.idle_seal = std::chrono::milliseconds(1);
    return options;
}

/// Runs until the `nth` call of the file layer fails and all later ones do, cuts the power, then looks.
void crash_once(std::uint64_t nth, Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("call " + std::to_string(nth) + " loss " + std::to_string(static_cast<int>(loss)) +
                 " seed " + std::to_string(seed));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    std::mt19937_64 random(seed);
    Ledger ledger;
    std::vector<ReadRecord> before;
    // A first, whole run half of the time: then the crash also meets a recovery.
    if (random() % 2 == 0) {
        JournalFixture first(disk, crash_options());
        ASSERT_TRUE(first.open());
        send(*first, ledger, 0, 10, random);
        first.close();
        if (random() % 2 == 0) disk.crash(Loss::random, random());
    }
    {
        JournalFixture running(faulty, crash_options());
        faulty.fail(FileCall::any, nth, Error{Errc::io, "power cut"}, true);
        if (running.open()) send(*running, ledger, 1000, 40, random);
        disk.crash(loss, random());
    }
    JournalFixture after(disk, crash_options());
    const Status opened = after.open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto found = read_all(*after);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->gaps.empty()) << found->gaps.front().reason;
    check(found->records(), ledger);
    // A second recovery, after losing what the first may have left unsynced, finds the same.
    after.close();
    disk.crash(Loss::random, random());
    ASSERT_TRUE(after.open());
    const auto again = read_all(*after, {}, ReadFrom::storage);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->records(), found->records());
    send(*after, ledger, 2000, 3, random);
    after.close();
    ASSERT_TRUE(after.open());
    const auto grown = read_all(*after);
    ASSERT_TRUE(grown);
    check(grown->records(), ledger);
}

TEST(JournalCrash, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
    const std::uint64_t base = std::random_device{}();
    std::cout << "seed " << base << "\n";
    int images = 0;
    for (std::uint64_t nth = 1; nth <= 110; ++nth) {
        for (const Loss loss : {Loss::nothing, Loss::all, Loss::random, Loss::random, Loss::random}) {
            crash_once(nth, loss, base + static_cast<std::uint64_t>(images++));
            if (::testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GE(images, 500);
}

}  // namespace
}  // namespace tillstream
