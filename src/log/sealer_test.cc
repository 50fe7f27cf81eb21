// Sealing and reading on: whatever was sealed or recycled, a reader gets every record once.
#include "log/internal/sealer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "adapters/memory/memory_object_store.h"
#include "log/internal/format.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::read_all;
using testing::ReadRecord;
using testing::small_options;

using namespace std::chrono_literals;

const Timestamp kMorning = to_timestamp({2010, 12, 1, 8, 26, 0, 0});

JournalOptions sealing(ObjectStore& objects) {
    JournalOptions options = small_options();
    options.objects = &objects;
    options.keep_bytes = 0;  // what is sealed is recycled at once
    options.seal_check = 1ms;
    return options;
}

std::vector<ReadRecord> sorted(std::vector<ReadRecord> records) {
    std::sort(records.begin(), records.end(), [](const ReadRecord& a, const ReadRecord& b) {
        return std::pair(a.source, a.offset) < std::pair(b.source, b.offset);
    });
    return records;
}

class SealerTest : public ::testing::Test {
protected:
    void open() {
        const Status opened = journal_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void seal() {
        const Status sealed = journal_->seal("", 60s);
        ASSERT_TRUE(sealed) << sealed.error().message;
    }
    void append(SourceId source, const std::string& value) {
        const auto answer = append_and_wait(*journal_, one(batch_of(source, {value})));
        ASSERT_TRUE(answer) << answer.error().message;
    }
    std::vector<std::string> names(std::string_view prefix = "") {
        std::vector<std::string> all;
        const auto found = objects_.list(prefix, "", 100'000);
        for (const ObjectInfo& info : *found) all.push_back(info.name);
        return all;
    }

    MemoryFilesystem fs_;
    MemoryObjectStore objects_;
    ManualClock clock_{kMorning};
    JournalFixture journal_{fs_, sealing(objects_), "log", clock_};
};

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

/// Appends `count` requests over all sources, the clock moving on so that several hours pass.
void append_randomly(Journal& journal, ManualClock& clock, const std::vector<SourceInfo>& sources, int count,
                     std::mt19937_64& random) {
    for (int i = 0; i < count; ++i) {
        std::vector<LogBatch> batches;
        for (std::size_t part = 0; part <= random() % 3; ++part) {
            std::vector<std::string> lines;
            for (std::size_t record = 0; record <= random() % 4; ++record)
                lines.push_back("{\"v\":\"" + std::string(random() % 3000, 'x') + std::to_string(random()) + "\"}");
            batches.push_back(batch_of(sources[random() % sources.size()].id, lines));
            if (random() % 9 == 0) batches.back().kind = BatchKind::control;
        }
        ASSERT_TRUE(append_and_wait(journal, std::move(batches)));
        if (random() % 10 == 0) clock.advance(std::chrono::minutes(random() % 30));
    }
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

}  // namespace
}  // namespace tillstream
