// claim_table.h - the ids of a stripe claimed since the last run was sealed, each with the request that did.
//
// Rule:     an entry counts for others once its request is durable; while it is pending, whoever meets it has
//           to wait; taken back, it is as if it had never been. A request settles all its entries in a table
//           at once, by one store: the log's commit thread has no time to walk them.
// Threads:  its user locks, but for Pending::settle, which needs no lock.
// Form:     ids lie in the order they came in; an index of 4 bytes a slot, small enough for the processor's
//           caches, finds them. An id's slot is chosen by the upper bits of its hash that differ within a
//           stripe, so that the index goes through them nearly in their order: what is collected for a run is
//           hardly to be sorted.
// Cost:     24 bytes an id and 4 a slot, at least a third of the slots empty; 16 bytes a request. No
//           allocation per id but for doubling. At most kIdsMax ids.
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
    struct Entry {
        IdHash hash;
        std::uint32_t request;
    };

public:
    /// The memory of a table.
    struct Room {
        std::vector<std::uint32_t> slots;  ///< a power of two
        std::vector<Entry> entries;
        std::size_t bytes() const {
            return slots.capacity() * sizeof slots[0] + entries.capacity() * sizeof entries[0];
        }
    };
    static constexpr std::size_t kBytesPerIdMax = 60;  ///< just doubled; while it doubles half as much more

    /// With room for `expected` ids before it grows. `used` has served another table and is taken if its size
    /// fits: fresh memory costs more than clearing.
    explicit ClaimTable(std::size_t expected = 0, Room used = {});
    /// Of a table that nobody asks any more; its requests stay.
    Room take_room() { return std::exchange(room_, {}); }
    /// Whether a new one for so many ids would be just as large.
    bool fits(std::size_t expected) const;

    /// A new request; the reference stays valid.
    std::uint32_t add_request();
    Pending& request(std::uint32_t number) { return requests_[number]; }

    struct Found {
        unsigned kinds = 0;                  ///< bit_of each kind that counts
        const Pending* waits_for = nullptr;  ///< another request's pending claim
        bool met = false;                    ///< an entry of that hash, whether it counts or not
        std::size_t slot = 0;                ///< the empty one at which the search ended
    };
    /// `own` is the asking request: its claims count for itself.
    Found find(const IdHash& hash, const Pending* own) const;
    /// Of a hash that is asked for soon.
    [[gnu::always_inline]] void prefetch(const IdHash& hash) const {
        __builtin_prefetch(&room_.slots[home(hash)]);
    }
    static constexpr std::size_t kIdsMax = (std::size_t{1} << 24) - 1;
    bool has_room(std::size_t ids) const { return room_.entries.size() + ids <= kIdsMax; }
    /// The same entry under a claim that counts stays, unless `request` is durable, and later.
    void insert(const IdHash& hash, Kind kind, std::uint32_t request);
    /// Of a hash that was just not met: without a second search.
    void insert(const IdHash& hash, Kind kind, std::uint32_t request, const Found& not_met);

    /// Ids, or requests if those are more: either grows the table.
    std::size_t size() const { return std::max(room_.entries.size(), requests_.size()); }
    std::size_t memory_bytes() const { return room_.bytes(); }
    /// How many requests are pending.
    int running() const { return running_.load(); }

    /// Appends the entries of durable requests with their hours, in order.
    void collect(std::vector<IdHash>& into) const;

private:
    friend class Pending;
    /// A slot holds the number of an entry, from 1, and some bits of its hash; 0 is empty.
    static constexpr int kTagBits = 8;
    static_assert(kIdsMax >> (32 - kTagBits) == 0);
    static constexpr std::uint32_t kTag = (std::uint32_t{1} << kTagBits) - 1;
    static std::uint32_t tag_of(const IdHash& hash) { return static_cast<std::uint32_t>(hash.high) & kTag; }
    const Entry& entry_of(std::uint32_t slot) const { return room_.entries[(slot >> kTagBits) - 1]; }
    Entry& entry_of(std::uint32_t slot) { return room_.entries[(slot >> kTagBits) - 1]; }

    std::size_t home(const IdHash& hash) const { return hash.high << kStripeBits >> shift_; }
    std::size_t next(std::size_t slot) const { return (slot + 1) & (room_.slots.size() - 1); }
    void use(Room room, std::size_t slots);
    bool is_full() const;
    void grow();
    void place(std::size_t entry);
    void fill(std::size_t slot, std::size_t entry);
    std::vector<std::uint32_t> used_slots() const;
    void take(std::uint32_t slot, std::vector<IdHash>& into) const;

    Room room_;
    int shift_ = 0;
    std::deque<Pending> requests_;
    std::atomic<int> running_{0};
};

}  // namespace tillstream::identity
