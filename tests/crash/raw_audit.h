// raw_audit.h - the raw lake's objects as any zstd reader sees them.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"

namespace tillstream {

/// Every object below `<data>/lake/raw/<stream>`: its name's offsets follow the last object's of the shard
/// without hole or overlap, and it holds one line an offset. How many lines there are.
Result<std::uint64_t> count_raw_lines(const std::string& data_dir, const std::string& stream);

}  // namespace tillstream
