#include "core/own_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <set>
#include <thread>

namespace tillstream {
namespace {

TEST(OwnThread, HasTheNameItGaveItselfCutAfterFifteenBytes) {
    std::thread([] {
        name_own_thread("sink-quarantine-of-returns");
        char name[16];
        ASSERT_EQ(pthread_getname_np(pthread_self(), name, sizeof name), 0);
        EXPECT_STREQ(name, "sink-quarantine");
    }).join();
}

TEST(OwnThread, EachIndexIsAnotherCoreAndBeyondTheLastNothingChanges) {
    std::set<int> cores;
    for (unsigned i = 0; i < usable_cores(); ++i) {
        std::thread([&] {
            ASSERT_TRUE(pin_own_thread(i));
            std::this_thread::yield();
            cores.insert(sched_getcpu());
            EXPECT_FALSE(pin_own_thread(usable_cores()));
            cpu_set_t set;
            ASSERT_EQ(pthread_getaffinity_np(pthread_self(), sizeof set, &set), 0);
            EXPECT_EQ(CPU_COUNT(&set), 1);
        }).join();
    }
    EXPECT_EQ(cores.size(), usable_cores());
}

TEST(OwnThread, OthersKeepTheirCores) {
    std::thread([] { pin_own_thread(0); }).join();
    cpu_set_t set;
    ASSERT_EQ(pthread_getaffinity_np(pthread_self(), sizeof set, &set), 0);
    EXPECT_EQ(static_cast<unsigned>(CPU_COUNT(&set)), usable_cores());
}

}  // namespace
}  // namespace tillstream
