#include "records/record_finder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "adapters/memory/memory_log.h"

namespace tillstream {
namespace {

LogBatch lines(SourceId source, std::uint32_t first, std::uint32_t count, std::size_t bytes) {
    auto block = std::make_shared<RecordBlock>();
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string line = fmt::format("{{\"n\":{}}}", source.value * 1'000'000 + first + i);
        line.resize(std::max(line.size(), bytes), ' ');
        block->values.append(line + "\n");
        block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
    }
    LogBatch batch;
    batch.source = source;
    batch.contract = fmt::format("sales@{:016x}", first);
    batch.records = block;
    return batch;
}

/// A log whose first records are gone, or some in its midst.
class LogWithGap final : public EventLog {
public:
    LogWithGap(EventLog& log, Offset from, Offset to) : log_(log), from_(from), to_(to) {}

    LogCapabilities capabilities() const override { return log_.capabilities(); }
    Result<std::vector<SourceInfo>> register_stream(std::string_view stream, std::uint32_t shards) override {
        return log_.register_stream(stream, shards);
    }
    std::vector<SourceInfo> sources() const override { return log_.sources(); }
    void append(std::vector<LogBatch> batches, AppendDone done) override {
        log_.append(std::move(batches), std::move(done));
    }
    Position durable_end() const override { return log_.durable_end(); }
    Position earliest() const override { return log_.earliest(); }
    std::string durable_cursor() const override { return log_.durable_cursor(); }
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor, ReadFrom from) override {
        return log_.open_reader(cursor, from);
    }
    Result<std::unique_ptr<LogReader>> open_reader_at(SourceId source, Offset from) override {
        ++opened;
        return std::unique_ptr<LogReader>(
            std::make_unique<Reader>(TILLSTREAM_TRY(log_.open_reader_at(source, from)), from_, to_));
    }
    std::uint64_t bytes_behind(std::string_view cursor) const override { return log_.bytes_behind(cursor); }
    bool wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) override {
        return log_.wait_for_more(cursor, timeout);
    }

    int opened = 0;

private:
    class Reader final : public LogReader {
    public:
        Reader(std::unique_ptr<LogReader> inner, Offset from, Offset to)
            : inner_(std::move(inner)), from_(from), to_(to) {}
        Result<LogRead> read(std::size_t max_bytes) override {
            LogRead read = TILLSTREAM_TRY(inner_->read(max_bytes));
            std::erase_if(read.batches, [&](const LogBatch& batch) {
                return batch.source == SourceId{1} && batch.base < to_ && batch.end() > from_;
            });
            return read;
        }

    private:
        std::unique_ptr<LogReader> inner_;
        Offset from_;
        Offset to_;
    };

    EventLog& log_;
    Offset from_;
    Offset to_;
};

class RecordFinderTest : public ::testing::Test {
protected:
    void SetUp() override { sources_ = *log_.register_stream("sales", 2); }
    void append(SourceId source, std::uint32_t first, std::uint32_t count, std::size_t bytes = 0) {
        std::vector<LogBatch> batches;
        batches.push_back(lines(source, first, count, bytes));
        log_.append(std::move(batches), [](Result<Appended> done) { ASSERT_TRUE(done); });
    }
    /// "offset:line@contract's end", or "offset:gone".
    static std::vector<std::string> find(EventLog& log, SourceId source, std::vector<Offset> offsets) {
        std::vector<std::string> found;
        const Status searched =
            RecordFinder(log).find(source, offsets, [&](const RecordFinder::Found& record) -> Status {
                std::string text = "gone";
                if (record.batch) {
                    text = record.batch->records->value(record.place);
                    text.erase(text.find_last_not_of(' ') + 1);
                    text += record.batch->contract.substr(record.batch->contract.size() - 5);
                }
                found.push_back(fmt::format("{}:{}", record.offset.value, text));
                return {};
            });
        if (!searched) found.push_back(searched.error().message);
        return found;
    }

    ManualClock clock_{Timestamp{1'000'000}};
    MemoryLog log_{clock_};
    std::vector<SourceInfo> sources_;
};

using Texts = std::vector<std::string>;

TEST_F(RecordFinderTest, EachIsFoundInItsBatchWhateverLiesBetween) {
    append(sources_[0].id, 0, 5);
    append(sources_[1].id, 0, 3);
    append(sources_[0].id, 5, 5);
    EXPECT_EQ(find(log_, sources_[0].id, {Offset{0}, Offset{4}, Offset{5}, Offset{9}}),
              (Texts{"0:{\"n\":1000000}00000", "4:{\"n\":1000004}00000", "5:{\"n\":1000005}00005",
                     "9:{\"n\":1000009}00005"}));
    EXPECT_EQ(find(log_, sources_[1].id, {Offset{2}, Offset{2}}),
              (Texts{"2:{\"n\":2000002}00000", "2:{\"n\":2000002}00000"}));
    EXPECT_EQ(find(log_, sources_[1].id, {}), Texts{});
}

TEST_F(RecordFinderTest, WhatLiesFarAwayIsLookedUpAndWhatIsNearIsReadOn) {
    for (std::uint32_t i = 0; i < 40; ++i) {
        append(sources_[0].id, i * 100, 100, 4'000);  // more than is read at once
        append(sources_[1].id, i * 100, 100);
    }
    LogWithGap log(log_, Offset{}, Offset{});
    std::vector<Offset> offsets;
    for (std::uint64_t at = 50; at < 900; at += 7) offsets.push_back(Offset{at});
    for (const std::string& found : find(log, sources_[0].id, offsets)) {
        const std::string offset = found.substr(0, found.find(':'));
        EXPECT_NE(found.find(fmt::format("{{\"n\":{}}}", 1'000'000 + std::stoi(offset))), std::string::npos)
            << found;
    }
    EXPECT_EQ(log.opened, 1);
    const Texts far = find(log, sources_[0].id, {Offset{1}, Offset{3'999}});
    EXPECT_EQ(far.at(1), "3999:{\"n\":1003999}00f3c");
    EXPECT_EQ(log.opened, 3);
}

TEST_F(RecordFinderTest, WhatIsGoneIsSaidAndTheRestIsFound) {
    for (std::uint32_t i = 0; i < 4; ++i) append(sources_[0].id, i * 10, 10);
    LogWithGap log(log_, Offset{10}, Offset{20});
    EXPECT_EQ(find(log, sources_[0].id, {Offset{9}, Offset{10}, Offset{19}, Offset{20}, Offset{40}}),
              (Texts{"9:{\"n\":1000009}00000", "10:gone", "19:gone", "20:{\"n\":1000020}00014", "40:gone"}));
    LogWithGap empty(log_, Offset{0}, Offset{40});
    EXPECT_EQ(find(empty, sources_[0].id, {Offset{0}, Offset{39}}), (Texts{"0:gone", "39:gone"}));
}

TEST_F(RecordFinderTest, AnErrorEndsTheSearch) {
    append(sources_[0].id, 0, 5);
    EXPECT_EQ(find(log_, SourceId{9}, {Offset{0}}), Texts{"no source 9"});
    int visits = 0;
    const std::vector<Offset> offsets{Offset{0}, Offset{1}};
    const Status stopped = RecordFinder(log_).find(sources_[0].id, offsets, [&](const auto&) -> Status {
        ++visits;
        return failure(Errc::resource_exhausted, "enough");
    });
    EXPECT_EQ(stopped.error().message, "enough");
    EXPECT_EQ(visits, 1);
}

}  // namespace
}  // namespace tillstream
