#include "identity/deduplicator.h"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "identity/internal/dedup_fixture_test.h"

namespace tillstream {
namespace {

using testing::DedupTest;
using testing::ids_of;
using testing::TestRecord;
using Copies = std::vector<std::uint32_t>;

using namespace std::chrono_literals;

struct FoldCase {
    std::string name;
    std::vector<TestRecord> before;  ///< one request each
    std::vector<TestRecord> asked;   ///< one request
    Copies copies;
};

class FoldTest : public DedupTest {};

TEST_F(FoldTest, TheFirstOccurrenceClaimsTheId) {
    const std::vector<FoldCase> cases = {
        {"a new id", {}, {{"a", "1"}}, {}},
        {"accepted, again", {{"a", "1"}}, {{"a", "1"}}, {0}},
        {"accepted, again with other content", {{"a", "1"}}, {{"a", "2"}}, {0}},
        {"accepted, then rejected", {{"a", "1"}}, {{"a", "x", false}}, {0}},
        {"another id, same content", {{"a", "1"}}, {{"b", "1"}}, {}},
        {"rejected, the same bytes again", {{"a", "x", false}}, {{"a", "x", false}}, {0}},
        {"rejected, other bad bytes", {{"a", "x", false}}, {{"a", "y", false}}, {}},
        {"rejected, then corrected", {{"a", "x", false}}, {{"a", "1"}}, {}},
        {"rejected, the same bytes are good by now", {{"a", "x", false}}, {{"a", "x"}}, {0}},
        {"corrected, then the bad one again", {{"a", "x", false}, {"a", "1"}}, {{"a", "x", false}}, {0}},
        {"corrected twice", {{"a", "x", false}, {"a", "1"}}, {{"a", "2"}}, {0}},
        {"two bad ones, the first again", {{"a", "x", false}, {"a", "y", false}}, {{"a", "x", false}}, {0}},
        {"inside one request", {}, {{"a", "1"}, {"b", "1"}, {"a", "1"}, {"a", "2"}}, {2, 3}},
        {"rejected inside one request", {}, {{"a", "x", false}, {"a", "x", false}, {"a", "y", false}}, {1}},
        {"corrected inside one request", {}, {{"a", "x", false}, {"a", "1"}, {"a", "x", false}}, {2}},
        {"bytes of another id", {{"a", "x", false}}, {{"b", "x", false}}, {}},
        {"mixed", {{"a", "1"}, {"b", "x", false}}, {{"c", "1"}, {"a", "3"}, {"b", "x", false}}, {1, 2}},
    };
    for (const bool sealed : {false, true}) {
        for (std::size_t i = 0; i < cases.size(); ++i) {
            SCOPED_TRACE(cases[i].name + (sealed ? ", sealed" : ""));
            const auto own = [&](std::vector<TestRecord> records) {
                for (TestRecord& record : records) record.id += std::to_string(i) + (sealed ? "s" : "");
                return records;
            };
            for (const TestRecord& record : own(cases[i].before)) EXPECT_EQ(post({record}), Copies{});
            if (sealed) {
                ASSERT_TRUE(dedup_->seal());
            }
            EXPECT_EQ(post(own(cases[i].asked)), cases[i].copies);
        }
    }
}

TEST_F(DedupTest, AnIdBelongsToItsStream) {
    EXPECT_FALSE(is_copy("a"));
    const SourceId other = log_.register_stream("orders", 1)->front().id;
    EXPECT_EQ(testing::send(log_, *dedup_, other, {{"a", "{}"}}, "orders"), Copies{});
    EXPECT_EQ(testing::send(log_, *dedup_, other, {{"a", "{}"}}, "orders"), Copies{0});
}

TEST_F(DedupTest, IdsAreKnownAgainAfterARestartSealedOrNot) {
    EXPECT_FALSE(is_copy("sealed"));
    EXPECT_FALSE(is_copy("bad", "x", false));
    ASSERT_TRUE(dedup_->seal());
    EXPECT_FALSE(is_copy("not sealed"));
    open();
    EXPECT_TRUE(is_copy("sealed"));
    EXPECT_TRUE(is_copy("not sealed"));
    EXPECT_TRUE(is_copy("bad", "x", false));
    EXPECT_FALSE(is_copy("bad", "good"));
    EXPECT_EQ(stored(), 4U);
}

TEST_F(DedupTest, OnlyTheTailIsReadAgain) {
    for (int i = 0; i < 50; ++i) is_copy("early" + std::to_string(i));
    ASSERT_TRUE(dedup_->seal());
    open();
    EXPECT_EQ(dedup_->figures().replayed_records, 0U);
    EXPECT_EQ(dedup_->figures().sealed_ids, 50U);
}

TEST_F(DedupTest, AnEmptyFolderIsFilledFromTheLog) {
    for (int i = 0; i < 50; ++i) is_copy("id" + std::to_string(i));
    dedup_.reset();
    empty_folder();
    open();
    EXPECT_EQ(dedup_->figures().replayed_records, 50U);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(is_copy("id" + std::to_string(i)));
}

TEST_F(DedupTest, AnIndexOfAnotherLogIsBuiltAgain) {
    for (int i = 0; i < 5; ++i) is_copy("elsewhere" + std::to_string(i));
    ASSERT_TRUE(dedup_->seal());
    MemoryLog other(clock_);
    ASSERT_EQ(other.register_stream("system", 1)->front().id, system_);
    ASSERT_EQ(other.register_stream("sales", 1)->front().id, source_);
    ASSERT_TRUE(
        testing::append_and_wait(other, testing::one(testing::batch_of(source_, {"{}"}, {}, {"here"}))));
    dedup_.reset();
    const auto opened = Deduplicator::open(
        {other, fs_, clock_, "data/state/dedup", system_, Logger::silent(), metrics_}, options_);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(testing::send(other, **opened, source_, {{"here", "{}"}}), Copies{0});
    EXPECT_EQ(testing::send(other, **opened, source_, {{"elsewhere1", "{}"}}), Copies{});
}

TEST_F(DedupTest, AnIdIsForgottenAfterTheWindowAndAnHour) {
    options_.window = 48h;
    open();
    EXPECT_FALSE(is_copy("a"));
    ASSERT_TRUE(dedup_->seal());
    clock_.advance(48h);
    EXPECT_TRUE(is_copy("a")) << "the window is not over";
    clock_.advance(1h);
    EXPECT_FALSE(is_copy("a"));
    EXPECT_TRUE(is_copy("a")) << "claimed anew";
}

TEST_F(DedupTest, WhatIsTooOldIsNotReadAgain) {
    options_.window = 2h;
    open();
    EXPECT_FALSE(is_copy("a"));
    clock_.advance(4h);
    dedup_.reset();
    empty_folder();
    open();
    EXPECT_EQ(dedup_->figures().replayed_records, 0U);
    EXPECT_FALSE(is_copy("a"));
}

TEST_F(DedupTest, AfterAYearWithoutARequestNothingIsKnown) {
    EXPECT_FALSE(is_copy("a"));
    ASSERT_TRUE(dedup_->seal());
    clock_.advance(342 * 24h);
    EXPECT_FALSE(is_copy("a")) << "no hour of it fits into an entry";
    EXPECT_TRUE(is_copy("a"));
}

TEST_F(DedupTest, ARejectedRecordHasItsOwnWindowAfterARebuildToo) {
    options_.window = 48h;
    open();
    EXPECT_FALSE(is_copy("x", "early", false));
    clock_.advance(40h);
    EXPECT_FALSE(is_copy("x", "late", false));
    dedup_.reset();
    empty_folder();
    open();
    ASSERT_TRUE(dedup_->seal());
    clock_.advance(20h);
    EXPECT_TRUE(is_copy("x", "late", false));
    EXPECT_FALSE(is_copy("x", "early", false));
}

TEST_F(DedupTest, AClockThatStepsBackForgetsNothing) {
    EXPECT_FALSE(is_copy("a"));
    ASSERT_TRUE(dedup_->seal());
    clock_.advance(-30h);
    EXPECT_TRUE(is_copy("a"));
}

TEST_F(DedupTest, OverTheLimitTheOldestAreForgottenFirst) {
    options_.ids_max = 1'000;
    open();
    for (int hour = 0; hour < 30; ++hour) {
        std::vector<TestRecord> records;
        for (int i = 0; i < 100; ++i)
            records.push_back({std::to_string(hour) + "." + std::to_string(i), "{}"});
        EXPECT_EQ(post(records), Copies{});
        ASSERT_TRUE(dedup_->seal());
        clock_.advance(1h);
    }
    EXPECT_LE(dedup_->figures().sealed_ids, 1'000U);
    EXPECT_GE(dedup_->figures().sealed_ids, 700U);
    EXPECT_TRUE(is_copy("29.5"));
    EXPECT_TRUE(is_copy("24.99"));
    EXPECT_FALSE(is_copy("3.5"));
    EXPECT_THAT(metrics_.expose(), ::testing::HasSubstr("tillstream_dedup_dropped_ids_total 2"));
}

TEST_F(DedupTest, ManyRunsBecomeFew) {
    for (int seal = 0; seal < 100; ++seal) {
        EXPECT_FALSE(is_copy(std::to_string(seal)));
        ASSERT_TRUE(dedup_->seal());
    }
    EXPECT_LE(dedup_->figures().runs, 10U);
    EXPECT_EQ(dedup_->figures().sealed_ids, 100U);
    for (int seal = 0; seal < 100; ++seal) EXPECT_TRUE(is_copy(std::to_string(seal)));
}

TEST_F(DedupTest, WhatTheLogRefusesClaimsNothing) {
    log_.refuse_appends(Error{Errc::resource_exhausted, "full"});
    EXPECT_EQ(testing::send(log_, *dedup_, source_, {{"a", "{}"}}), std::nullopt);
    log_.refuse_appends(std::nullopt);
    EXPECT_FALSE(is_copy("a"));
    EXPECT_TRUE(is_copy("a"));
}

TEST_F(DedupTest, ACopyOfWhatIsOnItsWayWaits) {
    for (const bool durable : {true, false}) {
        const std::vector<TestRecord> mine{{durable ? "a" : "b", "{}"}};
        const Claim first = dedup_->claim(dedup_->stream("sales"), ids_of(mine));
        ASSERT_EQ(first.outcome(), Claim::Outcome::claimed);
        const Claim second = dedup_->claim(dedup_->stream("sales"), ids_of(mine));
        ASSERT_EQ(second.outcome(), Claim::Outcome::blocked);
        std::promise<bool> open;
        std::atomic<bool> called{false};
        dedup_->when_settled(second, [&](bool go) {
            called = true;
            open.set_value(go);
        });
        EXPECT_FALSE(called);
        dedup_->settle(first, durable ? std::optional(clock_.now()) : std::nullopt);
        EXPECT_TRUE(open.get_future().get());
        EXPECT_EQ(is_copy(mine[0].id), durable);
    }
}

TEST_F(DedupTest, ACorrectionThatIsRejectedAgainOnItsWayIsWaitedFor) {
    for (const bool durable : {true, false}) {
        const std::string id = durable ? "a" : "b";
        EXPECT_FALSE(is_copy(id, "first", false));
        const std::vector<TestRecord> again{{id, "second", false}};
        const Claim one = dedup_->claim(dedup_->stream("sales"), ids_of(again));
        ASSERT_EQ(one.outcome(), Claim::Outcome::claimed);
        ASSERT_TRUE(one.copies().empty());
        const Claim two = dedup_->claim(dedup_->stream("sales"), ids_of(again));
        ASSERT_EQ(two.outcome(), Claim::Outcome::blocked);
        std::promise<bool> open;
        dedup_->when_settled(two, [&](bool go) { open.set_value(go); });
        dedup_->settle(one, durable ? std::optional(clock_.now()) : std::nullopt);
        EXPECT_TRUE(open.get_future().get());
        EXPECT_EQ(is_copy(id, "second", false), durable);
        EXPECT_TRUE(is_copy(id, "second", false));
    }
}

TEST_F(DedupTest, ABlockedRequestHoldsNothing) {
    const std::vector<TestRecord> one{{"a", "{}"}}, two{{"b", "{}"}, {"a", "{}"}}, three{{"b", "{}"}};
    const Claim first = dedup_->claim(dedup_->stream("sales"), ids_of(one));
    EXPECT_EQ(dedup_->claim(dedup_->stream("sales"), ids_of(two)).outcome(), Claim::Outcome::blocked);
    const Claim third = dedup_->claim(dedup_->stream("sales"), ids_of(three));
    EXPECT_EQ(third.outcome(), Claim::Outcome::claimed) << "b was given back";
    dedup_->settle(first, clock_.now());
    dedup_->settle(third, clock_.now());
}

TEST_F(DedupTest, WhoWaitsIsSentAwayAtTheEnd) {
    const std::vector<TestRecord> one{{"a", "{}"}};
    const Claim first = dedup_->claim(dedup_->stream("sales"), ids_of(one));
    const Claim second = dedup_->claim(dedup_->stream("sales"), ids_of(one));
    std::promise<bool> open;
    dedup_->when_settled(second, [&](bool go) { open.set_value(go); });
    std::thread closing([&] { dedup_->close(); });
    EXPECT_FALSE(open.get_future().get());
    dedup_->settle(first, clock_.now());
    closing.join();
}

TEST_F(DedupTest, ClaimsThatCannotBeSealedEndInARefusal) {
    options_.ids_max = 512;  // tables of 64 ids
    options_.check = 1ms;
    open();
    fs_.set_free_bytes(0);
    int sent = 0;
    while (sent < 10'000 && testing::send(log_, *dedup_, source_, {{"id" + std::to_string(sent), "{}"}}))
        ++sent;
    EXPECT_LT(sent, 1'000);
    EXPECT_GE(sent, 256);
    fs_.set_free_bytes(std::uint64_t{1} << 30);
    while (!testing::send(log_, *dedup_, source_, {{"late", "{}"}})) std::this_thread::yield();
    EXPECT_TRUE(is_copy("id0"));
}

TEST_F(DedupTest, TheLogIsNeededFromWhereIdsAreNotSealed) {
    EXPECT_EQ(dedup_->sealed_end(), log_.durable_end()) << "there are none";
    const Position before = log_.durable_end();
    is_copy("a");
    EXPECT_EQ(dedup_->sealed_end(), before);
    ASSERT_TRUE(dedup_->seal());
    EXPECT_EQ(dedup_->sealed_end(), log_.durable_end());
    const Position sealed = log_.durable_end();
    is_copy("b");
    EXPECT_EQ(dedup_->sealed_end(), sealed);
    dedup_.reset();
    empty_folder();
    open();
    EXPECT_EQ(dedup_->sealed_end(), std::nullopt) << "the log is all there is";
    ASSERT_TRUE(dedup_->seal());
    EXPECT_EQ(dedup_->sealed_end(), log_.durable_end());
}

TEST_F(DedupTest, AllStreamsTogetherKeepToTheMemory) {
    options_.ids_max = 512;
    open();
    fs_.set_free_bytes(0);
    int sent = 0;
    for (const std::string stream : {"sales", "orders", "returns", "vouchers"})
        for (int i = 0; i < 300; ++i)
            if (testing::send(log_, *dedup_, source_, {{std::to_string(i), "{}"}}, stream)) ++sent;
    EXPECT_GE(sent, 256);
    EXPECT_LE(sent, 512) << "as many were set aside at most";
}

TEST_F(DedupTest, ProducersAtOnceStoreEachIdOnce) {
    constexpr int kThreads = 4, kRounds = 200, kIds = 97;
    options_.ids_max = 1'000'000;
    options_.check = 1ms;
    options_.memory_bytes = 64 * 72 * 4;  // tables of 64 ids: seals and merges all the time
    open();
    std::vector<std::thread> threads;
    std::atomic<std::uint64_t> copies{0};
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int round = 0; round < kRounds; ++round) {
                std::vector<TestRecord> records;
                for (int i = 0; i < 5; ++i)
                    records.push_back(
                        {"id" + std::to_string((round * 5 + i * (thread + 1)) % kIds + round / 20 * 50),
                         "{}"});
                for (;;) {
                    const auto found = testing::send(log_, *dedup_, source_, records);
                    if (found) {
                        copies += found->size();
                        break;
                    }
                    std::this_thread::yield();
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(stored() + copies, std::uint64_t{kThreads} * kRounds * 5);
    std::set<std::string> seen;
    for (const LogBatch& batch : batches()) {
        if (batch.source != source_) continue;
        for (std::uint32_t i = 0; i < batch.count(); ++i)
            EXPECT_TRUE(seen.insert(std::string(batch.records->event_id(i))).second)
                << "twice: " << batch.records->event_id(i);
    }
    EXPECT_EQ(seen.size(), stored());
}

class KeyTest : public DedupTest {
protected:
    IngestFact fact_of(const std::string& key, const std::string& body) {
        KeyedRequest keyed;
        keyed.key = request_key("", "sales", key);
        keyed.body = body_digest("json", body);
        keyed.contract = "sales@1";
        keyed.rows = 2;
        keyed.parts = 1;
        return {"sales", 0, keyed};
    }
    KeyAnswer ask(const std::string& key, const std::string& body) {
        const IngestFact fact = fact_of(key, body);
        return dedup_->begin_key(fact.keyed->key, fact.keyed->body);
    }
    /// What a kill now would leave of the index.
    std::map<std::string, std::string> files() {
        std::map<std::string, std::string> all;
        const auto names = fs_.list("data/state/dedup");
        for (const std::string& name : names.value()) {
            const std::string path = "data/state/dedup/" + name;
            all[path] = *read_file(fs_, path);
        }
        return all;
    }
    Offset store(const std::string& key, const std::string& body) {
        IngestFact fact = fact_of(key, body);
        std::vector<LogBatch> batches;
        batches.push_back(testing::batch_of(source_, {"{}", "{}"}));
        batches.push_back(ingest_fact_batch(system_, fact));
        const auto appended = testing::append_and_wait(log_, std::move(batches));
        fact.keyed->bases = {appended->bases[0]};
        dedup_->answer_key(fact, appended->arrived);
        return appended->bases[0];
    }
};

TEST_F(KeyTest, TheFirstAnswerIsKnownAgain) {
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::fresh);
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::running);
    EXPECT_EQ(ask("k", "other").fate, KeyAnswer::Fate::running);
    store("first", "x");
    const Offset base = store("k", "body");
    for (int again = 0; again < 4; ++again) {
        SCOPED_TRACE(again);
        const KeyAnswer answer = ask("k", "body");
        ASSERT_EQ(answer.fate, KeyAnswer::Fate::answered);
        EXPECT_EQ(answer.first.bases, std::vector<Offset>{base});
        EXPECT_EQ(answer.first.rows, 2U);
        EXPECT_EQ(ask("k", "other").fate, KeyAnswer::Fate::other_body);
        if (again == 0) open();  // from the log's tail
        if (again == 1) {
            ASSERT_TRUE(dedup_->seal());
        }
        if (again == 2) open();  // from the run
    }
    EXPECT_EQ(ask("K", "body").fate, KeyAnswer::Fate::fresh);
}

TEST_F(KeyTest, ARefusedRequestFreesItsKeyAndARestartToo) {
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::fresh);
    dedup_->release_key(request_key("", "sales", "k"));
    EXPECT_EQ(ask("k", "other").fate, KeyAnswer::Fate::fresh);
    dedup_->release_key(request_key("", "sales", "k"));
    EXPECT_EQ(ask("k", "other").fate, KeyAnswer::Fate::fresh);
    dedup_->release_key(request_key("", "sales", "k"));
    open();
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::fresh);
    dedup_->release_key(request_key("", "sales", "k"));
}

TEST_F(KeyTest, CallersAndStreamsHaveTheirOwn) {
    EXPECT_NE(request_key("a", "sales", "k"), request_key("b", "sales", "k"));
    EXPECT_NE(request_key("a", "sales", "k"), request_key("a", "orders", "k"));
    EXPECT_NE(request_key("ab", "c", "k"), request_key("a", "bc", "k"));
    EXPECT_NE(body_digest("json", "x"), body_digest("csv", "x"));
}

TEST_F(KeyTest, ASealInTheMidstOfReplayingLosesNoKeyWhoseRequestIsCut) {
    constexpr int kRecords = 300;
    options_.ids_max = 512;  // tables of 85 ids
    open();
    dedup_.reset();
    // More than is read at once: the records come first, and the key with the next read.
    std::vector<std::string> lines, ids;
    for (int i = 0; i < kRecords; ++i) {
        lines.emplace_back(std::size_t{32} << 10, 'x');
        ids.push_back("id" + std::to_string(i));
    }
    std::vector<LogBatch> batches;
    batches.push_back(testing::batch_of(source_, lines, {}, ids));
    batches.push_back(ingest_fact_batch(system_, fact_of("k", "body")));
    ASSERT_TRUE(testing::append_and_wait(log_, std::move(batches)));
    open();
    EXPECT_EQ(dedup_->figures().sealed_ids, std::uint64_t{kRecords}) << "it was sealed on the way";
    const std::map<std::string, std::string> killed = files();
    dedup_.reset();
    empty_folder();
    for (const auto& [name, bytes] : killed) ASSERT_TRUE(write_file_atomic(fs_, name, bytes));
    open();
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::answered);
    EXPECT_TRUE(is_copy("id7"));
}

TEST_F(KeyTest, AKeyIsForgottenAfterTheWindow) {
    options_.window = 24h;
    open();
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::fresh);
    store("k", "body");
    ASSERT_TRUE(dedup_->seal());
    clock_.advance(24h);
    EXPECT_EQ(ask("k", "body").fate, KeyAnswer::Fate::answered);
    clock_.advance(1h);
    EXPECT_EQ(ask("k", "other").fate, KeyAnswer::Fate::fresh);
    dedup_->release_key(request_key("", "sales", "k"));
}

TEST_F(KeyTest, ManyKeysSurviveMerges) {
    for (int i = 0; i < 40; ++i) {
        const std::string key = std::to_string(i);
        EXPECT_EQ(ask(key, "body" + key).fate, KeyAnswer::Fate::fresh);
        store(key, "body" + key);
        ASSERT_TRUE(dedup_->seal());
    }
    EXPECT_LE(dedup_->figures().runs, 10U);
    for (int i = 0; i < 40; ++i) {
        const std::string key = std::to_string(i);
        const KeyAnswer answer = ask(key, "body" + key);
        ASSERT_EQ(answer.fate, KeyAnswer::Fate::answered) << i;
        EXPECT_EQ(answer.first.bases, std::vector<Offset>{Offset{static_cast<std::uint64_t>(2 * i)}});
    }
}

}  // namespace
}  // namespace tillstream
