// fake_sink.h - a sink in memory with faults on demand: the second implementation of the sink port, for
// tests.
//
// Threads:  the faults may be set from any thread while a runner drives the sink.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/sink.h"

namespace tillstream {

class FakeSink final : public Sink {
public:
    /// Says what is wrong with a record's text; nothing: it is stored.
    using Fault = std::function<std::optional<Error>(std::string_view record)>;

    explicit FakeSink(std::string name) : name_(std::move(name)) {}

    std::string_view name() const override { return name_; }
    bool wants(const LogBatch& batch) const override { return wants_ && batch.kind == BatchKind::data; }
    Result<std::vector<SinkPosition>> positions() override {
        const std::lock_guard lock(mutex_);
        std::vector<SinkPosition> all;
        for (const auto& [source, position] : positions_) all.push_back(position);
        return all;
    }
    Status commit(const SinkBatch& batch, Epoch epoch) override {
        const std::lock_guard lock(mutex_);
        ++commits_;
        if (commit_error_) return failure(*commit_error_);
        for (const SourceRange& range : batch.ranges) {
            const auto stored = positions_.find(range.source);
            const Offset next = stored == positions_.end() ? Offset{0} : stored->second.next;
            moved_back_ = moved_back_ || range.to < next;
            if (next != range.from) return failure(Errc::conflict, "stale position");
        }
        if (const Status checked = check(batch); !checked) return checked;
        for (const LogBatch& part : batch.batches) store(part);
        for (const SourceRange& range : batch.ranges) {
            positions_[range.source] = {range.source, range.to, range.cursor, epoch};
        }
        return {};
    }
    Status rehearse(const SinkBatch& batch) override {
        const std::lock_guard lock(mutex_);
        return check(batch);
    }
    Status probe() override {
        const std::lock_guard lock(mutex_);
        if (probe_error_) return failure(*probe_error_);
        return {};
    }
    bool can_replace() const override { return replaceable_; }
    Status replace(const SinkBatch& batch) override {
        const std::lock_guard lock(mutex_);
        if (commit_error_) return failure(*commit_error_);
        if (const Status checked = check(batch); !checked) return checked;
        for (const SourceRange& range : batch.ranges) {
            stored_.erase(stored_.lower_bound({range.source, range.from}),
                          stored_.lower_bound({range.source, range.to}));
        }
        for (const LogBatch& part : batch.batches) store(part);
        return {};
    }
    Status reset() override {
        const std::lock_guard lock(mutex_);
        if (commit_error_) return failure(*commit_error_);
        stored_.clear();
        positions_.clear();
        return {};
    }

    void fail_records(Fault fault) {
        const std::lock_guard lock(mutex_);
        fault_ = std::move(fault);
    }
    void fail_commits(std::optional<Error> error) {
        const std::lock_guard lock(mutex_);
        commit_error_ = std::move(error);
    }
    void fail_probes(std::optional<Error> error) {
        const std::lock_guard lock(mutex_);
        probe_error_ = std::move(error);
    }
    /// As if another process had moved on: the next commit is stale.
    void move_position(SourceId source, Offset next, Epoch epoch = {}) {
        const std::lock_guard lock(mutex_);
        positions_[source].source = source;
        positions_[source].next = next;
        positions_[source].epoch = epoch;
    }
    /// Can put single records in place of what it holds; before the first delivery.
    void make_replaceable() { replaceable_ = true; }
    /// As if the store had been tampered with.
    void lose(const std::pair<SourceId, Offset>& row) {
        const std::lock_guard lock(mutex_);
        stored_.erase(row);
    }
    void store_twice(const std::pair<SourceId, Offset>& row) {
        const std::lock_guard lock(mutex_);
        ++stored_[row];
    }
    void want_nothing() { wants_ = false; }
    /// Whether a commit ever set an offset lower than it was.
    bool moved_back() const {
        const std::lock_guard lock(mutex_);
        return moved_back_;
    }

    /// Accepted records by identity. A record stored twice counts twice.
    std::map<std::pair<SourceId, Offset>, int> stored() const {
        const std::lock_guard lock(mutex_);
        return stored_;
    }
    std::size_t commits() const {
        const std::lock_guard lock(mutex_);
        return commits_;
    }

private:
    Status check(const SinkBatch& batch) const {
        if (!fault_) return {};
        for (const LogBatch& part : batch.batches) {
            for (std::uint32_t i = 0; i < part.count(); ++i) {
                if (auto error = fault_(part.records->value(i))) return failure(*error);
            }
        }
        return {};
    }
    void store(const LogBatch& part) {
        std::vector<bool> rejected(part.count());
        for (const Rejection& rejection : part.records->rejections) rejected[rejection.index] = true;
        for (std::uint32_t i = 0; i < part.count(); ++i) {
            if (!rejected[i]) ++stored_[{part.source, Offset{part.base.value + i}}];
        }
    }

    const std::string name_;
    bool replaceable_ = false;
    mutable std::mutex mutex_;
    Fault fault_;
    std::optional<Error> commit_error_;
    std::optional<Error> probe_error_;
    std::map<SourceId, SinkPosition> positions_;
    std::map<std::pair<SourceId, Offset>, int> stored_;
    std::size_t commits_ = 0;
    bool moved_back_ = false;
    std::atomic<bool> wants_{true};
};

}  // namespace tillstream
