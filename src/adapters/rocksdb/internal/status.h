// status.h - RocksDB's status as an Error, and its options as this store wants them.
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <string>

#include "adapters/rocksdb/rocksdb_tables.h"
#include "core/result.h"

namespace tillstream::rocks {

/// `what` was being done to the store at `path`.
Error error_of(const rocksdb::Status& status, const std::string& path, std::string_view what);
/// Corruption found by this module.
Error damaged(const std::string& path, std::string_view what);

rocksdb::Options engine_options(const RocksdbOptions& options);

}  // namespace tillstream::rocks
