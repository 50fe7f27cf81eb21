// worker_pool.h - a few threads for work that may wait, with a bounded queue.
//
// Lifecycle:  the destructor waits for the tasks that run, and drops those still queued.
// Exceptions: a task that throws is a bug of the task; the pool ends the process rather than lose a thread in
//             silence.
// Threads:    submit from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tillstream {

class WorkerPool {
public:
    WorkerPool(std::size_t threads, std::size_t queue_max);
    ~WorkerPool();

    /// False, and nothing done, if the queue is full.
    bool submit(std::function<void()> task);

private:
    void run();

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace tillstream
