// registry.h - what must outlive every segment: the log's identity, its epoch and which source is which
// shard.
//
// Durability:  one small file, written whole, synced and renamed before anybody sees the change; a second
//              copy beside it, written first, heals damage of the first.
// Threads:     one at a time.
// Errors:      corruption if both copies are damaged; io, resource_exhausted of writing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "core/ids.h"
#include "core/result.h"
#include "log/internal/format.h"
#include "ports/event_log.h"

namespace tillstream::journal {

inline constexpr std::string_view kRegistryMagic = "TILLREG1";

struct RegistryData {
    LogUuid uuid;
    Epoch epoch;
    std::vector<SourceInfo> sources;  ///< ids are dense, from 1
    friend bool operator==(const RegistryData&, const RegistryData&) = default;
};

std::string encode_registry(const RegistryData& data);
Result<RegistryData> decode_registry(std::string_view bytes);

/// not_found if the folder holds none.
Result<RegistryData> load_registry(Filesystem& fs, const std::string& dir);
Status store_registry(Filesystem& fs, const std::string& dir, const RegistryData& data);

}  // namespace tillstream::journal
