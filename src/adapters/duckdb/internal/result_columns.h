// result_columns.h - reads the engine's result chunks as Cells, under the type names of FACES "Reads".
//
// Types:  floats become double, sizes of integers the next of FACES' names, every timestamp microseconds,
//         lists, structs and maps JSON text; enum, uuid, interval, time, blob and bit become text as the
//         engine prints them, dates and times outside the years 1..9999 too. What the engine calls JSON and
//         nobody else does (NaN, a comma behind the last value) becomes a JSON string of its text.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/duckdb/internal/connection.h"
#include "core/result.h"
#include "json/checker.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

/// One column of a result, or a child of a nested one. Set to each chunk's vector in turn, then read by row.
class ColumnReader {
public:
    /// unsupported for types that have no place in FACES (union, geometry, ...).
    static Result<ColumnReader> of(duckdb_logical_type type, const std::string& name);

    std::string type_name() const;
    void set(duckdb_vector vector);
    /// `scratch` backs texts that are made here, until the next call with it.
    Cell cell(std::size_t row, std::string& scratch) const;

private:
    bool valid(std::size_t row) const {
        return validity_ == nullptr || duckdb_validity_row_is_valid(validity_, row);
    }
    bool nested() const;
    template <class T>
    T at(std::size_t row) const {
        return static_cast<const T*>(data_)[row];
    }
    Cell scalar(std::size_t row, std::string& scratch) const;
    JsonCell json_text(std::string_view text, std::string& scratch) const;
    Int128 decimal(std::size_t row) const;
    std::int64_t micros(std::size_t row) const;
    Cell printed(std::size_t row, std::string& scratch) const;
    duckdb_value value(std::size_t row) const;
    std::string_view enum_text(std::size_t row) const;
    void append_json(std::size_t row, std::string& out) const;
    void append_list(std::size_t offset, std::size_t length, std::string& out) const;
    void append_struct(std::size_t row, std::string& out) const;
    void append_map(std::size_t row, std::string& out) const;

    duckdb_type type_ = DUCKDB_TYPE_INVALID;
    duckdb_type storage_ = DUCKDB_TYPE_INVALID;  ///< integer behind a decimal or enum
    std::unique_ptr<json::Checker> json_;        ///< of JSON columns only
    int precision_ = 0;
    int scale_ = 0;
    std::size_t array_size_ = 0;
    std::vector<std::string> names_;  ///< of struct fields; words of an enum
    std::vector<ColumnReader> children_;
    const void* data_ = nullptr;
    std::uint64_t* validity_ = nullptr;
};

}  // namespace tillstream::duck
