// sql_error.h - the engine's errors as JSON (its option errors_as_json), read into message, kind and place.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>
#include <variant>

#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// Line and column of byte `position` of `sql`, both from 1; the column counts characters.
SqlError sql_error_at(std::string message, std::string_view sql, std::size_t position);

/// Byte where character `index` of `sql` begins: the engine's parser counts characters, its binder bytes.
std::size_t byte_of_character(std::string_view sql, std::size_t index);

/// What the engine said about `sql`: `text` is "Binder Error: {json}" or plain text. Out of memory, I/O,
/// interrupts and refused file access become a Status (resource_exhausted, io, cancelled, permission_denied,
/// internal).
std::variant<Status, SqlError> query_error(duckdb_error_type type, std::string_view text,
                                           std::string_view sql);

}  // namespace tillstream::duck
