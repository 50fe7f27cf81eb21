#include "identity/internal/waiting_room.h"

#include <algorithm>
#include <iterator>

#include "core/own_thread.h"

namespace tillstream::identity {

WaitingRoom::WaitingRoom() : thread_([this] { run(); }) {}
WaitingRoom::~WaitingRoom() { close(); }

void WaitingRoom::wait_for(std::shared_ptr<const ClaimTable> table, const Pending& claims,
                           std::function<void(bool)> again) {
    {
        const std::lock_guard lock(mutex_);
        if (!closing_) {
            guests_.push_back({std::move(table), &claims, std::move(again)});
            count_.store(guests_.size());
            wake_.notify_one();
            return;
        }
    }
    again(false);
}

void WaitingRoom::something_settled() {
    if (count_.load() == 0) return;
    const std::lock_guard lock(mutex_);
    wake_.notify_one();
}

void WaitingRoom::close() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void WaitingRoom::run() {
    name_own_thread("id-waits");
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto some_may_go = [this] {
            return closing_ ||
                   std::any_of(guests_.begin(), guests_.end(), [](const Guest& g) { return g.may_go(); });
        };
        wake_.wait(lock, some_may_go);
        std::vector<Guest> going;
        const auto first = std::stable_partition(guests_.begin(), guests_.end(), [this](const Guest& guest) {
            return !closing_ && !guest.may_go();
        });
        std::move(first, guests_.end(), std::back_inserter(going));
        guests_.erase(first, guests_.end());
        count_.store(guests_.size());
        const bool closing = closing_;
        lock.unlock();
        for (Guest& guest : going) guest.again(!closing);
        going.clear();
        lock.lock();
        if (closing) return;
    }
}

}  // namespace tillstream::identity
