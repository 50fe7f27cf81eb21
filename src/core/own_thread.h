// own_thread.h - what a thread says of itself to the system: its name, its priority, its core.
//
// All calls are for the calling thread and, but for the name of one that has another, for those it starts
// later. They ask, and are without effect where the system refuses.
#pragma once

#include <string_view>

namespace tillstream {

/// Nice value of threads that deliver and compute: acknowledgements and the log's commit thread come first.
inline constexpr int kBackgroundNice = 10;

/// As `top -H` shows it; cut after 15 bytes.
void name_own_thread(std::string_view name);

void lower_own_priority(int nice = kBackgroundNice);

/// To the core at `index`, from 0, of those the process may use. False, and nothing is changed, if it may
/// not use so many.
bool pin_own_thread(unsigned index);

/// Cores the process may use: at least 1, fewer than the machine has under taskset or in a cpuset.
unsigned usable_cores();

}  // namespace tillstream
