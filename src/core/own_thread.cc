#include "core/own_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>

namespace tillstream {

namespace {

constexpr std::size_t kNameMax = 15;

/// Of the process's first thread: those it starts may have been pinned.
cpu_set_t usable() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(getpid(), sizeof set, &set) == 0) return set;
    // More cores than the set has places for.
    for (unsigned core = 0; core < std::min(std::thread::hardware_concurrency(), unsigned{CPU_SETSIZE});
         ++core)
        CPU_SET(core, &set);
    return set;
}

}  // namespace

void name_own_thread(std::string_view name) {
    pthread_setname_np(pthread_self(), std::string(name.substr(0, kNameMax)).c_str());
}

void lower_own_priority(int nice) {
    // On Linux the nice value belongs to the thread, and setpriority takes its id.
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
}

bool pin_own_thread(unsigned index) {
    const cpu_set_t all = usable();
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &all) || index-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        return pthread_setaffinity_np(pthread_self(), sizeof one, &one) == 0;
    }
    return false;
}

unsigned usable_cores() {
    const cpu_set_t set = usable();
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

}  // namespace tillstream
