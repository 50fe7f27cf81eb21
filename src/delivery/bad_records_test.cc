#include "delivery/bad_records.h"

#include <gtest/gtest.h>

#include "delivery/batch_slice.h"
#include "tests/fakes/fake_sink.h"
#include "tests/fakes/log_batches.h"

namespace tillstream {
namespace {

const Error kRefused{Errc::invalid_argument, "value out of range"};

std::optional<Error> refuse_poison(std::string_view record) {
    if (record.find("poison") == std::string_view::npos) return std::nullopt;
    return kRefused;
}

TEST(BadRecordsTest, FindsEveryRefusedRecordAmongGoodOnes) {
    FakeSink sink("warehouse");
    sink.fail_records(refuse_poison);
    const std::vector<LogBatch> batches{
        log_batch(SourceId{1}, Offset{10}, {"a", "poison 1", "b"}),
        log_batch(SourceId{2}, Offset{0}, {"c"}),
        log_batch(SourceId{1}, Offset{13}, {"d", "e", "f", "poison 2"}),
    };
    const auto bad = find_bad_records(sink, batches, {});
    ASSERT_TRUE(bad) << bad.error().message;
    ASSERT_EQ(bad->size(), 2U);
    EXPECT_EQ((*bad)[0].batch, 0U);
    EXPECT_EQ((*bad)[0].index, 1U);
    EXPECT_EQ((*bad)[1].batch, 2U);
    EXPECT_EQ((*bad)[1].index, 3U);
    EXPECT_EQ((*bad)[1].error, "value out of range");
    EXPECT_TRUE(sink.stored().empty()) << "the search must leave no trace";

    const auto rest = without_records(batches, *bad);
    ASSERT_EQ(rest.size(), 4U);
    EXPECT_EQ(rest[0].base, Offset{10});
    EXPECT_EQ(rest[1].base, Offset{12});
    EXPECT_EQ(rest[1].records->value(0), "b");
    EXPECT_EQ(rest[3].base, Offset{13});
    EXPECT_EQ(rest[3].count(), 3U);
}

TEST(BadRecordsTest, ASinkThatRefusesKnownGoodDataIsSickAndBlamesNobody) {
    FakeSink sink("warehouse");
    sink.fail_records(refuse_poison);
    sink.fail_probes(kRefused);
    const auto bad = find_bad_records(sink, {log_batch(SourceId{1}, Offset{0}, {"poison"})}, {});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::unavailable);
}

TEST(BadRecordsTest, AHundredRefusalsInARowAreASickSink) {
    FakeSink sink("warehouse");
    sink.fail_records(refuse_poison);
    std::vector<std::string> records(20'000, "good");
    std::fill(records.begin() + 5000, records.begin() + 5100, "poison");
    const auto bad = find_bad_records(sink, {log_batch(SourceId{1}, Offset{0}, records)}, {});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::unavailable);

    records[5050] = "good";  // now the longest run is 50
    const auto fewer = find_bad_records(sink, {log_batch(SourceId{1}, Offset{0}, records)}, {});
    ASSERT_TRUE(fewer) << fewer.error().message;
    EXPECT_EQ(fewer->size(), 99U);
}

TEST(BadRecordsTest, MoreThanOnePercentIsASickSink) {
    FakeSink sink("warehouse");
    sink.fail_records(refuse_poison);
    std::vector<std::string> records(10'000, "good");
    for (std::size_t i = 0; i < records.size(); i += 99) records[i] = "poison";
    const auto bad = find_bad_records(sink, {log_batch(SourceId{1}, Offset{0}, records)}, {});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::unavailable);
}

TEST(BadRecordsTest, AnotherErrorOfTheSinkEndsTheSearch) {
    FakeSink sink("warehouse");
    sink.fail_records([](std::string_view) { return Error{Errc::io, "disk gone"}; });
    const auto bad = find_bad_records(sink, {log_batch(SourceId{1}, Offset{0}, {"a", "b"})}, {});
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Errc::io);
}

TEST(BatchSliceTest, KeepsOffsetsVerdictsAndEventIds) {
    LogBatch whole = log_batch(SourceId{1}, Offset{100}, {"a", "bb", "ccc", "dddd"});
    auto records = std::make_shared<RecordBlock>();
    records->values.append(whole.records->values.view());
    records->ends = whole.records->ends;
    records->rejections = {{1, {{FieldErrorCode::type, "/q", "int64", "x"}}}, {3, {}}};
    records->event_ids.append("id1id2id34");
    records->event_id_ends = {3, 6, 6, 10};
    whole.records = records;

    const LogBatch part = slice_batch(whole, 1, 4);
    EXPECT_EQ(part.base, Offset{101});
    ASSERT_EQ(part.count(), 3U);
    EXPECT_EQ(part.records->value(0), "bb");
    EXPECT_EQ(part.records->value(2), "dddd");
    ASSERT_EQ(part.records->rejections.size(), 2U);
    EXPECT_EQ(part.records->rejections[0].index, 0U);
    EXPECT_EQ(part.records->rejections[1].index, 2U);
    EXPECT_EQ(part.records->event_id(0), "id2");
    EXPECT_EQ(part.records->event_id(1), "");
    EXPECT_EQ(part.records->event_id(2), "id34");
}

}  // namespace
}  // namespace tillstream
