// Sealing and reading on: whatever was sealed or recycled, a reader gets every record once.
#include "log/internal/sealer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "log/internal/format.h"
#include "log/internal/sealer_fixture_test.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::append_randomly;
using testing::await;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::read_all;
using testing::ReadRecord;
using testing::SealerTest;
using testing::sorted;

using namespace std::chrono_literals;

TEST_F(SealerTest, OnRequestEverythingIsSealedAndReadBack) {
    open();
    const auto sources = *journal_->register_stream("sales", 2);
    for (int i = 0; i < 20; ++i) append(sources[i % 2].id, "{\"i\":" + std::to_string(i) + "}");
    const auto before = read_all(*journal_);
    seal();
    EXPECT_EQ(names("lake/raw/sales/year=2010/month=12/day=01/hour=08/").size(), 2U);
    const auto after = read_all(*journal_, {}, ReadFrom::storage);
    ASSERT_TRUE(before && after);
    EXPECT_TRUE(after->gaps.empty());
    EXPECT_EQ(sorted(after->records()), sorted(before->records()));
    seal();
    EXPECT_EQ(names().size(), 2U) << "nothing new, no object";
}

TEST_F(SealerTest, RandomLoadIsTheSameSealedRecycledAndReopened) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    journal_.options().seal_bytes = 20'000 + random() % 200'000;
    open();
    auto sources = *journal_->register_stream("sales", 4);
    const auto more = *journal_->register_stream("orders", 3);
    sources.insert(sources.end(), more.begin(), more.end());
    std::vector<ReadRecord> all;
    std::string cursor;
    for (int round = 0; round < 6; ++round) {
        append_randomly(*journal_, clock_, sources, 60, random);
        const auto piece = read_all(*journal_, cursor);
        ASSERT_TRUE(piece) << piece.error().message;
        EXPECT_TRUE(piece->gaps.empty());
        const auto records = piece->records();
        all.insert(all.end(), records.begin(), records.end());
        cursor = piece->cursor;
        if (random() % 2 == 0) seal();
        if (random() % 3 == 0) open();
    }
    seal();
    const auto whole = read_all(*journal_, {}, ReadFrom::storage, 1);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_TRUE(whole->gaps.empty());
    EXPECT_EQ(sorted(whole->records()), sorted(all));
    EXPECT_GT(names().size(), 14U);
}

TEST_F(SealerTest, EveryCursorResumesExactlyBehindItsBatchWhateverWasSealedSince) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    journal_.options().seal_bytes = 100'000;
    open();
    const auto sources = *journal_->register_stream("sales", 3);
    append_randomly(*journal_, clock_, sources, 80, random);
    struct Mark {
        std::string cursor;
        std::vector<ReadRecord> before;
    };
    std::vector<Mark> marks{{"", {}}};
    const auto mark_all = [&] {
        testing::ReadAll read;
        auto reader = *journal_->open_reader("");
        for (;;) {
            const auto piece = reader->read(1);
            ASSERT_TRUE(piece) << piece.error().message;
            EXPECT_LE(piece->cursor.size(), 256U);
            if (piece->batches.empty()) break;
            read.batches.insert(read.batches.end(), piece->batches.begin(), piece->batches.end());
            marks.push_back({piece->cursor, read.records()});
        }
    };
    mark_all();
    seal();
    append_randomly(*journal_, clock_, sources, 40, random);
    mark_all();
    seal();
    open();
    const auto whole = sorted(read_all(*journal_)->records());
    for (const Mark& mark : marks) {
        const auto rest = read_all(*journal_, mark.cursor);
        ASSERT_TRUE(rest) << rest.error().message;
        EXPECT_TRUE(rest->gaps.empty()) << mark.cursor << ": " << rest->gaps.front().reason;
        auto both = mark.before;
        const auto records = rest->records();
        both.insert(both.end(), records.begin(), records.end());
        ASSERT_EQ(sorted(both), whole) << "resumed at " << mark.cursor;
        EXPECT_EQ(journal_->bytes_behind(rest->cursor), 0U) << rest->cursor;
        if (!records.empty()) {
            EXPECT_GT(journal_->bytes_behind(mark.cursor), 0U) << mark.cursor;
        }
    }
}

TEST_F(SealerTest, AFinishedHourIsSealedByItselfAndAnIdleOneMakesNothing) {
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    append(source, "{}");
    clock_.advance(33min);
    append(source, "{}");
    EXPECT_TRUE(names().empty());
    clock_.advance(1min);
    await([&] { return names().size() == 1; });
    EXPECT_EQ(names(),
              std::vector<std::string>{"lake/raw/sales/year=2010/month=12/day=01/hour=08/s0-0-1.ndjson.zst"});
    append(source, "{}");
    clock_.advance(5h);
    await([&] { return names().size() == 2; });
    clock_.advance(5h);
    seal();
    EXPECT_EQ(names().size(), 2U);
}

TEST_F(SealerTest, VolumeSealsTooAndACleanStopSealsTheRest) {
    journal_.options().seal_bytes = 50'000;
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    for (int i = 0; i < 6; ++i) append(source, std::string(10'000, 'v'));
    await([&] { return names().size() == 1; });
    append(source, "rest");
    EXPECT_EQ(names().size(), 1U);
    journal_.close();
    EXPECT_EQ(names().size(), 2U);
}

TEST_F(SealerTest, SealNamesWhatItCannotDo) {
    open();
    EXPECT_EQ(journal_->seal("nothing", 1s).error().code, Errc::not_found);
    MemoryFilesystem other;
    JournalFixture plain(other);
    ASSERT_TRUE(plain.open());
    EXPECT_EQ(plain->seal("", 1s).error().code, Errc::unsupported);
}

TEST_F(SealerTest, ControlRecordsLieApart) {
    open();
    const SourceId source = journal_->register_stream("system", 1)->front().id;
    LogBatch batch = batch_of(source, {"{\"type\":\"duplicates\"}"});
    batch.kind = BatchKind::control;
    ASSERT_TRUE(append_and_wait(*journal_, one(std::move(batch))));
    seal();
    EXPECT_TRUE(names("lake/").empty());
    EXPECT_EQ(names("state/raw/").size(), 1U);
    EXPECT_EQ(read_all(*journal_, {}, ReadFrom::storage)->batches.front().kind, BatchKind::control);
}

TEST_F(SealerTest, OffsetsAndGroupsGoOnWhenTheJournalIsGone) {
    open();
    const auto sources = *journal_->register_stream("sales", 2);
    for (int i = 0; i < 9; ++i) append(sources[0].id, std::to_string(i));
    const auto before = read_all(*journal_);
    journal_.close();
    const auto files = fs_.list("log");
    for (const std::string& name : *files) {
        if (!journal::segment_id(name)) continue;
        ASSERT_TRUE(fs_.remove("log/" + name));
    }
    open();
    EXPECT_EQ(journal_->durable_end(), (Position{{sources[0].id, Offset{9}}, {sources[1].id, Offset{0}}}));
    append(sources[0].id, "9");
    const auto after = read_all(*journal_);
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->gaps.empty());
    ASSERT_EQ(after->records().size(), 10U);
    EXPECT_EQ(after->records().back().offset, Offset{9});
    EXPECT_EQ(read_all(*journal_, before->cursor)->values(), std::vector<std::string>{"9"});
}

std::uint64_t folder_bytes(MemoryFilesystem& fs) {
    std::uint64_t bytes = 0;
    const auto names = fs.list("log");
    for (const std::string& name : *names)
        if (const auto content = read_file(fs, "log/" + name)) bytes += content->size();
    return bytes;
}

TEST_F(SealerTest, TheBudgetHoldsWhateverPasses) {
    JournalOptions& options = journal_.options();
    options.segment_bytes = std::uint64_t{8} << 20;  // lowered to an eighth of the budget
    options.budget_bytes = std::uint64_t{2} << 20;
    options.keep_bytes = std::uint64_t{1} << 40;
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    std::uint64_t written = 0;
    std::uint64_t refused = 0, kept = 0;
    for (int i = 0; written < 10 * options.budget_bytes; ++i) {
        const std::string value = std::to_string(i) + std::string(20'000, 'b');
        const auto answer = append_and_wait(*journal_, one(batch_of(source, {value})));
        if (answer) {
            written += value.size();
            ++kept;
        } else {
            EXPECT_EQ(answer.error().code, Errc::resource_exhausted);
            ++refused;
            std::this_thread::sleep_for(1ms);
        }
        if (i % 20 == 0) {
            EXPECT_LE(folder_bytes(fs_), options.budget_bytes + 64 * 1024);
        }
    }
    const auto all = read_all(*journal_, {}, ReadFrom::storage, 1 << 20);
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->gaps.empty());
    EXPECT_EQ(all->records().size(), kept) << "refused " << refused;
    std::uint64_t next = 0;
    for (const ReadRecord& record : all->records()) EXPECT_EQ(record.offset.value, next++);
}

/// Puts fail while it is told so.
class SickStore final : public ObjectStore {
public:
    explicit SickStore(ObjectStore& base) : base_(base) {}
    std::atomic<bool> sick = false;
    std::atomic<int> refused = 0;

    Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
        if (!sick) return base_.put_if_absent(name, bytes);
        ++refused;
        // Some of them happened all the same.
        if (refused % 2 == 0) (void)base_.put_if_absent(name, bytes);
        return failure(refused % 2 == 0 ? Errc::outcome_unknown : Errc::unavailable, "the store is away");
    }
    Result<std::string> get(std::string_view name, std::uint64_t offset, std::size_t size) override {
        return base_.get(name, offset, size);
    }
    Result<ObjectInfo> info(std::string_view name) override { return base_.info(name); }
    Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after,
                                         std::size_t limit) override {
        return base_.list(prefix, after, limit);
    }
    Status remove(std::string_view name) override { return base_.remove(name); }

private:
    ObjectStore& base_;
};

TEST_F(SealerTest, AStoreThatFailsStopsNothingAndIsTriedAgain) {
    SickStore store(objects_);
    journal_.options().objects = &store;
    journal_.options().budget_bytes = std::uint64_t{2} << 20;
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    store.sick = true;
    const std::string value(20'000, 's');
    std::size_t kept = 0;
    while (append_and_wait(*journal_, one(batch_of(source, {value})))) ++kept;
    EXPECT_GT(kept * value.size(), journal_.options().budget_bytes / 2);
    await([&] { return journal_.metrics().gauge("tillstream_log_seal_failing", "").value() == 1; });
    const Status sealed = journal_->seal("", 10s);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().code, Errc::unavailable);
    EXPECT_NE(sealed.error().message.find("the store is away"), std::string::npos);
    EXPECT_EQ(read_all(*journal_)->records().size(), kept);
    EXPECT_EQ(journal_.metrics().gauge("tillstream_log_seal_failing", "").value(), 1);
    store.sick = false;
    await([&] { return append_and_wait(*journal_, one(batch_of(source, {value}))).has_value(); });
    const auto all = read_all(*journal_);
    EXPECT_TRUE(all->gaps.empty());
    EXPECT_EQ(all->records().size(), kept + 1);
    await([&] { return journal_.metrics().gauge("tillstream_log_seal_failing", "").value() == 0; });
    journal_.close();  // before the store it seals into goes
}

TEST_F(SealerTest, ARequestSealsWhatWasThereAndNotWhatCameSince) {
    SickStore store(objects_);
    journal_.options().objects = &store;
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    append(source, "first");
    store.sick = true;
    EXPECT_FALSE(journal_->seal("", 0ms));
    await([&] { return store.refused > 0; });
    append(source, "asked for");
    EXPECT_FALSE(journal_->seal("", 0ms));
    append(source, "came since");
    store.sick = false;
    await([&] { return names().size() == 2; });
    const std::string folder = "lake/raw/sales/year=2010/month=12/day=01/hour=08/";
    const std::vector<std::string> expected{folder + "s0-0-0.ndjson.zst", folder + "s0-1-1.ndjson.zst"};
    EXPECT_EQ(names(), expected);
    journal_.close();  // before the store it seals into goes
    EXPECT_EQ(names().size(), 3U);
}

TEST_F(SealerTest, ReadersBeginAtAnyRecordTailJournalOrSealed) {
    journal_.options().tail_bytes = 4000;
    open();
    const auto sources = *journal_->register_stream("sales", 2);
    constexpr std::uint64_t kRecords = 60;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
        append(sources[i % 3 == 0 ? 1 : 0].id, "other");
        append(sources[0].id, "wanted");
        if (i == 20 || i == 40) seal();
        if (i == 30) clock_.advance(1h);
    }
    const std::uint64_t end = journal_->durable_end()[0].next.value;
    for (std::uint64_t from = 0; from <= end; ++from) {
        auto reader = *journal_->open_reader_at(sources[0].id, Offset{from});
        std::uint64_t next = from;
        for (;;) {
            const auto piece = reader->read(500);
            ASSERT_TRUE(piece) << piece.error().message;
            EXPECT_TRUE(piece->gaps.empty());
            if (piece->batches.empty()) break;
            for (const LogBatch& batch : piece->batches) {
                if (batch.source != sources[0].id) continue;
                ASSERT_EQ(batch.base.value, next++) << from;
            }
        }
        EXPECT_EQ(next, end);
    }
}

TEST_F(SealerTest, ARecordIsFoundWhilePassesAreDone) {
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    for (std::uint64_t offset = 0; offset < 300; ++offset) {
        append(source, "{}");
        std::thread sealing([&] { EXPECT_TRUE(journal_->seal("", 60s)); });
        for (int i = 0; i < 20; ++i) {
            const auto piece = (*journal_->open_reader_at(source, Offset{offset}))->read(1);
            const bool found = piece && piece->gaps.empty() && !piece->batches.empty() &&
                               piece->batches.front().base == Offset{offset};
            EXPECT_TRUE(found) << offset;
        }
        sealing.join();
    }
}

TEST_F(SealerTest, WritersReadersAndTheSealerAtOnce) {
    JournalOptions& options = journal_.options();
    options.tail_bytes = 8 * 1024;
    options.segment_bytes = 64 * 1024;
    options.group_bytes = 16 * 1024;
    options.max_request_bytes = 32 * 1024;
    options.seal_bytes = 30'000;
    options.keep_bytes = 64 * 1024;
    open();
    const auto sources = *journal_->register_stream("sales", 2);
    constexpr int kEach = 300;
    std::vector<std::thread> threads;
    for (int w = 0; w < 2; ++w) {
        threads.emplace_back([&, w] {
            for (int i = 0; i < kEach; ++i)
                ASSERT_TRUE(append_and_wait(
                    *journal_,
                    one(batch_of(sources[w].id, {std::string(static_cast<std::size_t>(i) * 5, 'w')}))));
        });
    }
    for (const ReadFrom from : {ReadFrom::nearest, ReadFrom::storage}) {
        threads.emplace_back([&, from] {
            std::map<SourceId, std::uint64_t> next;
            std::string cursor;
            auto reader = *journal_->open_reader("", from);
            for (std::size_t seen = 0; seen < 2 * kEach;) {
                const auto piece = reader->read(2000);
                ASSERT_TRUE(piece) << piece.error().message;
                ASSERT_TRUE(piece->gaps.empty()) << piece->gaps.front().reason;
                for (const LogBatch& batch : piece->batches) {
                    ASSERT_EQ(batch.base.value, next[batch.source]);
                    next[batch.source] = batch.end().value;
                    seen += batch.count();
                }
                if (piece->batches.empty()) journal_->wait_for_more(piece->cursor, 10ms);
                if (seen % 7 == 0) reader = *journal_->open_reader(piece->cursor, from);
                (void)journal_->bytes_behind(piece->cursor);
            }
        });
    }
    threads.emplace_back([&] {
        for (int i = 0; i < 10; ++i) {
            EXPECT_TRUE(journal_->seal("sales", 60s));
            clock_.advance(20min);
        }
    });
    for (std::thread& thread : threads) thread.join();
    const auto all = read_all(*journal_, {}, ReadFrom::storage);
    EXPECT_EQ(all->records().size(), 2U * kEach);
}

}  // namespace
}  // namespace tillstream
