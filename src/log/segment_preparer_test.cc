#include "log/internal/segment_preparer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/memory_env.h"

namespace tillstream::journal {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

void wait_for(MemoryFilesystem& fs, const std::string& path) {
    while (!*fs.exists(path)) std::this_thread::yield();
}

TEST(SegmentPreparer, FillingIsPacedWhenASpareWasReady) {
    constexpr std::uint64_t kSteps = 32;
    MemoryFilesystem fs;
    ASSERT_TRUE(fs.make_dirs("log"));
    SegmentPreparer preparer(fs, "log", {kSteps * kMebibyte, 100 * kSteps * kMebibyte, 1}, 0);
    ASSERT_TRUE(preparer.start());
    wait_for(fs, "log/spare-000000000001.spare");
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(preparer.take());
    wait_for(fs, "log/spare-000000000002.spare");
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(kSteps));
}

TEST(SegmentPreparer, ASpareGivenBackIsTakenAgainWithinTheBudget) {
    MemoryFilesystem fs;
    ASSERT_TRUE(fs.make_dirs("log"));
    SegmentPreparer preparer(fs, "log", {kMebibyte, kMebibyte, 1}, 0);
    ASSERT_TRUE(preparer.start());
    const auto spare = preparer.take();
    ASSERT_TRUE(spare);
    const auto refused = preparer.take();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::resource_exhausted);
    EXPECT_NE(refused.error().message.find("raise log.budget_bytes"), std::string::npos);
    preparer.give_back(*spare);
    EXPECT_EQ(*preparer.take(), *spare);
    // One that is gone leaves only its place in the budget.
    ASSERT_TRUE(fs.remove(*spare));
    preparer.give_back(*spare);
    const auto fresh = preparer.take();
    ASSERT_TRUE(fresh) << fresh.error().message;
    EXPECT_NE(*fresh, *spare);
}

}  // namespace
}  // namespace tillstream::journal
