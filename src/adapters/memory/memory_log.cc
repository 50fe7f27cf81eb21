#include "adapters/memory/memory_log.h"

#include <algorithm>
#include <charconv>

namespace tillstream {

class MemoryLog::Reader final : public LogReader {
public:
    Reader(MemoryLog& log, std::size_t at) : log_(log), at_(at) {}
    Reader(MemoryLog& log, SourceId source, Offset from) : log_(log), at_(0), source_(source), from_(from) {}

    Result<LogRead> read(std::size_t max_bytes) override {
        const std::lock_guard lock(log_.mutex_);
        LogRead read;
        std::size_t bytes = 0;
        while (at_ < log_.batches_.size() && (read.batches.empty() || bytes < max_bytes)) {
            const LogBatch& batch = log_.batches_[at_++];
            if (batch.source == source_ && batch.end() <= from_) continue;
            read.batches.push_back(batch);
            bytes += batch.records->values.size();
        }
        read.cursor = std::to_string(at_);
        read.at_end = at_ == log_.batches_.size();
        read.whole = read.at_end || log_.batches_[at_].number == 0;
        return read;
    }

private:
    MemoryLog& log_;
    std::size_t at_;
    SourceId source_;  ///< of which nothing before from_ is given
    Offset from_;
};

Result<std::vector<SourceInfo>> MemoryLog::register_stream(std::string_view stream, std::uint32_t shards) {
    const std::lock_guard lock(mutex_);
    std::vector<SourceInfo> own;
    for (const SourceInfo& source : sources_) {
        if (source.stream == stream) own.push_back(source);
    }
    if (own.empty()) {
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            const SourceId id{static_cast<std::uint32_t>(sources_.size() + 1)};
            own.push_back({id, std::string(stream), ShardId{shard}, 0});
            sources_.push_back(own.back());
        }
    }
    if (own.size() != shards) return failure(Errc::invalid_argument, "stream has another number of shards");
    return own;
}

std::vector<SourceInfo> MemoryLog::sources() const {
    const std::lock_guard lock(mutex_);
    return sources_;
}

void MemoryLog::append(std::vector<LogBatch> batches, AppendDone done) {
    std::unique_lock lock(mutex_);
    if (refusal_) {
        const Error error = *refusal_;
        lock.unlock();
        return done(failure(error));
    }
    Appended appended;
    appended.arrived = clock_.now();
    const Lsn lsn{batches_.size() + 1};
    std::uint32_t number = 0;
    for (LogBatch& batch : batches) {
        for (const SourceOffset& end : ends_locked()) {
            if (end.source == batch.source) batch.base = end.next;
        }
        batch.arrived = appended.arrived;
        batch.lsn = lsn;
        batch.number = number++;
        appended.bases.push_back(batch.base);
        appended.position.push_back({batch.source, batch.end()});
        batches_.push_back(std::move(batch));
    }
    lock.unlock();
    grown_.notify_all();
    done(std::move(appended));
}

Position MemoryLog::ends_locked() const {
    Position ends;
    for (const SourceInfo& source : sources_) {
        Offset end{0};
        for (const LogBatch& batch : batches_) {
            if (batch.source == source.id) end = batch.end();
        }
        ends.push_back({source.id, end});
    }
    return ends;
}

Position MemoryLog::durable_end() const {
    const std::lock_guard lock(mutex_);
    return ends_locked();
}

Position MemoryLog::earliest() const {
    Position first;
    for (const SourceInfo& source : sources()) first.push_back({source.id, Offset{0}});
    return first;
}

std::string MemoryLog::durable_cursor() const {
    const std::lock_guard lock(mutex_);
    return std::to_string(batches_.size());
}

std::size_t MemoryLog::index_of(std::string_view cursor) const {
    std::size_t index = 0;
    std::from_chars(cursor.data(), cursor.data() + cursor.size(), index);
    return index;
}

Result<std::unique_ptr<LogReader>> MemoryLog::open_reader(std::string_view cursor, ReadFrom) {
    const std::lock_guard lock(mutex_);
    const std::size_t index = index_of(cursor);
    if (index > batches_.size()) return failure(Errc::corruption, "cursor lies beyond the end of the log");
    return std::unique_ptr<LogReader>(std::make_unique<Reader>(*this, index));
}

Result<std::unique_ptr<LogReader>> MemoryLog::open_reader_at(SourceId source, Offset from) {
    const std::lock_guard lock(mutex_);
    if (source.value == 0 || source.value > sources_.size())
        return failure(Errc::not_found, "no source " + std::to_string(source.value));
    return std::unique_ptr<LogReader>(std::make_unique<Reader>(*this, source, from));
}

std::uint64_t MemoryLog::bytes_behind(std::string_view cursor) const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (std::size_t i = index_of(cursor); i < batches_.size(); ++i)
        bytes += batches_[i].records->values.size();
    return bytes;
}

bool MemoryLog::wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return grown_.wait_for(lock, timeout, [&] { return index_of(cursor) < batches_.size(); });
}

void MemoryLog::refuse_appends(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    refusal_ = std::move(error);
}

void MemoryLog::forget_rows() {
    const std::lock_guard lock(mutex_);
    for (LogBatch& batch : batches_) batch.rows = {};
}

}  // namespace tillstream
