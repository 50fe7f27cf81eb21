// verdict.h - why a record was rejected: every error of it, in the words of FACES "Decode".
//
// Rule:  a record is judged once, at ingest, and stored with its verdict; every sink and every replay obeys
//        it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream {

/// The closed list of FACES "Decode".
enum class FieldErrorCode : std::uint8_t {
    syntax,
    encoding,
    type,
    range,
    scale,
    format,
    required,
    duplicate_field,
    unknown_field,
    rule,
    size,
    depth,
};

std::string_view to_string(FieldErrorCode code);
std::optional<FieldErrorCode> field_error_code(std::string_view name);

struct FieldError {
    FieldErrorCode code = FieldErrorCode::syntax;
    /// JSON Pointer: "/" and the key as received, or the column name when it is missing; "" is the record.
    std::string pointer;
    std::string expected;  ///< "int64", "decimal(18,4)", "one of ..."
    std::string found;     ///< the value (empty if missing), cut at kMaxFound bytes on a character border

    static constexpr std::size_t kMaxFound = 120;
    friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// "/" and `key` with "~" and "/" escaped (RFC 6901).
std::string json_pointer(std::string_view key);
/// `text` cut to FieldError::kMaxFound bytes, never inside a character.
std::string found_text(std::string_view text);

/// The errors of one record of a batch.
struct Rejection {
    std::uint32_t index = 0;  ///< of the record in its batch
    std::vector<FieldError> errors;

    /// A record with more errors keeps the first ones.
    static constexpr std::size_t kMaxErrors = 1000;
};

}  // namespace tillstream
