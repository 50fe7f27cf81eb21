// purchase_stamps.h - tells whether what was read of a customer or an invoice still stands.
//
// Place:    TablesSink changes stamps around each commit; PurchaseHistory gives them to readers that keep
//           answers.
// Meaning:  what was read after taking a stamp is what a read would give now, as long as the stamp is the
//           same. While a commit changes something it has no stamp, so nobody keeps or reuses what was read
//           then, and no reader is taken back behind what another has seen.
// Limits:   512 KiB. Things share stamps by their hash: a change of one may make another's answer look old,
//           never new.
// Threads:  stamps from any; changes from one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "ports/table_store.h"

namespace tillstream {

struct PurchaseStamp {
    std::uint64_t value = 0;
    friend bool operator==(PurchaseStamp, PurchaseStamp) = default;
};

class PurchaseStamps {
public:
    PurchaseStamps();

    /// Nothing while it is being changed.
    std::optional<PurchaseStamp> customer(std::int64_t customer_id) const { return of(customer_id); }
    std::optional<PurchaseStamp> invoice(std::string_view invoice_no) const { return of(invoice_no); }

    /// Holds while the store is being changed; what was touched has new stamps afterwards.
    class Change {
    public:
        /// `writes` must outlive the change.
        Change(PurchaseStamps& stamps, std::span<const TableWrite> writes);
        /// Of everything.
        explicit Change(PurchaseStamps& stamps);
        ~Change();
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;

    private:
        PurchaseStamps& stamps_;
        std::span<const TableWrite> writes_;
        bool everything_ = false;
    };

private:
    static constexpr std::size_t kSlots = std::size_t{1} << 16;
    /// Odd while it is being changed.
    using Slots = std::array<std::atomic<std::uint64_t>, kSlots>;

    std::optional<PurchaseStamp> of(const TableKeyPart& partition) const;
    std::atomic<std::uint64_t>& slot(const TableKeyPart& partition) const;

    std::unique_ptr<Slots> slots_;
};

}  // namespace tillstream
