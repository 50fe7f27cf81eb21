// load.h - many producers at once, until the server is killed under them.
//
// Lifecycle:  construct (they start) -> wait_for -> the caller kills the server -> finish.
// Threads:    one a connection; the counters may be read by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/result.h"
#include "tests/crash/ledger.h"

namespace tillstream {

class Load {
public:
    Load(const std::string& url, int round, int connections, std::uint64_t seed);
    ~Load();

    /// Until `records` are acknowledged and `in_flight` requests wait for their answer; a failure if every
    /// client has ended before, or an answer was wrong.
    Status wait_for(std::uint64_t records, int in_flight);
    /// Requests under way right now.
    int in_flight() const { return in_flight_; }
    /// Joins the clients, which end at the first broken connection.
    Ledger finish();
    /// The first answer that no server may give; empty: none.
    std::string wrong_answer();

private:
    void run(int connection);
    void note_wrong(std::string what);

    const std::string url_;
    const int round_;
    const std::uint64_t seed_;
    std::vector<Ledger> ledgers_;
    std::atomic<std::uint64_t> acknowledged_{0};
    std::atomic<int> in_flight_{0};
    std::atomic<int> running_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::string wrong_;
    std::vector<std::thread> threads_;
};

}  // namespace tillstream
