// value_decoder.h - one value of a record into one cell of a column.
//
// Types:    string   text as sent; a number becomes its digits (decode::number_digits); others are `type`
//           int64, decimal, double   numbers and texts of numbers
//           bool     true, false, 1, 0, and their texts in any case
//           date, timestamp   texts (decode_time.h); a number is `type`
//           json     any value; a text stays a JSON string, whatever it holds
// Null:     JSON null and empty text in every type; `required` if the column is.
// Memory:   borrows texts that lie in the input, copies others to the arena.
#pragma once

#include <string>
#include <string_view>

#include "contract/internal/arena.h"
#include "contract/internal/decode_number.h"
#include "contract/row_batch.h"
#include "json/field.h"
#include "timezone/zone.h"

namespace tillstream {

class ValueDecoder {
public:
    explicit ValueDecoder(Zone zone) : zone_(std::move(zone)) {}

    /// Texts inside `input` are borrowed from now on.
    void set_input(std::string_view input) { input_ = input; }
    Arena& arena() { return arena_; }
    const Arena& arena() const { return arena_; }

    /// Sets value and validity of the row; the cell is untouched unless the outcome is ok.
    decode::Outcome decode(const Column& column, json::Kind kind, std::string_view text, std::size_t row,
                           ColumnVector& into);

    /// The text with a lifetime of the batch's.
    std::string_view kept(std::string_view text) {
        const bool inside =
            text.data() >= input_.data() && text.data() + text.size() <= input_.data() + input_.size();
        return inside || text.empty() ? text : arena_.keep(text);
    }
    StringRef kept_ref(std::string_view text) {
        return StringRef(text.size() <= StringRef::kInline ? text : kept(text));
    }

private:
    decode::Outcome put_string(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);
    decode::Outcome put_int64(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);
    decode::Outcome put_decimal(const Column& column, json::Kind kind, std::string_view text, std::size_t row,
                                ColumnVector& into);
    decode::Outcome put_float64(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);
    decode::Outcome put_boolean(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);
    decode::Outcome put_date(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);
    decode::Outcome put_timestamp(json::Kind kind, std::string_view text, std::size_t row,
                                  ColumnVector& into);
    decode::Outcome put_json(json::Kind kind, std::string_view text, std::size_t row, ColumnVector& into);

    ZoneCursor zone_;
    Arena arena_;
    std::string_view input_;
    std::string scratch_;
};

/// The value of a cell as a message names it; "null" if there is none.
std::string cell_text(const ColumnVector& column, std::size_t row);

}  // namespace tillstream
