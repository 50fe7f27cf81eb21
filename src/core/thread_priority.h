// thread_priority.h - lets a thread run behind the others when cores are short.
#pragma once

namespace tillstream {

/// Nice value of threads that deliver and compute: acknowledgements and the log's commit thread come first.
inline constexpr int kBackgroundNice = 10;

/// For the calling thread, and for threads it starts later. Without effect where the system refuses.
void lower_own_priority(int nice = kBackgroundNice);

}  // namespace tillstream
