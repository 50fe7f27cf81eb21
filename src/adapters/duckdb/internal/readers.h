// readers.h - the pool of read-only connections, each with a watchdog over its deadline.
//
// Lifecycle:  all connections are made before settings are locked; a query borrows one (Lease) until it has
//             ended.
// Threads:    any; one thread a lease.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/duckdb/internal/connection.h"
#include "core/result.h"

namespace tillstream::duck {

class Readers {
public:
    using Clock = std::chrono::steady_clock;
    enum class Stop : std::uint8_t { none, timeout, memory, reopening };

    explicit Readers(std::vector<Connection> connections);
    /// Ends running queries and waits for their leases.
    ~Readers();

    class Lease {
    public:
        Lease(Readers& readers, std::size_t index) : readers_(&readers), index_(index) {}
        Lease(Lease&& other) noexcept
            : readers_(std::exchange(other.readers_, nullptr)), index_(other.index_) {}
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        duckdb_connection connection() const;
        /// Why the query was interrupted, if it was.
        Stop stopped() const;
        /// No interrupt comes from here on: what cleans up behind the query runs to its end.
        void shield();

    private:
        Readers* readers_;
        std::size_t index_;
    };

    /// unavailable if none gets free before the deadline.
    Result<Lease> borrow(Clock::time_point deadline);

    /// Interrupts every query that has run since before `begun`, because memory is needed for a commit that
    /// was tried then; waits until they have ended or `patience` has passed. What came later goes on: a next
    /// try may find room beside it.
    void cancel_older(Clock::time_point begun, std::chrono::milliseconds patience);
    /// Interrupts every query, because the engine has died under it; does not wait. Nothing is lent from here
    /// on.
    void end_all();

private:
    struct Slot {
        Connection connection;
        bool busy = false;
        Clock::time_point begun;
        Clock::time_point deadline;
        Stop stop = Stop::none;
        bool shielded = false;
    };
    void watch();
    std::optional<std::size_t> free_slot() const;
    void give_back(std::size_t index);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Slot> slots_;
    std::size_t busy_ = 0;
    bool closing_ = false;
    std::thread watchdog_;
};

}  // namespace tillstream::duck
