// Power cuts at every call of the file layer while ids and keys are claimed, sealed, merged and read again.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>
#include <set>

#include "core/fault_env.h"
#include "identity/internal/dedup_fixture_test.h"
#include "log/journal.h"

namespace tillstream {
namespace {

using testing::TestRecord;
using Loss = MemoryFilesystem::Loss;

constexpr Timestamp kMorning{1'291'191'960'000'000};

/// One process: a journal and a deduplicator on a disk that may fail.
class Run {
public:
    Run(Filesystem& fs, ManualClock& clock) : fs_(fs), clock_(clock) {}
    ~Run() { close(); }

    Status open() {
        JournalOptions journal;
        journal.segment_bytes = 256 * 1024;
        journal.group_bytes = 64 * 1024;
        journal.max_request_bytes = 128 * 1024;
        journal.queue_bytes = 1024 * 1024;
        journal.tail_bytes = 256 * 1024;
        journal.segments_ahead = 1;
        journal.idle_seal = std::chrono::milliseconds{1};
        journal.fatal = [](const Error&) {};
        journal_ =
            TILLSTREAM_TRY(Journal::open(fs_, clock_, "data/log", journal, Logger::silent(), metrics_));
        system_ = TILLSTREAM_TRY(journal_->register_stream("system", 1)).front().id;
        sales_ = TILLSTREAM_TRY(journal_->register_stream("sales", 1)).front().id;
        DedupOptions options;
        options.memory_bytes = 64 * 72 * 4;
        options.check = std::chrono::hours{1};
        dedup_ = TILLSTREAM_TRY(Deduplicator::open(
            {*journal_, fs_, clock_, "data/state/dedup", system_, Logger::silent(), metrics_}, options));
        return {};
    }
    void close() {
        if (journal_) journal_->close();
        dedup_.reset();
        journal_.reset();
    }
    std::optional<std::vector<std::uint32_t>> post(const std::vector<TestRecord>& records) {
        return testing::send(*journal_, *dedup_, sales_, records);
    }
    KeyAnswer ask(std::uint64_t number, const std::string& body = "body") {
        return dedup_->begin_key(key_of(number), body_digest("json", body + std::to_string(number)));
    }
    void release(std::uint64_t number) { dedup_->release_key(key_of(number)); }
    /// Two records under a key that is this request's: where the first lies; nothing if the log refused them.
    std::optional<Offset> store(std::uint64_t number) {
        KeyedRequest keyed;
        keyed.key = key_of(number);
        keyed.body = body_digest("json", "body" + std::to_string(number));
        keyed.contract = "sales@1";
        keyed.rows = 2;
        keyed.parts = 1;
        IngestFact fact{"sales", 0, keyed};
        const std::string name = "k" + std::to_string(number);
        std::vector<LogBatch> batches;
        batches.push_back(testing::batch_of(sales_, {name + ".0", name + ".1"}));
        batches.push_back(ingest_fact_batch(system_, fact));
        const auto appended = testing::append_and_wait(*journal_, std::move(batches));
        if (!appended) {
            release(number);
            return std::nullopt;
        }
        fact.keyed->bases = {appended->bases[0]};
        dedup_->answer_key(fact, appended->arrived);
        return appended->bases[0];
    }
    Journal& log() { return *journal_; }
    Deduplicator& dedup() { return *dedup_; }
    SourceId sales() const { return sales_; }

private:
    static std::string key_of(std::uint64_t number) {
        return request_key("", "sales", std::to_string(number));
    }

    Filesystem& fs_;
    ManualClock& clock_;
    Metrics metrics_;
    std::unique_ptr<Journal> journal_;
    std::unique_ptr<Deduplicator> dedup_;
    SourceId system_, sales_;
};

std::vector<TestRecord> request(std::uint64_t number) {
    std::vector<TestRecord> records;
    for (int i = 0; i < 7; ++i)
        records.push_back(
            {"r" + std::to_string(number) + "." + std::to_string(i), std::to_string(i), i != 3});
    return records;
}

/// Where the first record of each acknowledged request under a key lies, by the key's number.
using KeyLedger = std::map<std::uint64_t, Offset>;

/// Sends requests of which some were sent before; each is repeated until it is answered or the process fails.
void live(Run& run, ManualClock& clock, std::uint64_t first, std::mt19937_64& random, KeyLedger& keys) {
    for (std::uint64_t number = first; number < first + 24; ++number) {
        (void)run.post(request(number - random() % std::min<std::uint64_t>(number + 1, 9)));
        const std::uint64_t key = number - random() % std::min<std::uint64_t>(number + 1, 5);
        if (run.ask(key).fate == KeyAnswer::Fate::fresh) {
            if (const auto base = run.store(key)) keys[key] = *base;
        }
        if (random() % 3 == 0) (void)run.dedup().seal();
        if (random() % 12 == 0) clock.advance(std::chrono::minutes{40});
    }
}

/// After full tables were sealed.
KeyAnswer ask_patiently(Run& run, std::uint64_t number, const std::string& body) {
    KeyAnswer answer = run.ask(number, body);
    if (answer.fate != KeyAnswer::Fate::overloaded) return answer;
    EXPECT_TRUE(run.dedup().seal());
    return run.ask(number, body);
}

/// What was acknowledged under a key is answered as it was; of the rest, the log says which. No key runs on.
void check_keys(Run& run, const KeyLedger& keys, const std::map<std::string, Offset>& in_log) {
    for (std::uint64_t number = 0; number < 54; ++number) {
        SCOPED_TRACE("key " + std::to_string(number));
        const auto first = in_log.find("k" + std::to_string(number) + ".0");
        const auto acknowledged = keys.find(number);
        if (acknowledged != keys.end()) {
            ASSERT_NE(first, in_log.end()) << "acknowledged and lost";
            EXPECT_EQ(first->second, acknowledged->second);
        }
        const KeyAnswer answer = ask_patiently(run, number, "body");
        if (first == in_log.end()) {
            EXPECT_EQ(answer.fate, KeyAnswer::Fate::fresh);
            run.release(number);
            continue;
        }
        ASSERT_EQ(answer.fate, KeyAnswer::Fate::answered);
        EXPECT_EQ(answer.first.bases, std::vector<Offset>{first->second});
        EXPECT_EQ(ask_patiently(run, number, "other").fate, KeyAnswer::Fate::other_body);
    }
}

/// No id and no keyed request is in the log twice, and the index knows all that are.
void check(Run& run, const KeyLedger& keys) {
    std::set<std::string> stored;
    std::map<std::string, Offset> keyed;
    auto reader = run.log().open_reader({}, ReadFrom::storage);
    ASSERT_TRUE(reader);
    for (;;) {
        const auto read = (*reader)->read(1 << 20);
        ASSERT_TRUE(read) << read.error().message;
        for (const LogBatch& batch : read->batches) {
            for (std::uint32_t i = 0; batch.source == run.sales() && i < batch.count(); ++i) {
                const std::string id(batch.records->event_id(i)), value(batch.records->value(i));
                const bool once = id.empty() ? keyed.emplace(value, Offset{batch.base.value + i}).second
                                             : stored.insert(id).second;
                EXPECT_TRUE(once) << "twice: " << id << value;
            }
        }
        if (read->batches.empty() || read->at_end) break;
    }
    check_keys(run, keys, keyed);
    for (std::uint64_t number = 0; number < 90; ++number) {
        const auto records = request(number);
        auto copies = run.post(records);
        if (!copies) {
            ASSERT_TRUE(run.dedup().seal());  // the tables are full
            copies = run.post(records);
        }
        ASSERT_TRUE(copies) << "request " << number;
        std::size_t there = 0;
        for (const TestRecord& record : records) there += stored.count(record.id);
        EXPECT_EQ(copies->size(), there) << "request " << number;
        EXPECT_TRUE(there == 0 || there == records.size()) << "request " << number << " is half there";
    }
}

std::uint64_t crash_once(std::uint64_t nth, Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("call " + std::to_string(nth) + " seed " + std::to_string(seed));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    ManualClock clock(kMorning);
    std::mt19937_64 random(seed);
    std::uint64_t calls = 0;
    KeyLedger keys;
    // The recovery is cut off as well.
    for (const bool first : {true, false}) {
        Run run(faulty, clock);
        faulty.fail(FileCall::any, first ? nth : 1 + random() % 60, Error{Errc::io, "power cut"}, true);
        if (run.open()) live(run, clock, first ? 0 : 30, random, keys);
        if (first) calls = faulty.calls(FileCall::any);
        faulty.fail(FileCall::any, 1, Error{Errc::io, "power cut"}, true);
        disk.crash(first ? loss : Loss::random, random());
    }
    Run after(disk, clock);
    const Status opened = after.open();
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) check(after, keys);
    return calls;
}

TEST(DedupCrash, NoIdOrKeyIsForgottenOrStoredTwice) {
    const std::uint64_t base = std::random_device{}();
    std::cout << "seed " << base << "\n";
    std::uint64_t images = 0, longest = 0;
    for (std::uint64_t nth = 1; nth <= 300; nth += 1) {
        for (const Loss loss : {nth % 2 == 0 ? Loss::nothing : Loss::all, Loss::random})
            longest = std::max(longest, crash_once(nth, loss, base + images++));
        if (::testing::Test::HasFailure()) return;
    }
    std::cout << images << " images, up to " << longest << " calls in a run\n";
}

}  // namespace
}  // namespace tillstream
