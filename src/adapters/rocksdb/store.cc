#include "adapters/rocksdb/internal/store.h"

#include <fmt/format.h>
#include <rocksdb/env.h>

#include <algorithm>

#include "adapters/rocksdb/internal/keys.h"
#include "adapters/rocksdb/internal/status.h"
#include "adapters/rocksdb/internal/values.h"
#include "core/own_thread.h"

namespace tillstream::rocks {

namespace {

constexpr std::string_view kFormat = "tillstream-tables 1";
/// A batch that was large once does not stay in memory.
constexpr std::size_t kKeptBatchBytes = 8 << 20;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

/// Rows are gone with a crash unless a checkpoint took them: the log has them.
rocksdb::WriteOptions without_wal() {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return options;
}

template <class Map>
std::vector<SinkPosition> positions_of(const Map& positions, std::string_view consumer) {
    const auto found = positions.find(consumer);
    return found == positions.end() ? std::vector<SinkPosition>{} : found->second;
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

Store::Store(std::string path, const RocksdbOptions& options, Logger logger, Metrics& metrics)
    : path_(std::move(path)),
      options_(options),
      logger_(std::move(logger)),
      writes_(metrics.counter("tillstream_tables_writes_total", "Items written to the tables")),
      commit_seconds_(metrics.histogram("tillstream_tables_commit_seconds", "Time of a commit, in memory",
                                        latency_buckets())),
      checkpoint_seconds_(metrics.histogram("tillstream_tables_checkpoint_seconds",
                                            "Time until a checkpoint was on disk", latency_buckets())),
      dirty_gauge_(metrics.gauge("tillstream_tables_dirty_bytes",
                                 "Bytes committed to the tables that a crash would take back")) {}

Error Store::error_of(const rocksdb::Status& status, std::string_view what) const {
    return rocks::error_of(status, path_, what);
}

Status Store::open() {
    const rocksdb::Options options = engine_options(options_);
    for (const auto pool : {rocksdb::Env::LOW, rocksdb::Env::HIGH}) {
        (void)options.env->LowerThreadPoolCPUPriority(pool, rocksdb::CpuPriority::kLow);
    }
    rocksdb::DB* db = nullptr;
    if (const auto opened = rocksdb::DB::Open(options, path_, &db); !opened.ok()) {
        return failure(error_of(opened, "open"));
    }
    db_.reset(db);
    TILLSTREAM_CHECK(check_format());
    TILLSTREAM_CHECK(load_positions());
    checkpointer_ = std::thread([this] { checkpoint_when_due(); });
    return {};
}

Status Store::check_format() {
    std::string found;
    const auto read = db_->Get({}, slice(kFormatKey), &found);
    if (read.ok() && found == kFormat) return {};
    if (read.ok()) {
        return failure(
            Errc::unsupported,
            fmt::format("{} is in format '{}', this program reads '{}'; use the version that wrote it, "
                        "or delete the folder while the server is stopped: it is rebuilt from the log",
                        path_, found.substr(0, 60), kFormat));
    }
    if (!read.IsNotFound()) return failure(error_of(read, "open"));
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    rows->SeekToFirst();
    if (!rows->status().ok()) return failure(error_of(rows->status(), "open"));
    if (rows->Valid()) return failure(damaged(path_, "it holds rows but no format version"));
    if (const auto put = db_->Put(without_wal(), slice(kFormatKey), slice(kFormat)); !put.ok()) {
        return failure(error_of(put, "open"));
    }
    const auto flushed = db_->Flush({});
    return flushed.ok() ? Status{} : failure(error_of(flushed, "open"));
}

Status Store::load_positions() {
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
    std::string consumer;
    SinkPosition position;
    for (rows->Seek(slice(std::string_view("\1", 1))); rows->Valid(); rows->Next()) {
        if (rows->key()[0] != '\1') break;
        if (!read_position_key(view(rows->key()), consumer, position.source) ||
            !read_position(view(rows->value()), position)) {
            return failure(damaged(path_, "a position cannot be read"));
        }
        positions_[consumer].push_back(position);
    }
    if (!rows->status().ok()) return failure(error_of(rows->status(), "open"));
    persisted_ = positions_;
    return {};
}

Store::~Store() {
    {
        const std::lock_guard lock(commit_mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    if (checkpointer_.joinable()) checkpointer_.join();
    if (!db_) return;
    if (const Status done = checkpoint(); !done) {
        logger_.warn("the tables lose what came after their last checkpoint; the log delivers it again",
                     {{"error", done.error().message}});
    }
    (void)db_->Close();
}

Status Store::gather(const TableCommit& commit, rocksdb::WriteBatch& batch) {
    TILLSTREAM_CHECK(check_writes(commit.writes, capabilities()));
    if (batch.Data().capacity() > kKeptBatchBytes) batch = rocksdb::WriteBatch();
    batch.Clear();
    for (const std::uint32_t number : order_.by_key(commit.writes)) {
        TILLSTREAM_CHECK(add_write(commit.writes[number], slice(order_.key(number)), batch));
    }
    return {};
}

Status Store::add_write(const TableWrite& write, const rocksdb::Slice& key, rocksdb::WriteBatch& batch) {
    TableItem item;
    const bool update = write.kind == TableWrite::Kind::update;
    if (update || write.condition) {
        TILLSTREAM_TRY(get(write.key, item));
        TILLSTREAM_CHECK(check_condition(write, item));
    }
    if (write.kind == TableWrite::Kind::remove) {
        batch.Delete(key);
        return {};
    }
    value_.clear();
    if (update) {
        const auto attributes = with_update(item.attributes(), write.attributes);
        TILLSTREAM_CHECK(check_item_bytes(write.key, attributes, capabilities()));
        append_item(value_, attributes);
    } else {
        append_item(value_, write.attributes);
    }
    batch.Put(key, slice(value_));
    return {};
}

Status Store::write(rocksdb::WriteBatch& batch) {
    const auto written = db_->Write(without_wal(), &batch);
    if (!written.ok()) return failure(error_of(written, "commit"));
    dirty_bytes_ += batch.GetDataSize();
    dirty_gauge_.set(static_cast<double>(dirty_bytes_));
    if (dirty_bytes_ >= options_.dirty_bytes) wake_.notify_all();
    return {};
}

Status Store::commit(const TableCommit& commit) {
    const std::lock_guard lock(commit_mutex_);
    const auto begun = std::chrono::steady_clock::now();
    std::vector<SinkPosition> stored = positions_of(positions_, commit.consumer);
    TILLSTREAM_CHECK(check_positions(commit, stored));
    if (must_flush_) TILLSTREAM_CHECK(flush_removed());
    TILLSTREAM_CHECK(gather(commit, batch_));
    for (const SinkPosition& position : commit.positions) {
        batch_.Put(slice(position_key(commit.consumer, position.source)), slice(position_value(position)));
    }
    TILLSTREAM_CHECK(write(batch_));
    advance_positions(commit, stored);
    positions_[std::string(commit.consumer)] = std::move(stored);
    writes_.add(static_cast<double>(commit.writes.size()));
    commit_seconds_.observe(seconds_since(begun));
    return {};
}

Status Store::rehearse(const TableCommit& commit) {
    const std::lock_guard lock(commit_mutex_);
    return gather(commit, batch_);
}

Status Store::clear(std::string_view consumer, std::span<const std::string_view> tables) {
    const std::lock_guard lock(commit_mutex_);
    rocksdb::WriteBatch batch;
    const auto remove_all = [&batch](const std::string& prefix) {
        batch.DeleteRange(slice(prefix), slice(behind(prefix)));
    };
    for (const std::string_view table : tables) {
        std::string prefix;
        append_table(prefix, table);
        remove_all(prefix);
    }
    remove_all(consumer_prefix(consumer));
    // RocksDB keeps one set of insertion hints a memtable for its points and its ranges: none may have both.
    TILLSTREAM_CHECK(flush());
    must_flush_ = true;
    TILLSTREAM_CHECK(write(batch));
    positions_.erase(std::string(consumer));
    return flush_removed();
}

Status Store::flush_removed() {
    TILLSTREAM_CHECK(flush());
    must_flush_ = false;
    return {};
}

Status Store::flush() {
    rocksdb::FlushOptions options;
    options.allow_write_stall = true;
    auto flushed = db_->Flush(options);
    if (!flushed.ok() && db_->Resume().ok()) flushed = db_->Flush(options);
    return flushed.ok() ? Status{} : failure(error_of(flushed, "checkpoint"));
}

Result<std::vector<SinkPosition>> Store::positions(std::string_view consumer) {
    const std::lock_guard lock(commit_mutex_);
    return positions_of(positions_, consumer);
}

Result<std::vector<SinkPosition>> Store::persisted(std::string_view consumer) {
    const std::lock_guard lock(commit_mutex_);
    return positions_of(persisted_, consumer);
}

Status Store::checkpoint() {
    const std::lock_guard one_at_a_time(checkpoint_mutex_);
    const auto begun = std::chrono::steady_clock::now();
    Positions reached;
    std::uint64_t bytes = 0;
    {
        const std::lock_guard lock(commit_mutex_);
        if (dirty_bytes_ == 0) return {};
        reached = positions_;
        bytes = dirty_bytes_;
    }
    TILLSTREAM_CHECK(flush());
    const std::lock_guard lock(commit_mutex_);
    persisted_ = std::move(reached);
    dirty_bytes_ -= bytes;
    dirty_gauge_.set(static_cast<double>(dirty_bytes_));
    checkpoint_seconds_.observe(seconds_since(begun));
    return {};
}

void Store::checkpoint_when_due() {
    name_own_thread("tables-keep");
    lower_own_priority();
    bool failed = false;
    std::unique_lock lock(commit_mutex_);
    while (!closing_) {
        wake_.wait_for(lock, options_.checkpoint_interval,
                       [&] { return closing_ || (!failed && dirty_bytes_ >= options_.dirty_bytes); });
        if (closing_) return;
        lock.unlock();
        const Status done = checkpoint();
        if (!done && !failed) {
            logger_.error("the tables could not be written to disk; it is tried again",
                          {{"error", done.error().message}});
        }
        failed = !done;
        lock.lock();
    }
}

}  // namespace tillstream::rocks

namespace tillstream {

Result<std::unique_ptr<TableStore>> RocksdbTables::open(const std::string& path,
                                                        const RocksdbOptions& options, Logger logger,
                                                        Metrics& metrics) {
    auto store = std::make_unique<rocks::Store>(path, options, std::move(logger), metrics);
    TILLSTREAM_CHECK(store->open());
    return store;
}

}  // namespace tillstream
