// event_log_contract.h - what every EventLog must keep, as a typed suite.
//
// Use:  give a fixture type with `EventLog& log()` and `void reopen()` (a clean stop and start on the same
//       data), then INSTANTIATE_TYPED_TEST_SUITE_P(Engine, EventLogContract, EngineFixture).
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/log_batches.h"

namespace tillstream::testing {

template <class Fixture>
class EventLogContract : public ::testing::Test {
protected:
    EventLog& log() { return fixture_.log(); }
    void reopen() { fixture_.reopen(); }
    std::vector<SourceInfo> sales(std::uint32_t shards = 2) {
        auto sources = log().register_stream("sales", shards);
        EXPECT_TRUE(sources) << sources.error().message;
        return sources ? *sources : std::vector<SourceInfo>{};
    }
    Offset durable(SourceId source) {
        for (const SourceOffset& entry : log().durable_end())
            if (entry.source == source) return entry.next;
        return Offset{};
    }

private:
    Fixture fixture_;
};

TYPED_TEST_SUITE_P(EventLogContract);

TYPED_TEST_P(EventLogContract, StreamIsRegisteredOnce) {
    const auto first = this->sales(3);
    ASSERT_EQ(first.size(), 3U);
    for (std::uint32_t shard = 0; shard < 3; ++shard) {
        EXPECT_EQ(first[shard].stream, "sales");
        EXPECT_EQ(first[shard].shard, ShardId{shard});
    }
    EXPECT_EQ(this->sales(3), first);
    const auto other = this->log().register_stream("orders", 1);
    ASSERT_TRUE(other);
    for (const SourceInfo& source : first) EXPECT_NE(source.id, other->front().id);
    const auto differing = this->log().register_stream("sales", 2);
    ASSERT_FALSE(differing);
    EXPECT_EQ(differing.error().code, Errc::invalid_argument);
    EXPECT_EQ(this->log().sources().size(), 4U);
}

TYPED_TEST_P(EventLogContract, SourcesSurviveARestart) {
    const auto before = this->sales(2);
    this->reopen();
    EXPECT_EQ(this->sales(2), before);
    EXPECT_EQ(this->log().sources(), before);
}

TYPED_TEST_P(EventLogContract, AppendedRecordsAreReadBack) {
    const auto sources = this->sales();
    const Rejection rejection{1, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}};
    std::vector<LogBatch> batches;
    batches.push_back(batch_of(sources[0].id, {"{\"a\":1}", "{\"a\":2}"}, {rejection}, {"", "id-2"}));
    batches.push_back(batch_of(sources[1].id, {"{\"b\":1}"}));
    const auto appended = append_and_wait(this->log(), std::move(batches));
    ASSERT_TRUE(appended) << appended.error().message;
    EXPECT_EQ(appended->bases, (std::vector<Offset>{Offset{0}, Offset{0}}));
    EXPECT_EQ(appended->position, (Position{{sources[0].id, Offset{2}}, {sources[1].id, Offset{1}}}));
    const auto all = read_all(this->log());
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_TRUE(all->gaps.empty());
    ASSERT_EQ(all->batches.size(), 2U);
    const LogBatch& first = all->batches[0];
    EXPECT_EQ(first.kind, BatchKind::data);
    EXPECT_EQ(first.contract, "sales@1");
    EXPECT_EQ(first.arrived, appended->arrived);
    EXPECT_EQ(first.records->value(1), "{\"a\":2}");
    EXPECT_EQ(first.records->event_id(0), "");
    EXPECT_EQ(first.records->event_id(1), "id-2");
    ASSERT_EQ(first.records->rejections.size(), 1U);
    EXPECT_EQ(first.records->rejections[0].index, 1U);
    EXPECT_EQ(first.records->rejections[0].errors, rejection.errors);
}

TYPED_TEST_P(EventLogContract, MemoryAndStorageGiveTheSame) {
    const auto sources = this->sales();
    for (int i = 0; i < 50; ++i) {
        std::vector<LogBatch> batches;
        batches.push_back(batch_of(sources[i % 2].id, {"{\"i\":" + std::to_string(i) + "}", "{}"}, {},
                                   {"e" + std::to_string(i), ""}));
        if (i % 7 == 0) batches.back().kind = BatchKind::control;
        ASSERT_TRUE(append_and_wait(this->log(), std::move(batches)));
    }
    const auto nearest = read_all(this->log());
    const auto storage = read_all(this->log(), {}, ReadFrom::storage);
    ASSERT_TRUE(nearest && storage);
    EXPECT_EQ(nearest->records(), storage->records());
    ASSERT_EQ(nearest->batches.size(), storage->batches.size());
    for (std::size_t i = 0; i < nearest->batches.size(); ++i) {
        EXPECT_EQ(nearest->batches[i].kind, storage->batches[i].kind);
        EXPECT_EQ(nearest->batches[i].arrived, storage->batches[i].arrived);
        EXPECT_EQ(nearest->batches[i].lsn, storage->batches[i].lsn);
        EXPECT_EQ(nearest->batches[i].records->event_id(0), storage->batches[i].records->event_id(0));
    }
}

TYPED_TEST_P(EventLogContract, RecordsAndOffsetsSurviveARestart) {
    const auto sources = this->sales();
    ASSERT_TRUE(append_and_wait(this->log(), one(batch_of(sources[0].id, {"{\"a\":1}", "{\"a\":2}"}))));
    const auto before = read_all(this->log());
    this->reopen();
    EXPECT_EQ(this->durable(sources[0].id), Offset{2});
    const auto after = read_all(this->log());
    ASSERT_TRUE(before && after);
    EXPECT_EQ(after->records(), before->records());
    const auto more = append_and_wait(this->log(), one(batch_of(sources[0].id, {"{\"a\":3}"})));
    ASSERT_TRUE(more);
    EXPECT_EQ(more->bases.front(), Offset{2});
    EXPECT_GE(more->arrived, after->batches.back().arrived);
}

TYPED_TEST_P(EventLogContract, CursorResumesBehindWhatWasRead) {
    const auto sources = this->sales();
    for (int i = 0; i < 20; ++i) {
        std::vector<LogBatch> batches;
        batches.push_back(batch_of(sources[0].id, {std::to_string(2 * i)}));
        batches.push_back(batch_of(sources[1].id, {std::to_string(2 * i + 1)}));
        ASSERT_TRUE(append_and_wait(this->log(), std::move(batches)));
    }
    for (const ReadFrom from : {ReadFrom::nearest, ReadFrom::storage}) {
        std::string cursor;
        std::vector<std::string> values;
        for (;;) {
            auto reader = this->log().open_reader(cursor, from);
            ASSERT_TRUE(reader) << reader.error().message;
            auto piece = (*reader)->read(1);
            ASSERT_TRUE(piece) << piece.error().message;
            EXPECT_TRUE(piece->gaps.empty());
            EXPECT_LE(piece->cursor.size(), 256U);
            cursor = piece->cursor;
            if (piece->batches.empty()) break;
            EXPECT_EQ(piece->batches.size(), 1U);
            values.emplace_back(piece->batches[0].records->value(0));
            EXPECT_EQ(piece->at_end, values.size() == 40);
        }
        ASSERT_EQ(values.size(), 40U);
        for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], std::to_string(i));
    }
}

TYPED_TEST_P(EventLogContract, CursorsOfOthersAreRefused) {
    this->sales();
    for (const char* text : {"x", "j1.", "0"}) {
        const auto reader = this->log().open_reader(text);
        ASSERT_FALSE(reader) << text;
        EXPECT_EQ(reader.error().code, Errc::invalid_argument) << text;
    }
}

TYPED_TEST_P(EventLogContract, WaitEndsWhenSomethingArrives) {
    using namespace std::chrono_literals;
    const auto sources = this->sales();
    const auto empty = read_all(this->log());
    ASSERT_TRUE(empty);
    EXPECT_FALSE(this->log().wait_for_more(empty->cursor, 1ms));
    EXPECT_EQ(this->log().bytes_behind(empty->cursor), 0U);
    std::thread writer(
        [&] { EXPECT_TRUE(append_and_wait(this->log(), one(batch_of(sources[0].id, {"late"})))); });
    EXPECT_TRUE(this->log().wait_for_more(empty->cursor, 60s));
    writer.join();
    EXPECT_GT(this->log().bytes_behind(empty->cursor), 0U);
    const auto more = read_all(this->log(), empty->cursor);
    ASSERT_TRUE(more);
    EXPECT_EQ(more->values(), std::vector<std::string>{"late"});
    EXPECT_FALSE(this->log().wait_for_more(more->cursor, 1ms));
}

TYPED_TEST_P(EventLogContract, AnAppendThatCannotBeIsRefused) {
    const auto sources = this->sales();
    const auto expect_refused = [&](std::vector<LogBatch> batches) {
        const auto answer = append_and_wait(this->log(), std::move(batches));
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::invalid_argument);
    };
    expect_refused({});
    expect_refused(one(batch_of(SourceId{999}, {"a"})));
    expect_refused(one(batch_of(sources[0].id, {})));
    std::vector<LogBatch> half_good;
    half_good.push_back(batch_of(sources[0].id, {"a"}));
    half_good.push_back(batch_of(SourceId{999}, {"b"}));
    expect_refused(std::move(half_good));
    EXPECT_EQ(this->durable(sources[0].id), Offset{0});
}

TYPED_TEST_P(EventLogContract, ManyWritersKeepOrderAndLoseNothing) {
    constexpr int kWriters = 4;
    constexpr int kEach = 100;
    const auto sources = this->sales(2);
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; i < kEach; ++i) {
                const std::string value = std::to_string(w) + ":" + std::to_string(i);
                ASSERT_TRUE(append_and_wait(this->log(), one(batch_of(sources[w % 2].id, {value}))));
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    const auto all = read_all(this->log());
    ASSERT_TRUE(all);
    EXPECT_EQ(all->records().size(), static_cast<std::size_t>(kWriters * kEach));
    std::map<SourceId, Offset> next;
    std::map<std::string, int> last_of_writer;
    for (const ReadRecord& record : all->records()) {
        if (this->log().capabilities().dense_seq) {
            EXPECT_EQ(record.offset, next[record.source]);
        }
        next[record.source] = Offset{record.offset.value + 1};
        const std::size_t colon = record.value.find(':');
        const int number = std::stoi(record.value.substr(colon + 1));
        EXPECT_EQ(number, last_of_writer[record.value.substr(0, colon)]++);
    }
    for (const auto& [source, end] : next) EXPECT_EQ(this->durable(source), end);
}

TYPED_TEST_P(EventLogContract, AReaderBeginsAtARecord) {
    const auto sources = this->sales();
    constexpr std::uint64_t kBatches = 30;
    for (std::uint64_t i = 0; i < kBatches; ++i) {
        std::vector<LogBatch> batches;
        batches.push_back(batch_of(sources[0].id, {std::to_string(2 * i), std::to_string(2 * i + 1)}));
        batches.push_back(batch_of(sources[1].id, {"other"}));
        ASSERT_TRUE(append_and_wait(this->log(), std::move(batches)));
    }
    for (std::uint64_t from = 0; from <= 2 * kBatches + 1; ++from) {
        auto reader = this->log().open_reader_at(sources[0].id, Offset{from});
        ASSERT_TRUE(reader) << reader.error().message;
        // The batch that holds the record comes whole.
        std::uint64_t next = from / 2 * 2;
        for (;;) {
            const auto piece = (*reader)->read(1);
            ASSERT_TRUE(piece) << piece.error().message;
            EXPECT_TRUE(piece->gaps.empty());
            if (piece->batches.empty()) break;
            for (const LogBatch& batch : piece->batches) {
                if (batch.source != sources[0].id) continue;
                EXPECT_EQ(batch.base.value, next);
                EXPECT_EQ(batch.records->value(0), std::to_string(next));
                next = batch.end().value;
            }
        }
        EXPECT_EQ(next, std::max(2 * kBatches, from / 2 * 2)) << from;
    }
    EXPECT_FALSE(this->log().open_reader_at(SourceId{999}, Offset{0}));
}

TYPED_TEST_P(EventLogContract, BatchesOfOneAppendFollowEachOtherInTheirGroup) {
    const auto sources = this->sales();
    for (int i = 0; i < 3; ++i) {
        std::vector<LogBatch> batches = one(batch_of(sources[1].id, {"{}"}));
        batches.push_back(batch_of(sources[0].id, {"{}"}));
        ASSERT_TRUE(append_and_wait(this->log(), std::move(batches)));
    }
    for (const ReadFrom from : {ReadFrom::nearest, ReadFrom::storage}) {
        const auto all = read_all(this->log(), {}, from);
        ASSERT_TRUE(all && all->batches.size() == 6);
        for (std::size_t i = 0; i < 6; i += 2) {
            EXPECT_EQ(all->batches[i].lsn, all->batches[i + 1].lsn);
            EXPECT_EQ(all->batches[i].number + 1, all->batches[i + 1].number);
        }
    }
}

TYPED_TEST_P(EventLogContract, TheDurableCursorLiesBehindWhatIsThere) {
    const auto sources = this->sales();
    ASSERT_TRUE(append_and_wait(this->log(), one(batch_of(sources[0].id, {"{}"}))));
    const std::string cursor = this->log().durable_cursor();
    const auto nothing = read_all(this->log(), cursor);
    ASSERT_TRUE(nothing && nothing->batches.empty());
    ASSERT_TRUE(append_and_wait(this->log(), one(batch_of(sources[1].id, {"{}"}))));
    this->reopen();
    const auto added = read_all(this->log(), cursor);
    ASSERT_TRUE(added && added->batches.size() == 1);
    EXPECT_EQ(added->batches[0].source, sources[1].id);
}

REGISTER_TYPED_TEST_SUITE_P(EventLogContract, StreamIsRegisteredOnce, SourcesSurviveARestart,
                            AppendedRecordsAreReadBack, MemoryAndStorageGiveTheSame,
                            RecordsAndOffsetsSurviveARestart, CursorResumesBehindWhatWasRead,
                            CursorsOfOthersAreRefused, AReaderBeginsAtARecord, WaitEndsWhenSomethingArrives,
                            AnAppendThatCannotBeIsRefused, BatchesOfOneAppendFollowEachOtherInTheirGroup,
                            TheDurableCursorLiesBehindWhatIsThere, ManyWritersKeepOrderAndLoseNothing);

}  // namespace tillstream::testing
