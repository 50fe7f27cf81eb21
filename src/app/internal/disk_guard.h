// disk_guard.h - keeps the data folder within its share of the disk: at most 90 % of (its size + free space).
//
// Threads:  refusal() from any thread; a thread of its own measures once a second.
// Source:   FACES "Start", default limits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace tillstream::app {

class DiskGuard {
public:
    DiskGuard(std::string dir, std::uint64_t share_max_percent);
    ~DiskGuard();

    /// Why nothing more may be written now, or nothing.
    std::optional<std::string> refusal() const;

private:
    void run();
    void measure();

    const std::string dir_;
    const std::uint64_t share_max_percent_;
    std::atomic<bool> full_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tillstream::app
