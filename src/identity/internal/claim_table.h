// claim_table.h - the ids claimed since the last run was sealed, each with the request that claimed it.
//
// Rule:     an entry counts for others once its request is durable; while it is pending, whoever meets it has
//           to wait; taken back, it is as if it had never been. A request settles all its entries at once, by
//           one store: the log's commit thread has no time to walk them.
// Threads:  its user locks, but for Pending::settle, which needs no lock.
// Order:    an id's place is chosen by the upper bits of its hash, so that the table is nearly in their
//           order: growing writes from front to back, and what is collected for a run is hardly to be sorted.
// Cost:     24 bytes an id, at least a third of the table empty; no allocation per id but for doubling.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "identity/internal/id_hash.h"

namespace tillstream::identity {

enum class ClaimState : std::uint8_t { pending, durable, taken_back };

class ClaimTable;

/// One request's claims.
class Pending {
public:
    explicit Pending(ClaimTable& table) : table_(table) {}
    ClaimState state() const { return state_.load(); }
    /// Of durable claims.
    Hour hour() const { return hour_.load(std::memory_order_relaxed); }
    /// Once. True if it was the last one that the table's user waits for.
    bool settle(ClaimState state, Hour hour);

private:
    ClaimTable& table_;
    std::atomic<ClaimState> state_{ClaimState::pending};
    std::atomic<Hour> hour_{0};
};

class ClaimTable {
    struct Slot {
        IdHash hash;
        std::uint32_t request;
    };

public:
    /// A power of two.
    using Slots = std::vector<Slot>;

    /// With room for `expected` ids before it grows. `used` has served another table and is taken if its size
    /// fits: fresh memory costs more than clearing.
    explicit ClaimTable(std::size_t expected = 0, Slots used = {});
    /// Of a table that nobody asks any more; its requests stay.
    Slots take_slots() { return std::exchange(slots_, {}); }
    /// Whether a new one for so many ids would be just as large.
    bool fits(std::size_t expected) const;

    /// A new request; the reference stays valid.
    std::uint32_t add_request();
    Pending& request(std::uint32_t number) { return requests_[number]; }

    struct Found {
        unsigned kinds = 0;                  ///< bit_of each kind that counts
        const Pending* waits_for = nullptr;  ///< another request's pending claim
    };
    /// `own` is the asking request: its claims count for itself.
    Found find(const IdHash& hash, const Pending* own) const;
    /// Of a hash that is asked for soon: the table is larger than the processor's caches.
    [[gnu::always_inline]] void prefetch(const IdHash& hash) const {
        __builtin_prefetch(&slots_[home(hash)]);
    }
    /// Nothing if the same is there under a claim that counts.
    void insert(const IdHash& hash, Kind kind, std::uint32_t request);

    /// Ids, or requests if those are more: either grows the table.
    std::size_t size() const { return std::max(used_, requests_.size()); }
    std::size_t memory_bytes() const { return slots_.size() * sizeof(Slot); }
    /// How many requests are pending.
    int running() const { return running_.load(); }

    /// Appends the entries of durable requests with their hours, in order.
    void collect(std::vector<IdHash>& into) const;

private:
    friend class Pending;
    static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
    std::size_t home(const IdHash& hash) const { return hash.high >> shift_; }
    void use(Slots slots);
    void grow();
    void place(const Slot& slot);
    void take(const Slot& slot, std::vector<IdHash>& into) const;

    Slots slots_;
    int shift_ = 0;
    std::size_t used_ = 0;
    std::deque<Pending> requests_;
    std::atomic<int> running_{0};
};

}  // namespace tillstream::identity
