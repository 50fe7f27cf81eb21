// stored_form.h - the line of JSON as which a record is kept (FACES "Raw lake").
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "contract/row_decoder.h"
#include "json/field.h"

namespace tillstream {

/// Valid JSON with line breaks (outside strings it can hold no others) as blanks; nothing else changes.
bool has_line_break(std::string_view json);
void append_one_line(std::string& out, std::string_view json);

/// An object of the header's names and the row's texts, every one, empty texts too.
void append_text_row(std::string& out, const HeaderBinding& header, std::span<const std::string_view> values);

/// An object of the fields as they came.
void append_fields(std::string& out, std::span<const json::Field> fields);
/// One value as JSON.
void append_field_value(std::string& out, json::Kind kind, std::string_view text);

/// {"_raw":text}, or {"_raw_base64":...} if `raw` is not UTF-8.
void append_broken(std::string& out, std::string_view raw);

}  // namespace tillstream
