// Calls that fail once, disks that fill up, budgets that end.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "core/fault_env.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::read_all;
using testing::small_options;

const std::string kBig(20000, 'b');

/// Values acknowledged by a run that may fail anywhere.
struct Run {
    std::vector<std::string> acknowledged;
    std::vector<std::string> unknown;
    std::atomic<int> fatal = 0;
};

void work(JournalFixture& journal, Run& run) {
    if (!journal.open()) return;
    const auto sources = journal->register_stream("sales", 1);
    if (!sources) return;
    for (int i = 0; i < 40; ++i) {
        const std::string value = std::to_string(i) + kBig;
        const auto answer = append_and_wait(*journal, one(batch_of(sources->front().id, {value})));
        if (answer) {
            run.acknowledged.push_back(value);
        } else if (answer.error().code == Errc::outcome_unknown) {
            run.unknown.push_back(value);
        }
    }
}

void fail_once(FileCall call, std::uint64_t nth, Errc code) {
    SCOPED_TRACE("call kind " + std::to_string(static_cast<int>(call)) + " number " + std::to_string(nth));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    Run run;
    {
        JournalOptions options = small_options();
        options.fatal = [&run](const Error& error) {
            EXPECT_EQ(error.code, Errc::outcome_unknown);
            ++run.fatal;
        };
        JournalFixture journal(faulty, options);
        faulty.fail(call, nth, Error{code, "injected"});
        work(journal, run);
    }
    EXPECT_LE(run.fatal, 1);
    EXPECT_LE(run.unknown.size(), 1U);
    faulty.heal();
    disk.crash(MemoryFilesystem::Loss::all);
    JournalFixture after(faulty);
    const Status opened = after.open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto all = read_all(*after);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->gaps.empty());
    std::vector<std::string> values = all->values();
    std::erase_if(values, [&](const std::string& value) {
        return std::find(run.unknown.begin(), run.unknown.end(), value) != run.unknown.end();
    });
    EXPECT_EQ(values, run.acknowledged);
    const auto sources = after->register_stream("sales", 1);
    ASSERT_TRUE(sources);
    EXPECT_TRUE(append_and_wait(*after, one(batch_of(sources->front().id, {"new"}))));
}

class JournalFault : public ::testing::TestWithParam<FileCall> {};

TEST_P(JournalFault, OneFailureLosesNothing) {
    for (const Errc code : {Errc::io, Errc::resource_exhausted})
        for (std::uint64_t nth = 1; nth <= 24 && !HasFailure(); ++nth) fail_once(GetParam(), nth, code);
}

INSTANTIATE_TEST_SUITE_P(Calls, JournalFault,
                         ::testing::Values(FileCall::open, FileCall::read, FileCall::write, FileCall::sync,
                                           FileCall::truncate, FileCall::rename, FileCall::remove,
                                           FileCall::sync_dir));

TEST(JournalFlushFailure, EveryWaiterHearsThatTheOutcomeIsUnknown) {
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    std::atomic<int> fatal = 0;
    JournalOptions options = small_options();
    options.fatal = [&](const Error&) { ++fatal; };
    JournalFixture journal(faulty, options);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {"kept"}))));
    faulty.fail(FileCall::sync, 1, Error{Errc::io, "injected"}, true);
    constexpr int kWaiters = 50;
    std::atomic<int> unknown = 0, refused = 0;
    std::atomic<int> left = kWaiters;
    for (int i = 0; i < kWaiters; ++i) {
        journal->append(one(batch_of(source, {"lost"})), [&](Result<Appended> answer) {
            EXPECT_FALSE(answer);
            ++(answer.error().code == Errc::outcome_unknown ? unknown : refused);
            if (--left == 0) left.notify_one();
        });
    }
    for (int now = left; now != 0; now = left) left.wait(now);
    EXPECT_GE(unknown, 1);
    const auto later = append_and_wait(*journal, one(batch_of(source, {"later"})));
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, Errc::unavailable);
    const auto all = read_all(*journal);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->values(), std::vector<std::string>{"kept"});
    journal.close();
    EXPECT_EQ(fatal, 1);
}

TEST(JournalSpace, BudgetEndsWritingNotReading) {
    MemoryFilesystem disk;
    JournalOptions options = small_options();
    options.budget_bytes = 3 * options.segment_bytes;
    JournalFixture journal(disk, options);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    std::size_t kept = 0;
    Result<Appended> answer = append_and_wait(*journal, one(batch_of(source, {kBig})));
    for (; answer; answer = append_and_wait(*journal, one(batch_of(source, {kBig})))) ++kept;
    EXPECT_EQ(answer.error().code, Errc::resource_exhausted);
    EXPECT_GT(kept, 20U);
    const auto all = read_all(*journal, {}, ReadFrom::storage);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->batches.size(), kept);
    // Also a process started now serves reads and refuses writes.
    ASSERT_TRUE(journal.open());
    EXPECT_EQ(read_all(*journal)->batches.size(), kept);
    answer = append_and_wait(*journal, one(batch_of(source, {kBig, kBig, kBig, kBig, kBig, kBig})));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::resource_exhausted);
}

TEST(JournalSpace, WritingResumesWhenTheDiskHasRoomAgain) {
    MemoryFilesystem disk;
    JournalFixture journal(disk);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    disk.set_free_bytes(2 * small_options().segment_bytes);
    std::size_t kept = 0;
    Result<Appended> answer = append_and_wait(*journal, one(batch_of(source, {kBig})));
    for (; answer; answer = append_and_wait(*journal, one(batch_of(source, {kBig})))) ++kept;
    EXPECT_EQ(answer.error().code, Errc::resource_exhausted);
    EXPECT_EQ(read_all(*journal)->batches.size(), kept);
    disk.set_free_bytes(std::uint64_t{1} << 30);
    answer = append_and_wait(*journal, one(batch_of(source, {kBig})));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->bases.front(), Offset{kept});
}

bool spare_ready(MemoryFilesystem& disk) {
    const auto names = *disk.list("log");
    return std::any_of(names.begin(), names.end(), [](const auto& name) { return name.ends_with(".spare"); });
}

/// The budget holds two segments, so the second one can begin only with the very spare that failed.
void roll_fails_for_a_while(FileCall call, Errc code) {
    SCOPED_TRACE("call kind " + std::to_string(static_cast<int>(call)));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    JournalOptions options = small_options();
    options.budget_bytes = 2 * options.segment_bytes;
    options.idle_seal = std::chrono::hours(1);
    options.fatal = [](const Error& error) { FAIL() << error.message; };
    JournalFixture journal(faulty, options);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    while (!spare_ready(disk)) std::this_thread::yield();
    faulty.fail(call, 1, Error{code, "injected"}, true);
    std::size_t kept = 0;
    Result<Appended> answer = append_and_wait(*journal, one(batch_of(source, {kBig})));
    for (; answer; answer = append_and_wait(*journal, one(batch_of(source, {kBig})))) ++kept;
    EXPECT_EQ(answer.error().message.find("budget"), std::string::npos) << answer.error().message;
    EXPECT_EQ(answer.error().code, code);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(append_and_wait(*journal, one(batch_of(source, {kBig}))));
    faulty.heal();
    answer = append_and_wait(*journal, one(batch_of(source, {kBig})));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->bases.front(), Offset{kept});
}

TEST(JournalSpace, ASpareThatCouldNotBeUsedIsNotLost) {
    for (const FileCall call : {FileCall::open, FileCall::rename, FileCall::sync_dir})
        for (const Errc code : {Errc::resource_exhausted, Errc::unavailable})
            roll_fails_for_a_while(call, code);
}

TEST(JournalSpace, FullQueueAnswersUnavailable) {
    MemoryFilesystem disk;
    JournalOptions options = small_options();
    options.queue_bytes = options.max_request_bytes;
    JournalFixture journal(disk, options);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    // The commit thread stands in the first callback, so the queue can only grow.
    std::promise<void> standing, go;
    journal->append(one(batch_of(source, {"first"})), [&](Result<Appended>) {
        standing.set_value();
        go.get_future().wait();
    });
    standing.get_future().wait();
    std::atomic<int> accepted = 0, unavailable = 0;
    constexpr int kRequests = 10;
    for (int i = 0; i < kRequests; ++i) {
        journal->append(one(batch_of(source, {kBig})), [&](Result<Appended> answer) {
            if (!answer) {
                EXPECT_EQ(answer.error().code, Errc::unavailable);
            }
            ++(answer ? accepted : unavailable);
        });
    }
    EXPECT_GT(unavailable, 0);
    go.set_value();
    journal.close();
    EXPECT_EQ(accepted + unavailable, kRequests);
    EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace tillstream
