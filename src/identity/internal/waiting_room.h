// waiting_room.h - requests that wait until another one's claims are settled.
//
// Threads:  any; one of its own calls those whose wait is over. something_settled is called on the log's
//           commit thread: one load when nobody waits.
// Order:    the state of a claim is stored before something_settled looks whether anybody waits, and whoever
//           waits is counted before the state is looked at: one of the two sees the other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "identity/internal/claim_table.h"

namespace tillstream::identity {

class WaitingRoom {
public:
    WaitingRoom();
    ~WaitingRoom();
    WaitingRoom(const WaitingRoom&) = delete;

    /// `claims` lies in `table`. `again` gets true, or false if the room closes first.
    void wait_for(std::shared_ptr<const ClaimTable> table, const Pending& claims,
                  std::function<void(bool)> again);
    void something_settled();
    /// Sends everybody away. Repeatable.
    void close();

private:
    struct Guest {
        std::shared_ptr<const ClaimTable> table;
        const Pending* claims;
        std::function<void(bool)> again;

        bool may_go() const { return claims->state() != ClaimState::pending; }
    };
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Guest> guests_;
    std::atomic<std::size_t> count_{0};
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace tillstream::identity
