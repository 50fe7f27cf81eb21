#include "delivery/sink_memory.h"

#include <gtest/gtest.h>

#include "core/memory_env.h"

namespace tillstream {
namespace {

using Care = SinkMemory::Care;
constexpr Care kAsUsual{};
constexpr Care kInPieces{4096, 4096, false};

class SinkMemoryTest : public ::testing::Test {
protected:
    std::unique_ptr<SinkMemory> load() {
        auto memory = std::make_unique<SinkMemory>(fs_, "/state", "warehouse");
        EXPECT_TRUE(memory->load());
        return memory;
    }
    /// Starts at `position` and dies, as by kill -9; under the mark of a piece if `attempt` names its place.
    Care start_and_die(const std::string& position, const std::string& attempt = "",
                       std::uint32_t records = 1) {
        const auto memory = load();
        const auto care = memory->begin_run(position);
        EXPECT_TRUE(care);
        if (!attempt.empty()) {
            EXPECT_TRUE(memory->mark_attempt(attempt, records));
        }
        fs_.crash(MemoryFilesystem::Loss::all);
        return *care;
    }

    MemoryFilesystem fs_;
};

TEST_F(SinkMemoryTest, APauseSurvivesACrash) {
    EXPECT_FALSE(load()->paused());
    const auto memory = load();
    ASSERT_TRUE(memory->set_paused(true));
    fs_.crash(MemoryFilesystem::Loss::all);
    EXPECT_TRUE(load()->paused());
    const auto again = load();
    ASSERT_TRUE(again->set_paused(false));
    EXPECT_FALSE(load()->paused());
}

TEST_F(SinkMemoryTest, ThreeDeathsAtOnePlaceMeanSmallerPieces) {
    EXPECT_EQ(start_and_die("p7"), kAsUsual);
    EXPECT_EQ(start_and_die("p7"), kAsUsual);
    EXPECT_EQ(start_and_die("p7"), kAsUsual);
    EXPECT_EQ(start_and_die("p7"), kInPieces);
    EXPECT_EQ(start_and_die("p8"), kAsUsual) << "progress clears the suspicion";
}

TEST_F(SinkMemoryTest, KillsWithoutAnAttemptNeverBlameARecord) {
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(start_and_die("p7").refuse_first);
}

TEST_F(SinkMemoryTest, APieceUnderWhoseMarkItDiedIsCutDownToTheRecord) {
    for (int i = 0; i < 3; ++i) start_and_die("p7");
    EXPECT_EQ(start_and_die("p7", "p9", 4096), kInPieces) << "up to 8 all went well, the piece at 9 kills";
    EXPECT_EQ(start_and_die("p9", "p10", 256), (Care{4096, 256, false}));
    EXPECT_EQ(start_and_die("p10", "p11", 16), (Care{256, 16, false}));
    EXPECT_EQ(start_and_die("p11", "p12"), (Care{16, 1, false}));
    EXPECT_EQ(start_and_die("p12", "p12"), (Care{1, 1, false}));
    EXPECT_EQ(start_and_die("p12", "p12"), (Care{1, 1, false}));
    EXPECT_EQ(start_and_die("p12", "p12"), (Care{1, 1, true})) << "three deaths of one record";
}

TEST_F(SinkMemoryTest, OnlyDeathsOfTheSameRecordAddUp) {
    for (int i = 0; i < 3; ++i) start_and_die("p7");
    start_and_die("p7", "p9", 16);
    start_and_die("p9", "p9");
    start_and_die("p9", "p10");
    start_and_die("p10", "p10");
    EXPECT_FALSE(start_and_die("p10", "p10").refuse_first);
    EXPECT_TRUE(start_and_die("p10", "p10").refuse_first);
}

TEST_F(SinkMemoryTest, ACleanEndIsNoDeath) {
    for (int i = 0; i < 6; ++i) {
        const auto memory = load();
        const auto care = memory->begin_run("p7");
        ASSERT_TRUE(care);
        EXPECT_EQ(*care, kAsUsual);
        ASSERT_TRUE(memory->end_run());
    }
}

}  // namespace
}  // namespace tillstream
