// sealed_fixture_test.h - sealed objects of made-up batches, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "adapters/memory/memory_object_store.h"
#include "log/internal/sealed_object.h"
#include "tests/contract/log_batches.h"

namespace tillstream::testing {

using journal::Cursor;
using journal::SealedBatch;
using journal::SealedId;
using journal::SealedObjectReader;
using journal::SealedObjectWriter;

inline const Timestamp kSealedHour = to_timestamp({2010, 12, 1, 8, 0, 0, 0});

inline journal::LogUuid sealed_log() {
    journal::LogUuid uuid;
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) uuid.bytes[i] = static_cast<char>(i);
    return uuid;
}

inline SourceInfo sealed_source() { return {SourceId{7}, "sales", ShardId{2}, 0}; }

inline SealedObjectWriter sealed_writer() {
    return {sealed_log(), sealed_source(), kSealedHour, BatchKind::data};
}

/// The batch as if it had been appended there.
inline SealedBatch placed(LogBatch batch, std::uint64_t base, std::int64_t arrived_micros,
                          std::uint64_t group, std::uint32_t number) {
    batch.base = Offset{base};
    batch.arrived = Timestamp{kSealedHour.micros + arrived_micros};
    batch.lsn = Lsn{group};
    return {std::move(batch), Cursor{Lsn{group}, number}};
}

inline std::string text_of(std::mt19937_64& random, std::size_t max) {
    std::string text(random() % (max + 1), ' ');
    for (char& c : text) c = static_cast<char>(random() % 7 == 0 ? random() % 256 : 'a' + random() % 26);
    return text;
}

inline LogBatch random_batch(std::mt19937_64& random, std::size_t max_records, std::size_t max_line) {
    std::vector<std::string> lines, ids;
    std::vector<Rejection> rejections;
    const bool with_ids = random() % 2 == 0;
    const std::size_t count = 1 + random() % max_records;
    for (std::uint32_t i = 0; i < count; ++i) {
        lines.push_back(text_of(random, max_line));
        std::replace(lines.back().begin(), lines.back().end(), '\n', ' ');
        if (with_ids) ids.push_back(random() % 3 == 0 ? "" : text_of(random, 20));
        if (random() % 4 != 0) continue;
        Rejection rejection{i, {}};
        for (std::uint64_t e = random() % 3; e > 0; --e)
            rejection.errors.push_back({static_cast<FieldErrorCode>(random() % 12), text_of(random, 10),
                                        text_of(random, 10), text_of(random, 200)});
        rejections.push_back(std::move(rejection));
    }
    LogBatch batch = batch_of(sealed_source().id, lines, std::move(rejections), ids);
    batch.contract = "sales@" + std::to_string(random() % 3);
    return batch;
}

/// Batches that follow each other, now and then with a hole in the offsets.
inline std::vector<SealedBatch> random_batches(std::mt19937_64& random, std::size_t count,
                                               std::size_t max_records, std::size_t max_line,
                                               bool holes = false) {
    std::vector<SealedBatch> batches;
    std::uint64_t base = random() % 1000, group = 1 + random() % 1000;
    std::uint32_t number = 0;
    std::int64_t arrived = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (holes && i > 0 && random() % 5 == 0) base += 1 + random() % 100;
        arrived += static_cast<std::int64_t>(random() % 1000);
        if (random() % 2 == 0) {
            ++number;
        } else {
            group += 1 + random() % 3;
            number = static_cast<std::uint32_t>(random() % 2);
        }
        batches.push_back(placed(random_batch(random, max_records, max_line), base, arrived, group, number));
        base = batches.back().batch.end().value;
    }
    return batches;
}

/// Name and bytes of the object of these batches.
struct Sealed {
    SealedId id;
    std::string name;
    std::string bytes;
};

inline Sealed seal(const std::vector<SealedBatch>& batches) {
    SealedObjectWriter writer = sealed_writer();
    for (const SealedBatch& batch : batches) {
        const Status added = writer.add(batch.batch, batch.place);
        EXPECT_TRUE(added) << added.error().message;
    }
    const SealedId id = writer.id();
    auto bytes = writer.finish();
    EXPECT_TRUE(bytes) << bytes.error().message;
    return {id, journal::sealed_object_name(id), bytes ? *bytes : ""};
}

struct SealedContent {
    std::vector<SealedBatch> batches;
    std::vector<Gap> gaps;
};

inline Result<SealedContent> read_rest(SealedObjectReader& reader) {
    SealedContent content;
    for (;;) {
        SealedObjectReader::Step step = TILLSTREAM_TRY(reader.next());
        for (Gap& gap : step.gaps) content.gaps.push_back(std::move(gap));
        if (!step.batch) return content;
        content.batches.push_back(std::move(*step.batch));
    }
}

inline Result<SealedContent> read_sealed(ObjectStore& store, const std::string& name) {
    const auto reader = TILLSTREAM_TRY(SealedObjectReader::open(store, name));
    return read_rest(*reader);
}

inline void expect_same(const SealedBatch& got, const SealedBatch& expected) {
    EXPECT_EQ(got.place, expected.place);
    EXPECT_EQ(got.batch.kind, expected.batch.kind);
    EXPECT_EQ(got.batch.source, expected.batch.source);
    EXPECT_EQ(got.batch.base, expected.batch.base);
    EXPECT_EQ(got.batch.arrived, expected.batch.arrived);
    EXPECT_EQ(got.batch.lsn, expected.place.next);
    EXPECT_EQ(got.batch.contract, expected.batch.contract);
    const RecordBlock& a = *got.batch.records;
    const RecordBlock& b = *expected.batch.records;
    EXPECT_TRUE(a.values.view() == b.values.view());
    EXPECT_EQ(a.ends, b.ends);
    EXPECT_EQ(a.event_ids.view(), b.event_ids.view());
    EXPECT_EQ(a.event_id_ends, b.event_id_ends);
    ASSERT_EQ(a.rejections.size(), b.rejections.size());
    for (std::size_t i = 0; i < a.rejections.size(); ++i) {
        EXPECT_EQ(a.rejections[i].index, b.rejections[i].index);
        EXPECT_EQ(a.rejections[i].errors, b.rejections[i].errors);
    }
}

inline void expect_same(const std::vector<SealedBatch>& got, const std::vector<SealedBatch>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size() && !::testing::Test::HasFailure(); ++i)
        expect_same(got[i], expected[i]);
}

}  // namespace tillstream::testing
