// raw_objects.h - the raw lake's objects as any zstd reader sees them, without a line of the program's own
// reading.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace tillstream {

/// A file below `<data>/lake/raw/<stream>`; the rest is what its name says.
struct RawObject {
    std::string path;
    std::uint64_t shard = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< inclusive
};

/// All of a stream by shard and offset. A failure if a name is none of an object's, or if the offsets of a
/// shard do not follow each other from 0 without hole and overlap.
Result<std::vector<RawObject>> raw_objects(const std::string& data_dir, const std::string& stream);

/// Its lines, each with its end. A failure if it does not hold one line an offset.
Result<std::string> read_raw_object(const RawObject& object);

/// Every object's lines, read and counted.
Result<std::uint64_t> count_raw_lines(const std::string& data_dir, const std::string& stream);

}  // namespace tillstream
