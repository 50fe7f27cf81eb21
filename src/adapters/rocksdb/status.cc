#include "adapters/rocksdb/internal/status.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>

namespace tillstream::rocks {

namespace {

constexpr std::uint64_t kInfoLogBytes = 1 << 20;
constexpr int kFilterBitsPerKey = 10;
constexpr int kOpenFilesMax = 512;
/// The kind and the first letter of the table: a hint for each of the few tables.
constexpr std::size_t kHintPrefixBytes = 2;

Errc code_of(const rocksdb::Status& status) {
    if (status.IsCorruption()) return Errc::corruption;
    if (status.IsNoSpace() || status.IsMemoryLimit()) return Errc::resource_exhausted;
    if (status.IsBusy() || status.IsTryAgain() || status.IsTimedOut() || status.IsIncomplete()) {
        return Errc::unavailable;
    }
    // RocksDB gives both as an I/O error: its LOCK is held, or files it knows of are gone.
    const std::string text = status.ToString();
    if (text.find("lock ") != std::string::npos || text.find("LOCK") != std::string::npos) {
        return Errc::unavailable;
    }
    if (text.find("No such file") != std::string::npos) return Errc::corruption;
    return status.IsIOError() ? Errc::io : Errc::internal;
}

bool supports(rocksdb::CompressionType type) {
    const auto types = rocksdb::GetSupportedCompressions();
    return std::find(types.begin(), types.end(), type) != types.end();
}

rocksdb::BlockBasedTableOptions block_options(std::shared_ptr<rocksdb::Cache> cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = std::move(cache);
    table.block_size = 8 << 10;
    table.format_version = 5;
    // Indexes and filters are part of the bounded memory; those of the newest files stay in it. Of a large
    // file they are megabytes: in pieces, of which a look-up needs one, they do not push each other out.
    table.cache_index_and_filter_blocks = true;
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
    table.partition_filters = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
    return table;
}

}  // namespace

Error error_of(const rocksdb::Status& status, const std::string& path, std::string_view what) {
    const Errc code = code_of(status);
    if (code == Errc::corruption) return damaged(path, fmt::format("{}: {}", what, status.ToString()));
    if (code == Errc::unavailable && what == "open") {
        return {code, fmt::format("{} is in use by another process: {}", path, status.ToString())};
    }
    return {code, fmt::format("{} of {}: {}", what, path, status.ToString())};
}

Error damaged(const std::string& path, std::string_view what) {
    return {Errc::corruption,
            fmt::format(
                "the tables are damaged ({}); stop the server and delete the folder {}: it is rebuilt from "
                "the log",
                what, path)};
}

rocksdb::Options engine_options(const RocksdbOptions& options) {
    rocksdb::Options engine;
    engine.create_if_missing = true;
    engine.paranoid_checks = true;
    // Half of the memory may be unwritten rows; they are charged to the same cache.
    auto cache = rocksdb::NewLRUCache(options.memory_bytes, -1, false, 0.5);
    engine.write_buffer_manager =
        std::make_shared<rocksdb::WriteBufferManager>(options.memory_bytes / 2, cache);
    engine.write_buffer_size = std::min(options.dirty_bytes, options.memory_bytes / 8);
    engine.max_write_buffer_number = 4;
    engine.memtable_prefix_bloom_size_ratio = 0.02;
    engine.memtable_whole_key_filtering = true;
    // A commit's writes come in the order of their keys: each is looked for from where the one before went.
    engine.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kHintPrefixBytes));
    engine.table_factory.reset(rocksdb::NewBlockBasedTableFactory(block_options(std::move(cache))));
    engine.compression =
        supports(rocksdb::kLZ4Compression) ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
    engine.max_background_jobs = 2;
    engine.max_open_files = kOpenFilesMax;
    // Checkpoints make many small files: they are merged eight at a time.
    engine.level0_file_num_compaction_trigger = 8;
    engine.level0_slowdown_writes_trigger = 40;
    engine.level0_stop_writes_trigger = 80;
    engine.level_compaction_dynamic_level_bytes = true;
    engine.info_log_level = rocksdb::WARN_LEVEL;
    engine.max_log_file_size = kInfoLogBytes;
    engine.keep_log_file_num = 2;
    engine.stats_dump_period_sec = 0;
    engine.stats_persist_period_sec = 0;
    return engine;
}

}  // namespace tillstream::rocks
