#include "core/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace tillstream {
namespace {

TEST(WorkerPoolTest, RunsWhatItTakes) {
    std::atomic<int> sum{0};
    std::promise<void> done;
    WorkerPool pool(3, 100);
    for (int i = 1; i <= 50; ++i) {
        ASSERT_TRUE(pool.submit([&, i] {
            if (sum.fetch_add(i) + i == 1275) done.set_value();
        }));
    }
    done.get_future().wait();
    EXPECT_EQ(sum, 1275);
}

TEST(WorkerPoolTest, AFullQueueRefusesAndDestructionDropsWhatWaits) {
    std::promise<void> started, release;
    const auto token = std::make_shared<int>(0);
    std::atomic<int> ran{0};
    {
        WorkerPool pool(1, 2);
        ASSERT_TRUE(pool.submit([&] {
            started.set_value();
            release.get_future().wait();
        }));
        started.get_future().wait();
        ASSERT_TRUE(pool.submit([&, token] { ++ran; }));
        ASSERT_TRUE(pool.submit([&, token] { ++ran; }));
        EXPECT_FALSE(pool.submit([&] { ++ran; }));
        std::thread later([&] { release.set_value(); });
        later.detach();
    }
    EXPECT_EQ(token.use_count(), 1) << "queued tasks are destroyed, run or not";
    EXPECT_LE(ran, 2);
}

}  // namespace
}  // namespace tillstream
