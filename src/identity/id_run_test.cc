#include "identity/internal/id_run.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "core/memory_env.h"
#include "identity/internal/run_store.h"

namespace tillstream::identity {
namespace {

constexpr Hour kNow = 358'664;

class IdRunTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(fs_.make_dirs("runs")); }

    std::vector<IdHash> made_up(std::size_t count, std::uint64_t seed, Hour hour = kNow) {
        std::mt19937_64 random(seed);
        std::vector<IdHash> hashes;
        for (std::size_t i = 0; i < count; ++i)
            hashes.push_back(IdHash{random(), random() & ~kTagMask}.with(Kind::accepted, hour));
        std::sort(hashes.begin(), hashes.end());
        return hashes;
    }
    RunPtr write(const std::vector<IdHash>& hashes, std::uint64_t number, RunKind kind = RunKind::ids) {
        auto writer = RunWriter::open(fs_, "runs", kind, number, hashes.size());
        EXPECT_TRUE(writer);
        for (const IdHash& hash : hashes)
            EXPECT_TRUE(writer->add(hash, kind == RunKind::keys ? text_of(hash) : std::string()));
        const auto info = writer->finish(kNow, kNow);
        EXPECT_TRUE(info) << info.error().message;
        auto run = IdRun::open(fs_, "runs", *info);
        EXPECT_TRUE(run) << run.error().message;
        return *run;
    }
    static std::string text_of(const IdHash& hash) { return "text " + std::to_string(hash.high % 1'000); }
    static std::size_t found_in(const IdRun& run, const IdHash& hash) {
        std::vector<IdHash> found;
        EXPECT_TRUE(run.find(hash, found));
        return found.size();
    }

    MemoryFilesystem fs_;
};

TEST_F(IdRunTest, HoldsWhatWasGivenAndNothingElse) {
    for (const std::size_t count : {0, 1, 254, 255, 256, 10'000}) {
        SCOPED_TRACE(count);
        const auto hashes = made_up(count, count + 1);
        const RunPtr run = write(hashes, count + 1);
        for (const IdHash& hash : hashes) {
            EXPECT_TRUE(run->filter().may_hold(hash));
            EXPECT_EQ(found_in(*run, hash), 1U);
        }
        std::size_t wrong = 0;
        for (const IdHash& hash : made_up(10'000, 99)) {
            EXPECT_EQ(found_in(*run, hash), 0U);
            wrong += run->filter().may_hold(hash) ? 1 : 0;
        }
        EXPECT_LE(wrong, 150U) << "of 10,000: the filter lets too many through";
        EXPECT_TRUE(run->check());
    }
}

TEST_F(IdRunTest, EqualHashesOfSeveralKindsAreFoundAcrossBlocks) {
    std::vector<IdHash> hashes = made_up(254, 5);
    const IdHash last{~std::uint64_t{0}, 0};
    hashes.push_back(last.with(Kind::accepted, kNow));
    hashes.push_back(last.with(Kind::rejected, kNow));
    std::sort(hashes.begin(), hashes.end());
    EXPECT_EQ(found_in(*write(hashes, 1), last), 2U);
}

TEST_F(IdRunTest, AMergeKeepsTheNewestAndDropsWhatIsTooOld) {
    const auto old = made_up(1'000, 1, kNow - 200), recent = made_up(1'000, 2, kNow - 5);
    std::vector<IdHash> again;
    for (std::size_t i = 0; i < 100; ++i) again.push_back(recent[i].with(Kind::accepted, kNow));
    const auto merged =
        merge_runs(fs_, "runs", {write(old, 1), write(recent, 2), write(again, 3)}, 4, kNow, 168);
    ASSERT_TRUE(merged) << merged.error().message;
    EXPECT_EQ(merged->entries, 1'000U);
    const auto run = IdRun::open(fs_, "runs", *merged);
    ASSERT_TRUE(run);
    for (const IdHash& hash : old) EXPECT_EQ(found_in(**run, hash), 0U);
    for (std::size_t i = 0; i < recent.size(); ++i) {
        std::vector<IdHash> found;
        ASSERT_TRUE((*run)->find(recent[i], found));
        ASSERT_EQ(found.size(), 1U);
        EXPECT_EQ(age_of(found[0], kNow), i < 100 ? 0U : 5U);
    }
}

TEST_F(IdRunTest, KeysHaveTheirTexts) {
    const auto keys = made_up(1'000, 7);
    const auto merged = merge_runs(fs_, "runs",
                                   {write({keys.begin(), keys.begin() + 500}, 1, RunKind::keys),
                                    write({keys.begin() + 500, keys.end()}, 2, RunKind::keys)},
                                   3, kNow, 168);
    ASSERT_TRUE(merged);
    const auto run = IdRun::open(fs_, "runs", *merged);
    ASSERT_TRUE(run);
    for (const IdHash& key : keys) EXPECT_EQ(*(*run)->text_of(key), text_of(key));
    EXPECT_EQ(*(*run)->text_of(IdHash{1, 0}), "");
    EXPECT_TRUE((*run)->check());
}

TEST_F(IdRunTest, EveryBitOfTheHeaderCounts) {
    const RunInfo info = write(made_up(300, 3), 1)->info();
    const std::string path = run_path("runs", RunKind::ids, 1);
    for (std::uint64_t byte = 0; byte < kRunHeaderBytes; ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            ASSERT_TRUE(fs_.flip_bit(path, byte, bit));
            const auto opened = IdRun::open(fs_, "runs", info);
            ASSERT_FALSE(opened) << "byte " << byte << " bit " << bit;
            EXPECT_EQ(opened.error().code, Errc::corruption);
            ASSERT_TRUE(fs_.flip_bit(path, byte, bit));
        }
    }
    EXPECT_TRUE(IdRun::open(fs_, "runs", info));
}

TEST_F(IdRunTest, DamageBehindTheHeaderIsFoundAtOpenOrWhenItIsRead) {
    const auto hashes = made_up(1'000, 4);
    const RunInfo info = write(hashes, 1)->info();
    const std::string path = run_path("runs", RunKind::ids, 1);
    const std::uint64_t size = *(*fs_.open(path, {}))->size();
    for (std::uint64_t byte = kRunBlock; byte < size; byte += 37) {
        ASSERT_TRUE(fs_.flip_bit(path, byte, static_cast<int>(byte % 8)));
        const auto opened = IdRun::open(fs_, "runs", info);
        const bool found = !opened || !(*opened)->check();
        EXPECT_TRUE(found) << "byte " << byte;
        ASSERT_TRUE(fs_.flip_bit(path, byte, static_cast<int>(byte % 8)));
    }
}

TEST_F(IdRunTest, ARunThatIsCutOffIsRefused) {
    const RunInfo info = write(made_up(1'000, 4), 1)->info();
    const std::string path = run_path("runs", RunKind::ids, 1);
    auto file = fs_.open(path, {.write = true});
    ASSERT_TRUE(file);
    for (std::uint64_t size = *(*file)->size(); size > 0; size = size * 9 / 10) {
        ASSERT_TRUE((*file)->truncate(size - 1));
        const auto opened = IdRun::open(fs_, "runs", info);
        ASSERT_FALSE(opened) << size;
        EXPECT_EQ(opened.error().code, Errc::corruption);
    }
}

class RunStoreTest : public IdRunTest {
protected:
    void open() {
        auto store = RunStore::open(fs_, "runs", {168, 1'000'000}, Logger::silent(), metrics_);
        ASSERT_TRUE(store) << store.error().message;
        store_ = std::move(*store);
    }
    unsigned kinds_of(const IdHash& hash) {
        unsigned kinds = 0;
        store_->look_up(*store_->runs(), {&hash, 1}, kNow, &kinds);
        return kinds;
    }

    Metrics metrics_;
    std::unique_ptr<RunStore> store_;
};

TEST_F(RunStoreTest, DamageFoundLaterIsToldAndMendedAtTheNextOpen) {
    open();
    auto hashes = made_up(1'000, 6);
    ASSERT_TRUE(store_->seal(hashes, {}, "cursor", kNow));
    EXPECT_EQ(kinds_of(hashes[10]), bit_of(Kind::accepted));
    ASSERT_TRUE(fs_.flip_bit(run_path("runs", RunKind::ids, 1), kRunBlock + 100, 3));
    EXPECT_EQ(kinds_of(hashes[10]), 0U);
    EXPECT_EQ(kinds_of(hashes[900]), bit_of(Kind::accepted)) << "another block";
    ASSERT_TRUE(store_->tidy(kNow));
    open();
    EXPECT_EQ(store_->cursor(), "") << "everything is to be read again";
    EXPECT_EQ(store_->ids(), 0U);
}

TEST_F(RunStoreTest, DamageFoundByAMergeIsToldAndTheOthersAreMerged) {
    open();
    const auto seal = [&](std::uint64_t seed) {
        std::vector<IdHash> hashes = made_up(1'000, seed);
        ASSERT_TRUE(store_->seal(hashes, {}, "cursor", kNow));
    };
    seal(1);
    ASSERT_TRUE(fs_.flip_bit(run_path("runs", RunKind::ids, 1), kRunBlock + 100, 3));
    for (std::uint64_t seed = 2; seed <= 8; ++seed) {
        seal(seed);
        ASSERT_TRUE(store_->tidy(kNow)) << seed;
    }
    EXPECT_THAT(metrics_.expose(), ::testing::HasSubstr("tillstream_dedup_damage_total 1"));
    EXPECT_LE(store_->runs()->ids.size(), 5U);
    EXPECT_EQ(store_->ids(), 8'000U);
    open();
    EXPECT_EQ(store_->cursor(), "");
}

TEST_F(RunStoreTest, ALostRunOrListMeansReadingTheLogAgain) {
    for (const std::string& lost : {run_path("runs", RunKind::ids, 1), std::string("runs/index")}) {
        open();
        std::vector<IdHash> ids = made_up(10, 6);
        ASSERT_TRUE(store_->seal(ids, {}, "cursor", kNow));
        ASSERT_TRUE(fs_.remove(lost));
        open();
        EXPECT_EQ(store_->cursor(), "");
        EXPECT_EQ(store_->ids(), 0U);
        EXPECT_EQ(fs_.list("runs")->size(), 1U) << "nothing is left but the list";
    }
}

TEST_F(RunStoreTest, WhatNobodyNamesIsRemoved) {
    open();
    std::vector<IdHash> ids = made_up(10, 6);
    ASSERT_TRUE(store_->seal(ids, {}, "cursor", kNow));
    write(made_up(10, 7), 77);
    ASSERT_TRUE(write_file_atomic(fs_, "runs/000000000009.ids.tmp", "half"));
    open();
    EXPECT_EQ(store_->cursor(), "cursor");
    EXPECT_EQ(*fs_.list("runs"), (std::vector<std::string>{"000000000001.ids", "index"}));
}

}  // namespace
}  // namespace tillstream::identity
