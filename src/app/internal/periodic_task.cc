#include "app/internal/periodic_task.h"

#include "core/own_thread.h"

namespace tillstream::app {

PeriodicTask::PeriodicTask(std::chrono::milliseconds period, std::function<void()> task)
    : task_(std::move(task)), thread_([this, period] { run(period); }) {}

PeriodicTask::~PeriodicTask() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void PeriodicTask::run(std::chrono::milliseconds period) {
    name_own_thread("house-keeping");
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period, [&] { return stopping_; })) {
        lock.unlock();
        task_();
        lock.lock();
    }
}

}  // namespace tillstream::app
