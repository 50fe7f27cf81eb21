// values.h - items' attributes and positions as bytes.
//
// Form:    docs/formats/tables.md. RocksDB's own checksums cover them on disk.
// Reading: of anything else than was written is corruption, never a read beyond the end.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/table_store.h"

namespace tillstream::rocks {

void append_item(std::string& bytes, std::span<const TableAttribute> attributes);
/// Views of `bytes`.
bool read_item(std::string_view bytes, std::vector<TableAttribute>& attributes);

std::string position_value(const SinkPosition& position);
/// Everything but the source, which is in the key.
bool read_position(std::string_view bytes, SinkPosition& position);

}  // namespace tillstream::rocks
