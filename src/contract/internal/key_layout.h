// key_layout.h - which key fed which column, row by row: the pointers of errors found after decoding.
//
// Cost:  producers repeat themselves, so rows share layouts; a row costs one comparison of its few numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "contract/internal/field_map.h"

namespace tillstream {

class KeyLayouts {
public:
    explicit KeyLayouts(std::size_t columns) : columns_(columns), row_(columns, FieldMap::kNone) {}

    void clear() {
        layouts_.clear();
        layout_of_row_.clear();
    }
    void reserve(std::size_t rows) { layout_of_row_.reserve(rows); }

    void begin_row() { std::fill(row_.begin(), row_.end(), FieldMap::kNone); }
    bool has(std::size_t column) const { return row_[column] != FieldMap::kNone; }
    void set(std::size_t column, std::uint32_t name) { row_[column] = name; }
    void end_row() {
        const auto last = layouts_.end() - (layouts_.empty() ? 0 : static_cast<std::ptrdiff_t>(columns_));
        if (layouts_.empty() || !std::equal(row_.begin(), row_.end(), last))
            layouts_.insert(layouts_.end(), row_.begin(), row_.end());
        layout_of_row_.push_back(static_cast<std::uint32_t>(layouts_.size() / columns_ - 1));
    }

    /// Number of the name in the FieldMap, kNone if the record did not have the column.
    std::uint32_t name(std::size_t row, std::size_t column) const {
        return layouts_[layout_of_row_[row] * columns_ + column];
    }

private:
    std::size_t columns_;
    std::vector<std::uint32_t> row_;
    std::vector<std::uint32_t> layouts_;
    std::vector<std::uint32_t> layout_of_row_;
};

}  // namespace tillstream
