#include "delivery/sink_memory.h"

#include <gtest/gtest.h>

#include "core/memory_env.h"

namespace tillstream {
namespace {

using Mode = SinkMemory::Mode;

class SinkMemoryTest : public ::testing::Test {
protected:
    std::unique_ptr<SinkMemory> load() {
        auto memory = std::make_unique<SinkMemory>(fs_, "/state", "warehouse");
        EXPECT_TRUE(memory->load());
        return memory;
    }
    /// Starts at `position` and dies, as by kill -9.
    Mode start_and_die(const std::string& position, const std::string& attempt = "") {
        const auto memory = load();
        const auto mode = memory->begin_run(position);
        EXPECT_TRUE(mode);
        if (!attempt.empty()) {
            EXPECT_TRUE(memory->mark_attempt(attempt));
        }
        fs_.crash(MemoryFilesystem::Loss::all);
        return *mode;
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

TEST_F(SinkMemoryTest, ThreeDeathsAtOnePlaceMeanRecordByRecord) {
    EXPECT_EQ(start_and_die("p7"), Mode::batches);
    EXPECT_EQ(start_and_die("p7"), Mode::batches);
    EXPECT_EQ(start_and_die("p7"), Mode::batches);
    EXPECT_EQ(start_and_die("p7"), Mode::single_records);
    EXPECT_EQ(start_and_die("p8"), Mode::batches) << "progress clears the suspicion";
}

TEST_F(SinkMemoryTest, KillsWithoutAnAttemptNeverBlameARecord) {
    for (int i = 0; i < 20; ++i) EXPECT_NE(start_and_die("p7"), Mode::refuse_first);
}

TEST_F(SinkMemoryTest, ThreeDeathsUnderTheMarkOfOneRecordRefuseIt) {
    for (int i = 0; i < 3; ++i) start_and_die("p7");
    EXPECT_EQ(start_and_die("p7", "p9"), Mode::single_records) << "records 7 and 8 went well, 9 kills";
    EXPECT_EQ(start_and_die("p9", "p9"), Mode::single_records);
    EXPECT_EQ(start_and_die("p9", "p9"), Mode::single_records);
    EXPECT_EQ(start_and_die("p9", "p9"), Mode::refuse_first);
}

TEST_F(SinkMemoryTest, ACleanEndIsNoDeath) {
    for (int i = 0; i < 6; ++i) {
        const auto memory = load();
        const auto mode = memory->begin_run("p7");
        ASSERT_TRUE(mode);
        EXPECT_EQ(*mode, Mode::batches);
        ASSERT_TRUE(memory->end_run());
    }
}

}  // namespace
}  // namespace tillstream
