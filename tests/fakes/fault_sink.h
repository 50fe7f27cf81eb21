// fault_sink.h - a real sink with faults in front of it: the twin that delivery's rules are tried on.
//
// Place:    the fault strikes after the verdict, at the sink: ingest has accepted the record.
// Threads:  the faults may be set from any thread while a runner drives the sink.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ports/sink.h"

namespace tillstream {

class FaultSink final : public Sink {
public:
    /// True for an accepted record that the sink is to refuse as bad data.
    using Poison = std::function<bool(std::string_view record)>;

    /// `sink` outlives this object.
    explicit FaultSink(Sink& sink) : sink_(sink) {}

    std::string_view name() const override { return sink_.name(); }
    bool wants(const LogBatch& batch) const override { return sink_.wants(batch); }
    Result<std::vector<SinkPosition>> positions() override { return sink_.positions(); }
    Status commit(const SinkBatch& batch, Epoch epoch) override {
        TILLSTREAM_CHECK(check(batch));
        return sink_.commit(batch, epoch);
    }
    Status rehearse(const SinkBatch& batch) override {
        TILLSTREAM_CHECK(check(batch));
        return sink_.rehearse(batch);
    }
    /// Known-good data meets the sickness, never the poison.
    Status probe() override {
        TILLSTREAM_CHECK(check({}));
        return sink_.probe();
    }

    /// Every commit, rehearsal and probe fails with this; nothing: the sink is well again.
    void be_sick(std::optional<Error> error) {
        const std::lock_guard lock(mutex_);
        sickness_ = std::move(error);
    }
    void poison(Poison poison) {
        const std::lock_guard lock(mutex_);
        poison_ = std::move(poison);
    }
    /// Calls that failed by a fault so far.
    std::size_t faults() const {
        const std::lock_guard lock(mutex_);
        return faults_;
    }

private:
    Status check(const SinkBatch& batch) {
        const std::lock_guard lock(mutex_);
        if (sickness_) return ++faults_, failure(*sickness_);
        if (!poison_) return {};
        for (const LogBatch& part : batch.batches) {
            std::vector<bool> rejected(part.count());  // those are none of the sink's
            for (const Rejection& rejection : part.records->rejections) rejected[rejection.index] = true;
            for (std::uint32_t i = 0; i < part.count(); ++i) {
                if (rejected[i] || !poison_(part.records->value(i))) continue;
                ++faults_;
                return failure(Errc::invalid_argument, "a value this store cannot hold");
            }
        }
        return {};
    }

    Sink& sink_;
    mutable std::mutex mutex_;
    std::optional<Error> sickness_;
    Poison poison_;
    std::size_t faults_ = 0;
};

}  // namespace tillstream
