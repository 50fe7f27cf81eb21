#include "producer/dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <thread>

#include "producer/internal/fake_ingest.h"
#include "producer/random.h"

namespace tillstream {
namespace {

using internal::FakeIngest;
using internal::RememberingObserver;
using std::chrono::milliseconds;
using testing::HasSubstr;

SendReport send_numbers(DispatchOptions options, FakeIngest& server, int count, SendObserver& observer,
                        int keys = 50) {
    Dispatcher dispatcher(options, server.factory(), observer);
    dispatcher.begin_body("application/x-ndjson", "");
    for (int i = 0; i < count; ++i) {
        const std::string key = "k" + std::to_string(i % keys);
        if (!dispatcher.add(key, {.before = key + " ", .text = std::to_string(i)})) break;
    }
    return dispatcher.finish();
}

TEST(Dispatcher, EveryRecordOnceAndEachKeyInOrder) {
    FakeIngest server;
    RememberingObserver observer;
    const SendReport report = send_numbers({.batch_records = 7, .concurrency = 8}, server, 10'000, observer);
    EXPECT_EQ(report.sent, 10'000U);
    EXPECT_EQ(report.accepted, 10'000U);
    EXPECT_EQ(report.latency.count(), 10'000U);
    EXPECT_EQ(exit_code(report), 0);
    std::map<std::string, int> last;
    std::map<std::string, int> connection_of;
    for (const auto& request : server.requests()) {
        EXPECT_LE(FakeIngest::lines_of(request).size(), 7U);
        for (const std::string& line : FakeIngest::lines_of(request)) {
            const std::string key = line.substr(0, line.find(' '));
            const int number = std::stoi(line.substr(line.find(' ')));
            EXPECT_TRUE(!last.contains(key) || number == last[key] + 50) << line;
            last[key] = number;
            EXPECT_EQ(connection_of.emplace(key, request.connection).first->second, request.connection);
        }
    }
    EXPECT_EQ(last.size(), 50U);
    std::set<int> used;
    for (const auto& [key, connection] : connection_of) used.insert(connection);
    EXPECT_GE(used.size(), 6U);
    EXPECT_EQ(observer.last.sent, 10'000U);
}

TEST(Dispatcher, HeadStandsInEveryRequestAndABrokenRowEndsIts) {
    FakeIngest server;
    RememberingObserver observer;
    Dispatcher dispatcher({.batch_records = 3, .concurrency = 1}, server.factory(), observer);
    dispatcher.begin_body("text/csv; charset=utf-8", "h\n");
    ASSERT_TRUE(dispatcher.add("", {.before = {}, .text = "1"}));
    ASSERT_TRUE(dispatcher.add("", {.before = {}, .text = "2", .ends_batch = true}));
    ASSERT_TRUE(dispatcher.add("", {.before = {}, .text = "3"}));
    dispatcher.begin_body("application/x-ndjson", "");
    ASSERT_TRUE(dispatcher.add("", {.before = {}, .text = "4"}));
    EXPECT_EQ(dispatcher.finish().sent, 4U);
    ASSERT_EQ(server.requests().size(), 3U);
    EXPECT_EQ(server.requests()[0].body, "h\n1\n2\n");
    EXPECT_EQ(server.requests()[1].body, "h\n3\n");
    EXPECT_EQ(server.requests()[2].body, "4\n");
    EXPECT_EQ(server.requests()[2].content_type, "application/x-ndjson");
}

TEST(Dispatcher, LargeRecordsMakeSmallBatches) {
    FakeIngest server;
    RememberingObserver observer;
    Dispatcher dispatcher({.batch_bytes = 1'000, .concurrency = 1}, server.factory(), observer);
    dispatcher.begin_body("application/x-ndjson", "");
    const std::string large(400, 'x');
    for (int i = 0; i < 9; ++i) ASSERT_TRUE(dispatcher.add("", {.before = {}, .text = large}));
    EXPECT_EQ(dispatcher.finish().sent, 9U);
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Dispatcher, OverloadIsWaitedOut) {
    for (const int status : {429, 503}) {
        FakeIngest server;
        RememberingObserver observer;
        int refusals = 0;
        server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
            if (++refusals % 3 != 0) return PostAnswer{.status = status, .retry_after = milliseconds(0)};
            return PostAnswer{.status = 200, .accepted = records};
        });
        const SendReport report = send_numbers(
            {.batch_records = 10, .concurrency = 2, .first_pause = milliseconds(1)}, server, 100, observer);
        EXPECT_EQ(report.accepted, 100U);
        EXPECT_EQ(report.failed, 0U);
        EXPECT_EQ(server.records().size(), 100U);
        EXPECT_TRUE(observer.notices.empty());
    }
}

TEST(Dispatcher, OverloadWithoutEndFails) {
    FakeIngest server;
    RememberingObserver observer;
    server.answer_with([](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return PostAnswer{
            .status = 503, .retry_after = milliseconds(0), .detail = "a sink is too far behind"};
    });
    const SendReport report = send_numbers({.batch_records = 10,
                                            .concurrency = 1,
                                            .overload_patience = milliseconds(5),
                                            .first_pause = milliseconds(1)},
                                           server, 20, observer);
    EXPECT_EQ(report.failed, report.sent);
    EXPECT_EQ(report.unknown, 0U);
    EXPECT_EQ(report.end, SendEnd::overloaded);
    EXPECT_EQ(exit_code(report), 75);
    ASSERT_EQ(observer.notices.size(), 1U);
    EXPECT_THAT(observer.notices[0], HasSubstr("a sink is too far behind"));
}

TEST(Dispatcher, AWaitBeyondAllPatienceIsNotBegun) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        ++calls;
        return PostAnswer{.status = 429, .retry_after = std::chrono::hours(1), .detail = "quota"};
    });
    const SendReport report = send_numbers({.batch_records = 10, .concurrency = 1}, server, 10, observer);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(exit_code(report), 75);
}

TEST(Dispatcher, RefusalWithoutRetryAfterIsNotRepeated) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return PostAnswer{.status = ++calls == 1 ? 503 : 400, .detail = "bad header"};
    });
    const SendReport report = send_numbers({.batch_records = 10, .concurrency = 1}, server, 30, observer);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(report.failed, 30U);
    EXPECT_EQ(report.sent, 30U);
    EXPECT_EQ(observer.notices.size(), 2U) << "each kind once";
}

TEST(Dispatcher, UnknownOutcomeIsNeverRepeated) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
        if (++calls == 2) return failure(Errc::outcome_unknown, "connection broke");
        return PostAnswer{.status = 200, .accepted = records};
    });
    const SendReport report = send_numbers({.batch_records = 10, .concurrency = 1}, server, 50, observer);
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(report.failed, 10U);
    EXPECT_EQ(report.accepted, 40U);
    EXPECT_EQ(report.unknown, 10U);
    EXPECT_EQ(exit_code(report), 1);
    ASSERT_EQ(observer.notices.size(), 1U);
    EXPECT_THAT(observer.notices[0], HasSubstr("unknown"));
    for (const auto& request : server.requests()) EXPECT_EQ(request.key, "");
}

/// A server that knows a request again by its key, and whose answers get lost.
class ForgetfulLine {
public:
    explicit ForgetfulLine(std::uint64_t seed) : random_(seed) {}

    Result<PostAnswer> take(const RecordBatch& batch, std::uint64_t records) {
        const std::string key(batch.idempotency_key);
        if (random_.one_in(5)) return failure(Errc::outcome_unknown, "lost on the way there");
        const auto [known, is_new] = bodies_.emplace(key, batch.body);
        EXPECT_EQ(known->second, batch.body) << "another request under the same key";
        if (is_new) stored_ += batch.body;
        if (random_.one_in(5)) return failure(Errc::outcome_unknown, "lost on the way back");
        return PostAnswer{.status = 200, .accepted = records};
    }
    const std::string& stored() const { return stored_; }

private:
    Random random_;
    std::map<std::string, std::string> bodies_;
    std::string stored_;
};

TEST(Dispatcher, LostAnswersAreAskedForAgainIfTheServerKnowsRepeats) {
    FakeIngest server;
    RememberingObserver observer;
    ForgetfulLine line(5);
    server.answer_with([&](const RecordBatch& batch, std::uint64_t records) -> Result<PostAnswer> {
        return line.take(batch, records);
    });
    const SendReport report = send_numbers(
        {.batch_records = 7, .concurrency = 4, .first_pause = milliseconds(1), .server_knows_repeats = true},
        server, 3'000, observer);
    EXPECT_EQ(report.accepted, 3'000U);
    EXPECT_EQ(report.failed, 0U);
    EXPECT_EQ(exit_code(report), 0);
    std::map<std::string, int> last;
    int stored = 0;
    for (const std::string& text : FakeIngest::lines_of({0, line.stored(), "application/x-ndjson", ""})) {
        const std::string key = text.substr(0, text.find(' '));
        const int number = std::stoi(text.substr(text.find(' ')));
        EXPECT_TRUE(!last.contains(key) || number == last[key] + 50) << text;
        last[key] = number;
        ++stored;
    }
    EXPECT_EQ(stored, 3'000) << "each once";
}

TEST(Dispatcher, ARequestThatStillRunsIsWaitedFor) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
        ++calls;
        if (calls == 1) return failure(Errc::outcome_unknown, "no answer in time");
        if (calls < 5) return PostAnswer{.status = 409, .detail = "still running"};
        return PostAnswer{.status = 200, .accepted = records};
    });
    const SendReport report = send_numbers(
        {.batch_records = 10, .concurrency = 1, .first_pause = milliseconds(1), .server_knows_repeats = true},
        server, 10, observer);
    EXPECT_EQ(report.accepted, 10U);
    EXPECT_EQ(calls, 5);
}

TEST(Dispatcher, AServersFaultLeavesTheOutcomeUnknown) {
    const PostAnswer fault{.status = 500, .detail = "a fault"};
    const PostAnswer unknown{.status = 503, .retry_after = milliseconds(1), .outcome_unknown = true};
    for (const auto& [knows_repeats, unsure] :
         {std::pair{false, fault}, {true, fault}, {false, unknown}, {true, unknown}}) {
        FakeIngest server;
        RememberingObserver observer;
        int calls = 0;
        server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
            if (++calls == 2) return unsure;
            return PostAnswer{.status = 200, .accepted = records};
        });
        const SendReport report = send_numbers({.batch_records = 10,
                                                .concurrency = 1,
                                                .first_pause = milliseconds(1),
                                                .server_knows_repeats = knows_repeats},
                                               server, 30, observer);
        EXPECT_EQ(report.accepted, knows_repeats ? 30U : 20U);
        EXPECT_EQ(report.unknown, knows_repeats ? 0U : 10U);
        EXPECT_EQ(exit_code(report), knows_repeats ? 0 : 1);
    }
}

TEST(Dispatcher, LostAnswersEndTheRunInTheEnd) {
    FakeIngest server;
    RememberingObserver observer;
    server.answer_with([](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return failure(Errc::outcome_unknown, "connection reset");
    });
    const SendReport report = send_numbers({.batch_records = 10,
                                            .concurrency = 2,
                                            .outage_patience = milliseconds(20),
                                            .first_pause = milliseconds(1),
                                            .server_knows_repeats = true},
                                           server, 100'000, observer);
    EXPECT_EQ(report.end, SendEnd::unreachable);
    EXPECT_EQ(exit_code(report), 75);
    EXPECT_GT(report.unknown, 0U);
    EXPECT_LT(report.sent, 100'000U);
}

TEST(Dispatcher, NobodyThereEndsTheRunAtOnce) {
    FakeIngest server;
    RememberingObserver observer;
    server.answer_with([](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return failure(Errc::unavailable, "cannot connect to 127.0.0.1:1");
    });
    const SendReport report = send_numbers({.batch_records = 10}, server, 100'000, observer);
    EXPECT_EQ(report.end, SendEnd::unreachable);
    EXPECT_EQ(exit_code(report), 75);
    EXPECT_LT(report.sent, 100'000U);
    EXPECT_EQ(report.sent, report.failed);
    EXPECT_EQ(observer.notices.size(), 1U);
}

TEST(Dispatcher, AShortOutageIsSurvived) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
        if (++calls >= 3 && calls < 7) return failure(Errc::unavailable, "connection refused");
        return PostAnswer{.status = 200, .accepted = records};
    });
    const SendReport report = send_numbers(
        {.batch_records = 10, .concurrency = 1, .first_pause = milliseconds(1)}, server, 100, observer);
    EXPECT_EQ(report.accepted, 100U);
    EXPECT_EQ(exit_code(report), 0);
}

TEST(Dispatcher, AForbiddenStreamEndsTheRun) {
    FakeIngest server;
    RememberingObserver observer;
    server.answer_with([](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return PostAnswer{.status = 403, .detail = "token lacks scope ingest:sales"};
    });
    const SendReport report =
        send_numbers({.batch_records = 10, .concurrency = 1}, server, 100'000, observer);
    EXPECT_LT(report.sent, 100'000U);
    EXPECT_EQ(exit_code(report), 1);
}

TEST(Dispatcher, QuarantinedAndDuplicatesAreCounted) {
    FakeIngest server;
    RememberingObserver observer;
    server.answer_with([](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
        return PostAnswer{.status = 200, .accepted = records - 3, .quarantined = 1, .duplicates = 2};
    });
    const SendReport report = send_numbers({.batch_records = 10, .concurrency = 1}, server, 30, observer);
    EXPECT_EQ(report.accepted, 21U);
    EXPECT_EQ(report.quarantined, 3U);
    EXPECT_EQ(report.duplicates, 6U);
    EXPECT_EQ(report.sent, 30U);
    EXPECT_EQ(exit_code(report), 5);
}

TEST(Dispatcher, AServerThatCountsOtherThanWasSentIsNoticed) {
    for (const int more : {-1, 1}) {
        FakeIngest server;
        server.answer_with([more](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
            return PostAnswer{.status = 200, .accepted = records + static_cast<std::uint64_t>(more)};
        });
        RememberingObserver observer;
        const SendReport report = send_numbers({.batch_records = 5, .concurrency = 1}, server, 10, observer);
        EXPECT_EQ(report.accepted, more < 0 ? 8U : 12U);
        EXPECT_EQ(report.failed, more < 0 ? 2U : 0U);
        EXPECT_EQ(report.sent, report.accepted + report.failed);
        ASSERT_EQ(observer.notices.size(), 1U);
        EXPECT_THAT(observer.notices[0],
                    HasSubstr(more < 0 ? "counted 4 of 5" : "counted 6 records in a request of 5"));
    }
}

/// A server that stalls once: with a rate, records that became due meanwhile must show the wait.
TEST(Dispatcher, LatencyCountsFromWhenARecordWasDue) {
    FakeIngest server;
    RememberingObserver observer;
    int calls = 0;
    server.answer_with([&](const RecordBatch&, std::uint64_t records) -> Result<PostAnswer> {
        if (++calls == 1) std::this_thread::sleep_for(milliseconds(300));
        return PostAnswer{.status = 200, .accepted = records};
    });
    const SendReport report =
        send_numbers({.batch_records = 1, .concurrency = 1, .rate = 1'000, .linger = milliseconds(1)}, server,
                     300, observer);
    EXPECT_EQ(report.accepted, 300U);
    EXPECT_GE(report.latency.max(), 300'000U);
    // About half the records were due within the first 150 ms of the stall and must show at least the rest
    // of it.
    EXPECT_GE(report.latency.quantile(0.5), 100'000U);
    EXPECT_GE(report.seconds, 0.299);
}

TEST(Dispatcher, RefusesBadOptions) {
    EXPECT_TRUE(check_options(DispatchOptions{}));
    for (const DispatchOptions& bad : {DispatchOptions{.batch_records = 0}, DispatchOptions{.concurrency = 0},
                                       DispatchOptions{.rate = -1}, DispatchOptions{.concurrency = 5'000}}) {
        const Status status = check_options(bad);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Errc::invalid_argument);
    }
}

TEST(SendReport, ExitCodesTellPartFromAll) {
    EXPECT_EQ(exit_code(SendReport{}), 0);
    EXPECT_EQ(exit_code({.sent = 9, .accepted = 4, .duplicates = 5}), 0);
    EXPECT_EQ(exit_code({.sent = 9, .accepted = 8, .quarantined = 1}), 5);
    EXPECT_EQ(exit_code({.sent = 9, .quarantined = 9}), 5);
    EXPECT_EQ(exit_code({.sent = 9, .accepted = 8, .failed = 1}), 5);
    EXPECT_EQ(exit_code({.sent = 9, .failed = 9}), 1);
    EXPECT_EQ(exit_code({.sent = 9, .accepted = 8, .failed = 1, .unknown = 1}), 1);
    EXPECT_EQ(exit_code({.end = SendEnd::refused}), 1);
    EXPECT_EQ(exit_code({.sent = 9, .accepted = 9, .end = SendEnd::overloaded}), 75);
    EXPECT_EQ(exit_code({.sent = 9, .failed = 9, .unknown = 9, .end = SendEnd::unreachable}), 75);
}

TEST(SendReport, AsJsonAndTable) {
    SendReport report{.sent = 5, .accepted = 2, .quarantined = 1, .duplicates = 1, .failed = 1, .seconds = 2};
    report.latency.record(1'500);
    EXPECT_EQ(format_report_json(report),
              R"({"sent":5,"accepted":2,"quarantined":1,"duplicates":1,"failed":1,"seconds":2.000,)"
              R"("records_per_second":2.5,"latency_ms":{"p50":1.500,"p95":1.500,"p99":1.500,"max":1.500}})"
              "\n");
    EXPECT_THAT(format_report_table(report), HasSubstr("quarantined         1\n"));
}

}  // namespace
}  // namespace tillstream
