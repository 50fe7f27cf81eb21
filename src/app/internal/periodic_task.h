// periodic_task.h - a thread that does one short thing again and again.
//
// Lifecycle:  runs until destruction, which waits for a run under way.
// Threads:    the task runs on a thread of its own, one run at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace tillstream::app {

class PeriodicTask {
public:
    /// First after one period. The task must not throw.
    PeriodicTask(std::chrono::milliseconds period, std::function<void()> task);
    ~PeriodicTask();

private:
    void run(std::chrono::milliseconds period);

    const std::function<void()> task_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tillstream::app
