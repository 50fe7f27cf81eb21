// decode_number.h - numbers from the texts and JSON tokens that producers send.
//
// Source:  FACES "Decode". `value` is unchanged unless the outcome is ok. No allocation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contract/schema.h"
#include "core/decimal.h"

namespace tillstream::decode {

/// What became of one value; the words are those of FieldErrorCode.
enum class Outcome : std::uint8_t { ok, null, type, range, scale, format, required };

/// 6, -6, +6, 17850.0, 1e3: any decimal text of an integer. Fractions are `type`, more than 64 bits `range`.
Outcome int64(std::string_view text, std::int64_t& value);

Outcome decimal(std::string_view text, const Column& column, Int128& value);

/// A decimal text; infinity and NaN are `type`, a magnitude beyond doubles is `range`.
Outcome float64(std::string_view text, double& value);

/// The digits of a JSON number in a string column: 536365.0 and 5.36365e5 become 536365. Numbers that are no
/// integers, or have more than 40 digits, keep their text. The result views `text` or `scratch`.
std::string_view number_digits(std::string_view text, std::string& scratch);

/// Whether number_digits made an integer of it.
bool is_integer_text(std::string_view text);

}  // namespace tillstream::decode
