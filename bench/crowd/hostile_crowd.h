// hostile_crowd.h - thousands of hostile connections from one thread, each opened again when the server ends
// it.
//
// Lifecycle:  assemble (returns when all are open) -> hold, until told to end.
// Pace:       kOpenedPerSecond at most, so that the crowd is no flood of connects and its time-outs are
//             spread.
// Threads:    one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "bench/crowd/hostile_connection.h"

namespace tillstream::bench {

struct CrowdOptions {
    std::uint16_t port = 0;  ///< on 127.0.0.1
    std::uint32_t slow = 0;  ///< a third each of header, body and reader
    std::uint32_t idle = 0;
    std::chrono::milliseconds dribble{1'000};  ///< between two bytes of a connection
};

struct CrowdReport {
    std::size_t wanted = 0;
    std::size_t held_least = 0;  ///< since all were open
    double held_mean = 0;
    /// By kind: how often the server ended one, since all were open.
    std::array<std::uint64_t, kHostilities> ended{};
    std::map<int, std::uint64_t> statuses;  ///< of first answers
};

class HostileCrowd {
public:
    static constexpr std::uint32_t kOpenedPerSecond = 2'000;

    explicit HostileCrowd(const CrowdOptions& options);
    ~HostileCrowd();
    HostileCrowd(const HostileCrowd&) = delete;
    HostileCrowd& operator=(const HostileCrowd&) = delete;

    /// Until all are open, or `end_fd` can be read.
    Status assemble(int end_fd);
    /// Until that can be read.
    Status hold();
    CrowdReport report() const;

private:
    using Clock = std::chrono::steady_clock;

    Status watch(int end_fd);
    /// One round of everything; true once `end_fd` can be read.
    Result<bool> turn();
    Status open_some(Clock::time_point now);
    void dribble_some(Clock::time_point now);
    void answer(HostileConnection& connection, std::uint32_t events);
    void lose(HostileConnection& connection);
    std::size_t held() const { return connections_.size() - missing_.size(); }

    CrowdOptions options_;
    std::vector<HostileConnection> connections_;
    std::deque<std::size_t> missing_;  ///< to be opened
    std::size_t next_dribbler_ = 0;
    Clock::time_point last_opening_;
    Clock::time_point last_dribble_;
    double openings_due_ = 0;
    double dribbles_due_ = 0;
    int epoll_ = -1;
    bool assembled_ = false;
    CrowdReport report_;
    double held_sum_ = 0;
    std::uint64_t held_samples_ = 0;
};

/// One JSON object on one line.
std::string format_crowd_report(const CrowdReport& report);

}  // namespace tillstream::bench
