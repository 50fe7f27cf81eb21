// keys.h - keys of items and positions as bytes whose order is the port's order.
//
// Form:    docs/formats/tables.md. A table's name, a partition and a sort key follow each other, each so that
//          none is a prefix of another: bytes are escaped and terminated, numbers have a fixed length.
#pragma once

#include <string>
#include <string_view>

#include "ports/table_store.h"

namespace tillstream::rocks {

inline constexpr std::string_view kFormatKey{"\0format", 7};

/// Everything of a table begins with this.
void append_table(std::string& key, std::string_view table);
/// Everything of a partition begins with the table's prefix and this.
void append_partition(std::string& key, const TableKeyPart& partition);
/// Ends a key.
void append_sort(std::string& key, const TableKeyPart& sort);
/// All three.
void append_item_key(std::string& bytes, const TableKey& key);
std::string item_key(const TableKey& key);

/// Everything of a consumer begins with this.
std::string consumer_prefix(std::string_view consumer);
std::string position_key(std::string_view consumer, SourceId source);

/// The least key behind all that begin with `prefix`, which ends in a byte below 0xff.
std::string behind(std::string prefix);

/// Reads what follows the table's prefix. Views of `rest` or of the scratch texts. False if it is no key.
struct KeyScratch {
    std::string partition;
};
bool read_item_key(std::string_view rest, KeyScratch& scratch, TableKeyPart& partition, TableKeyPart& sort);
/// The consumer and source of a position's key.
bool read_position_key(std::string_view key, std::string& consumer, SourceId& source);

}  // namespace tillstream::rocks
