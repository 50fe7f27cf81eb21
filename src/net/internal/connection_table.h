// connection_table.h - every open connection of a server: the caps, and who must go when it is full.
//
// Threads:  any; touched when connections open and close, not per request.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tillstream::internal {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What the table knows of a connection; each is one of its bases.
class TableEntry {
public:
    virtual ~TableEntry() = default;
    /// Closes it soon, on its own thread. From any thread.
    virtual void evict() = 0;

    std::string peer;                              ///< constant once in the table
    std::atomic<SteadyTime::rep> last_request{0};  ///< when it was opened or last sent a complete request
    std::atomic<bool> busy{false};                 ///< a complete request is being answered
    /// Of a large answer that its peer has not taken yet; 0 without one.
    std::atomic<std::size_t> answer_bytes{0};
    std::atomic<SteadyTime::rep> answering_since{0};  ///< meaningful with answer_bytes

private:
    friend class ConnectionTable;
    std::size_t index_ = 0;
    bool evicted_ = false;
};

class ConnectionTable {
public:
    ConnectionTable(std::size_t connections_max, std::size_t per_address_max)
        : connections_max_(connections_max), per_address_max_(per_address_max) {}

    struct Admission {
        bool admitted = false;
        std::shared_ptr<TableEntry> victim;  ///< to be evicted by the caller
    };
    /// Refuses when the peer has its share already, unless `exempt`. When the table is full, names the entry
    /// longest without a complete request, preferring those not being answered.
    Admission add(const std::shared_ptr<TableEntry>& entry, bool exempt);
    /// So many of those whose answers wait for their peers, the longest first, that the others hold at most
    /// `bytes_max`; to be evicted by the caller.
    std::vector<std::shared_ptr<TableEntry>> slow_readers(std::size_t bytes_max);
    void remove(TableEntry& entry);
    /// Entries told to go that are still here.
    std::size_t leaving() const;
    /// False if `give_up` came first.
    bool wait_until_empty(SteadyTime give_up) const;
    std::vector<std::shared_ptr<TableEntry>> all() const;

private:
    std::shared_ptr<TableEntry> pick_victim();

    const std::size_t connections_max_;
    const std::size_t per_address_max_;
    mutable std::mutex mutex_;
    mutable std::condition_variable emptied_;
    std::vector<std::shared_ptr<TableEntry>> entries_;
    std::map<std::string, std::size_t> per_address_;
    std::size_t evicted_ = 0;
};

}  // namespace tillstream::internal
