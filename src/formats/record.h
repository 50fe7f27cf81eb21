// record.h - one record as a reader cut it out of a text: its fields, or why it has none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "contract/verdict.h"
#include "json/field.h"

namespace tillstream {

/// Why a record could not be split into fields. Neighbours are not affected.
struct BrokenRecord {
    FieldErrorCode code = FieldErrorCode::syntax;  ///< syntax, encoding, type (no object), depth or size
    std::string expected;
    std::string found;  ///< not longer than FieldError::kMaxFound
};

/// The error as verdicts carry it; it concerns the whole record, so the pointer is empty.
FieldError field_error(const BrokenRecord& broken);

/// Views live as the reader says.
struct JsonRecord {
    std::string_view raw;  ///< without line end and blanks around it
    std::span<const json::Field> fields;
    std::optional<BrokenRecord> broken;
};

struct CsvRow {
    std::string_view raw;  ///< as it stands in the text, without its line end
    std::span<const std::string_view> values;
    std::optional<BrokenRecord> broken;
};

/// Why a text as a whole does not split into records.
struct BodyError {
    FieldErrorCode code = FieldErrorCode::syntax;
    std::string detail;
    std::uint64_t offset = 0;  ///< of the byte in the decompressed UTF-8 text
};

}  // namespace tillstream
