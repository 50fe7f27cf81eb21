// What a pass makes of the journal's groups: objects within their limits, the same each time.
#include "log/internal/pass_builder.h"

#include <gtest/gtest.h>

#include "adapters/memory/memory_object_store.h"
#include "core/memory_env.h"
#include "log/internal/pass_reader.h"
#include "log/internal/sealed_index.h"
#include "log/internal/sealed_log.h"
#include "tests/contract/log_batches.h"

namespace tillstream::journal {
namespace {

using testing::batch_of;

const Timestamp kArrived = to_timestamp({2010, 12, 1, 8, 26, 0, 0});
constexpr SourceId kSource{1};
constexpr std::uint64_t kRefusedBatch = 20;

/// Records `{}` under a contract that requires five fields: far more verdict than text.
LogBatch refused_batch() {
    std::vector<FieldError> errors;
    for (const char* field : {"/InvoiceNo", "/StockCode", "/Quantity", "/UnitPrice", "/Country"})
        errors.push_back({FieldErrorCode::required, field, "a value", "nothing"});
    std::vector<Rejection> rejections;
    for (std::uint32_t i = 0; i < kRefusedBatch; ++i) rejections.push_back({i, errors});
    return batch_of(kSource, std::vector<std::string>(kRefusedBatch, "{}"), std::move(rejections));
}

class PassBuilderTest : public ::testing::Test {
protected:
    PassBuilderTest() {
        EXPECT_TRUE(fs_.make_dirs("log"));
        SegmentHeader header;
        header.id = 1;
        published_.add_segment(header, "log/none");  // memory serves every group
    }

    /// One group of these batches.
    void publish(std::vector<LogBatch> batches) {
        TailGroup group;
        group.lsn = Lsn{published_.last().value + 1};
        for (LogBatch& batch : batches) {
            batch.base = next_;
            batch.arrived = kArrived;
            batch.lsn = group.lsn;
            next_ = batch.end();
        }
        group.batches = std::move(batches);
        (void)published_.publish(std::make_shared<const TailGroup>(std::move(group)), kBlock,
                                 {{kSource, next_, kArrived}});
    }
    BuiltPass build(const PassLimits& limits, std::vector<CutObject> kept = {}) {
        PassBuilder builder(uuid_, sources_, Lsn{1}, {}, std::move(kept), limits);
        auto built = builder.build(fs_, published_);
        EXPECT_TRUE(built) << built.error().message;
        return built ? *std::move(built) : BuiltPass{};
    }

    MemoryFilesystem fs_;
    MemoryObjectStore objects_;
    const LogUuid uuid_{};
    const SourceList sources_ = [] { return std::vector<SourceInfo>{{kSource, "sales", ShardId{0}, 0}}; };
    Published published_{Recovered{}, std::size_t{64} << 20, Lsn{0}, {20'000, 20'000}};
    Offset next_;
};

TEST_F(PassBuilderTest, AnObjectWhoseIndexIsFullIsFollowedByAnother) {
    constexpr std::uint64_t kGroups = 30;
    for (std::uint64_t i = 0; i < kGroups; ++i) publish({refused_batch(), refused_batch()});
    PassLimits limits;
    limits.index_bytes = 30'000;
    BuiltPass built = build(limits);
    built.pass.number = 1;
    ASSERT_GT(built.pass.objects.size(), 4U);
    SealedLog log(fs_, "log", CutsData{uuid_, 0, {}, {}}, Lsn{1}, {});
    const SealedStore store{objects_, log, uuid_, sources_};
    Offset next{0};
    for (std::size_t i = 0; i < built.objects.size(); ++i) {
        const CutObject& object = built.pass.objects[i];
        const std::string& bytes = built.objects[i];
        EXPECT_EQ(object.first, next);
        next = Offset{object.last.value + 1};
        const auto index = load_sealed_index(
            [&](std::uint64_t at, std::size_t size) { return Result<std::string>(bytes.substr(at, size)); },
            bytes.size());
        ASSERT_TRUE(index) << index.error().message;
        EXPECT_LE(index->raw_bytes(), limits.index_bytes);
        ASSERT_TRUE(objects_.put_if_absent(sealed_object_name(sealed_id(store, object)), bytes));
    }
    EXPECT_EQ(next, next_);

    ASSERT_TRUE(log.record(built.pass));
    ASSERT_TRUE(log.finish(false));
    std::vector<Gap> gaps;
    PassReader reader(store, log.pass_for(Lsn{1}), ReadPlace{});
    for (std::uint64_t i = 0; i < 2 * kGroups; ++i) {
        const auto batch = reader.next(gaps);
        ASSERT_TRUE(batch && *batch);
        EXPECT_EQ((*batch)->base, Offset{i * kRefusedBatch});
        EXPECT_EQ((*batch)->records->rejections.size(), kRefusedBatch);
    }
    EXPECT_TRUE(*reader.at_end(gaps));
    EXPECT_TRUE(gaps.empty());
    for (const CutObject& object : built.pass.objects) {
        EXPECT_EQ(log.find(kSource, object.first).object, object);
        EXPECT_EQ(log.find(kSource, object.last).object, object);
    }
}

TEST_F(PassBuilderTest, WhatWasDividedIsDividedThereAgainWhateverIsKept) {
    for (int i = 0; i < 30; ++i) publish({refused_batch()});
    PassLimits limits;
    limits.index_bytes = 15'000;
    const BuiltPass whole = build(limits);
    ASSERT_GT(whole.pass.objects.size(), 4U);
    limits.to = whole.pass.to;
    for (const std::size_t odd : {0U, 1U}) {
        std::vector<CutObject> kept;
        for (std::size_t i = odd; i < whole.pass.objects.size(); i += 2)
            kept.push_back(whole.pass.objects[i]);
        publish({refused_batch()});
        const BuiltPass again = build(limits, kept);
        EXPECT_EQ(again.pass.objects, whole.pass.objects);
        EXPECT_TRUE(again.pass.gaps.empty());
        ASSERT_EQ(again.objects.size(), whole.objects.size());
        for (std::size_t i = 0; i < again.objects.size(); ++i)
            EXPECT_TRUE(again.objects[i] == (i % 2 == odd ? "" : whole.objects[i])) << i;
    }
}

TEST_F(PassBuilderTest, WhatWasAskedForEndsThePass) {
    for (int i = 0; i < 5; ++i) publish({batch_of(kSource, {"a"}), batch_of(kSource, {"b"})});
    PassLimits limits;
    limits.asked = Lsn{3};
    const BuiltPass built = build(limits);
    EXPECT_EQ(built.pass.to, Lsn{4});
    ASSERT_EQ(built.pass.objects.size(), 1U);
    EXPECT_EQ(built.pass.objects[0].last, Offset{5});
    EXPECT_TRUE(built.limited);
    limits.asked = Lsn{5};
    EXPECT_EQ(build(limits).pass.to, Lsn{6});
}

TEST_F(PassBuilderTest, VerdictsCountAsVolumeLikeLines) {
    constexpr std::uint64_t kGroups = 100;
    for (std::uint64_t i = 0; i < kGroups; ++i) publish({refused_batch()});
    ASSERT_LT(next_.value * 3, 20'000U) << "the lines alone reach no limit";
    EXPECT_TRUE(published_.unsealed().full);
    PassLimits limits;
    limits.volume = {20'000, 20'000};
    const BuiltPass built = build(limits);
    EXPECT_TRUE(built.limited);
    EXPECT_LT(built.pass.to, Lsn{kGroups / 2});
    ASSERT_EQ(built.volumes.size(), 1U);
    EXPECT_GE(built.volumes[0].second, 20'000U);
    const std::uint64_t before = published_.unsealed().bytes;
    published_.sealed_to(built.pass.to, built.volumes, std::nullopt);
    EXPECT_EQ(published_.unsealed().bytes, before - built.volumes[0].second);
}

}  // namespace
}  // namespace tillstream::journal
