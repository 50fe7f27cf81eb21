// Writers, readers, waiters and registrations at once: for ThreadSanitizer, and for the economy of flushes.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <semaphore>
#include <thread>

#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::small_options;

using namespace std::chrono_literals;

/// Reads until it has `wanted` records; offsets must be dense whatever the way they came.
void follow(Journal& journal, ReadFrom from, std::size_t wanted) {
    std::map<SourceId, std::uint64_t> next;
    std::string cursor;
    auto reader = journal.open_reader({}, from);
    ASSERT_TRUE(reader);
    for (std::size_t seen = 0; seen < wanted;) {
        const auto piece = (*reader)->read(2000);
        ASSERT_TRUE(piece) << piece.error().message;
        ASSERT_TRUE(piece->gaps.empty()) << piece->gaps.front().reason;
        for (const LogBatch& batch : piece->batches) {
            ASSERT_EQ(batch.base.value, next[batch.source]);
            next[batch.source] = batch.end().value;
            seen += batch.count();
        }
        if (piece->batches.empty()) journal.wait_for_more(piece->cursor, 100ms);
        journal.bytes_behind(piece->cursor);
    }
}

TEST(JournalConcurrency, WritersReadersAndRegistrations) {
    constexpr int kWriters = 3;
    constexpr int kEach = 150;
    MemoryFilesystem fs;
    JournalOptions options = small_options();
    options.tail_bytes = 8 * 1024;
    options.idle_seal = 1ms;
    JournalFixture journal(fs, options);
    ASSERT_TRUE(journal.open());
    const auto sources = *journal->register_stream("sales", 2);
    std::vector<std::thread> threads;
    for (int w = 0; w < kWriters; ++w) {
        threads.emplace_back([&, w] {
            for (int i = 0; i < kEach; ++i) {
                std::vector<LogBatch> batches;
                batches.push_back(
                    batch_of(sources[w % 2].id, {std::string(static_cast<std::size_t>(i) * 7, 'w')}));
                batches.push_back(batch_of(sources[(w + 1) % 2].id, {"x"}));
                ASSERT_TRUE(append_and_wait(*journal, std::move(batches)));
            }
        });
    }
    threads.emplace_back([&] { follow(*journal, ReadFrom::nearest, 2 * kWriters * kEach); });
    threads.emplace_back([&] { follow(*journal, ReadFrom::storage, 2 * kWriters * kEach); });
    threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(journal->register_stream("stream" + std::to_string(i), 2));
            EXPECT_GE(journal->durable_end().size(), 2U);
            EXPECT_GE(journal->sources().size(), 2U);
        }
    });
    for (std::thread& thread : threads) thread.join();
}

TEST(JournalConcurrency, CloseWakesWaitersAndAnswersEverybody) {
    MemoryFilesystem fs;
    JournalFixture journal(fs);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    const std::string end = testing::read_all(*journal)->cursor;
    std::atomic<int> answered = 0;
    std::atomic<bool> closed = false;
    std::thread writer([&] {
        int sent = 0;
        while (!closed) {
            ++sent;
            journal->append(one(batch_of(source, {"x"})), [&](Result<Appended>) { ++answered; });
        }
        EXPECT_EQ(answered, sent);
    });
    std::thread waiter([&] {
        std::string cursor = end;
        while (journal->wait_for_more(cursor, 60s)) cursor = testing::read_all(*journal, cursor)->cursor;
    });
    while (answered < 100) std::this_thread::yield();
    journal->close();
    closed = true;
    writer.join();
    waiter.join();
}

TEST(JournalConcurrency, WaitingOnAClosedLogDoesNotSpin) {
    MemoryFilesystem fs;
    JournalFixture journal(fs);
    ASSERT_TRUE(journal.open());
    const std::string end = testing::read_all(*journal)->cursor;
    journal->close();
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(journal->wait_for_more(end, 60s));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
}

TEST(JournalConcurrency, FlushesAreShared) {
    std::string dir = ::testing::TempDir() + "/journal-XXXXXX";
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    constexpr int kOutstanding = 64;
    constexpr int kAppends = 2000;
    {
        JournalOptions options = small_options();
        options.segment_bytes = std::uint64_t{16} << 20;
        JournalFixture journal(posix_filesystem(), options, dir);
        ASSERT_TRUE(journal.open());
        const SourceId source = journal->register_stream("sales", 1)->front().id;
        Counter& groups = journal.metrics().counter("tillstream_log_groups_total", "");
        const double before = groups.value();
        std::counting_semaphore<kOutstanding> slots(kOutstanding);
        for (int i = 0; i < kAppends; ++i) {
            slots.acquire();
            journal->append(one(batch_of(source, {"{\"n\":1}"})), [&](Result<Appended> answer) {
                EXPECT_TRUE(answer);
                slots.release();
            });
        }
        for (int i = 0; i < kOutstanding; ++i) slots.acquire();
        EXPECT_LT(groups.value() - before, 0.5 * kAppends);
    }
    std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace tillstream
