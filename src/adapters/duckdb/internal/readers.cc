#include "adapters/duckdb/internal/readers.h"

#include <algorithm>

#include "core/own_thread.h"

namespace tillstream::duck {

namespace {

/// An interrupt that falls between two statements of a query is forgotten by the engine, so it is repeated.
constexpr std::chrono::milliseconds kInterruptAgain{20};

}  // namespace

Readers::Readers(std::vector<Connection> connections) {
    for (Connection& connection : connections) {
        Slot slot;
        slot.connection = std::move(connection);
        slots_.push_back(std::move(slot));
    }
    watchdog_ = std::thread([this] { watch(); });
}

Readers::~Readers() {
    {
        std::unique_lock lock(mutex_);
        closing_ = true;
        for (Slot& slot : slots_) {
            if (slot.busy) slot.stop = Stop::timeout;
        }
        changed_.notify_all();
        changed_.wait(lock, [&] { return busy_ == 0; });
    }
    watchdog_.join();
}

std::optional<std::size_t> Readers::free_slot() const {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].busy) return i;
    }
    return std::nullopt;
}

Result<Readers::Lease> Readers::borrow(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [&] { return closing_ || free_slot().has_value(); });
    const auto index = free_slot();
    if (closing_) return failure(Errc::unavailable, "the warehouse is closing");
    if (!index) return failure(Errc::unavailable, "all connections for queries are in use: try again");
    Slot& slot = slots_[*index];
    slot.busy = true;
    slot.begun = Clock::now();
    slot.deadline = deadline;
    slot.stop = Stop::none;
    slot.shielded = false;
    ++busy_;
    changed_.notify_all();
    return Lease(*this, *index);
}

void Readers::give_back(std::size_t index) {
    const std::lock_guard lock(mutex_);
    slots_[index].busy = false;
    --busy_;
    changed_.notify_all();
}

void Readers::cancel_older(Clock::time_point begun, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    for (Slot& slot : slots_) {
        if (slot.busy && slot.begun < begun && slot.stop == Stop::none) slot.stop = Stop::memory;
    }
    changed_.notify_all();
    changed_.wait_for(lock, patience, [&] {
        return std::none_of(slots_.begin(), slots_.end(),
                            [](const Slot& slot) { return slot.busy && slot.stop == Stop::memory; });
    });
}

void Readers::end_all() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (Slot& slot : slots_) {
        if (slot.busy && slot.stop == Stop::none) slot.stop = Stop::reopening;
    }
    changed_.notify_all();
}

void Readers::watch() {
    name_own_thread("query-watch");
    std::unique_lock lock(mutex_);
    while (!closing_ || busy_ != 0) {
        const auto now = Clock::now();
        auto wake = Clock::time_point::max();
        for (Slot& slot : slots_) {
            if (!slot.busy || slot.shielded) continue;
            if (slot.stop == Stop::none && slot.deadline <= now) slot.stop = Stop::timeout;
            if (slot.stop != Stop::none) duckdb_interrupt(slot.connection.get());
            wake = std::min(wake, slot.stop != Stop::none ? now + kInterruptAgain : slot.deadline);
        }
        if (wake == Clock::time_point::max()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, wake);
        }
    }
}

Readers::Lease::~Lease() {
    if (readers_ != nullptr) readers_->give_back(index_);
}

duckdb_connection Readers::Lease::connection() const { return readers_->slots_[index_].connection.get(); }

void Readers::Lease::shield() {
    const std::lock_guard lock(readers_->mutex_);
    readers_->slots_[index_].shielded = true;
}

Readers::Stop Readers::Lease::stopped() const {
    const std::lock_guard lock(readers_->mutex_);
    return readers_->slots_[index_].stop;
}

}  // namespace tillstream::duck
