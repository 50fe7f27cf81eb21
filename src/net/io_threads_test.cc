// Which cores the io threads of a server keep to.
#include <gtest/gtest.h>
#include <sched.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "core/own_thread.h"
#include "net/loopback_test.h"

namespace tillstream {
namespace {

using testing::Loopback;

/// The cores each io thread of this process may use, as soon as there are `count` of them.
std::vector<std::set<int>> cores_of_io_threads(std::size_t count) {
    for (;;) {
        std::vector<std::set<int>> all;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::string name;
            std::getline(std::ifstream(task.path() / "comm"), name);
            if (name != "net-io") continue;
            cpu_set_t set;
            CPU_ZERO(&set);
            if (sched_getaffinity(std::stoi(task.path().filename()), sizeof set, &set) != 0) continue;
            std::set<int>& cores = all.emplace_back();
            for (int core = 0; core < CPU_SETSIZE; ++core)
                if (CPU_ISSET(core, &set)) cores.insert(core);
        }
        if (all.size() == count) return all;
        std::this_thread::yield();
    }
}

/// Pinning comes after the name: a thread that is seen may have to be waited for.
std::vector<std::set<int>> pinned_cores(std::size_t count) {
    for (;;) {
        auto all = cores_of_io_threads(count);
        if (std::all_of(all.begin(), all.end(), [](const auto& cores) { return cores.size() == 1; }))
            return all;
        std::this_thread::yield();
    }
}

TEST(IoThreadsTest, HaveACoreEach) {
    const unsigned count = usable_cores();
    const Loopback loopback({.io_threads = count});
    const auto all = pinned_cores(count);
    EXPECT_EQ(std::set(all.begin(), all.end()).size(), count);
}

TEST(IoThreadsTest, UseAllCoresIfThereAreMoreThreadsOrIfTheyAreTold) {
    const unsigned cores = usable_cores();
    for (const ServerOptions& options : {ServerOptions{.io_threads = cores + 1},
                                         ServerOptions{.io_threads = cores, .pin_io_threads = false}}) {
        Loopback loopback(options);
        testing::RawConnection(*loopback.server);
        for (const auto& of_one : cores_of_io_threads(options.io_threads)) EXPECT_EQ(of_one.size(), cores);
    }
}

}  // namespace
}  // namespace tillstream
