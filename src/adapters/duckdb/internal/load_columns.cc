#include "adapters/duckdb/internal/load_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <type_traits>

namespace tillstream::duck {

static_assert(sizeof(StringRef) == sizeof(duckdb_string_t));

namespace {

/// One of the engine's vectors from a position on.
class Target {
public:
    Target(duckdb_data_chunk chunk, std::size_t column, std::size_t at)
        : vector_(duckdb_data_chunk_get_vector(chunk, column)), at_(at) {}

    template <class T>
    T* values() const {
        return static_cast<T*>(duckdb_vector_get_data(vector_)) + at_;
    }
    void set_null(std::size_t i) {
        if (validity_ == nullptr) {
            duckdb_vector_ensure_validity_writable(vector_);
            validity_ = duckdb_vector_get_validity(vector_);
        }
        duckdb_validity_set_row_invalid(validity_, at_ + i);
    }

private:
    duckdb_vector vector_;
    std::size_t at_;
    std::uint64_t* validity_ = nullptr;
};

using Rows = std::span<const std::uint32_t>;

template <class To, class From>
void copy(const std::vector<From>& from, Rows rows, To* to) {
    if constexpr (std::is_same_v<To, From>) {
        if (rows.back() - rows.front() == rows.size() - 1) {
            std::memcpy(static_cast<void*>(to), from.data() + rows.front(), rows.size() * sizeof(To));
            return;
        }
    }
    for (std::size_t i = 0; i < rows.size(); ++i) to[i] = static_cast<To>(from[rows[i]]);
}

void copy_nulls(const ColumnVector& column, Rows rows, Target& target) {
    const auto* words = column.validity.data();
    const bool all_valid = std::all_of(words + rows.front() / 64, words + rows.back() / 64 + 1,
                                       [](std::uint64_t word) { return word == ~0ull; });
    if (all_valid) return;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!column.valid(rows[i])) target.set_null(i);
    }
}

/// Bytes of the integer the engine keeps a decimal of this precision in.
template <class Narrow>
void with_decimal_width(int precision, Narrow&& narrow) {
    if (precision <= 4) {
        narrow(std::int16_t{});
    } else if (precision <= 9) {
        narrow(std::int32_t{});
    } else if (precision <= 18) {
        narrow(std::int64_t{});
    } else {
        narrow(Int128{});
    }
}

void copy_decimals(const ColumnVector& column, Rows rows, Target& target) {
    with_decimal_width(column.type.precision, [&](auto width) {
        using Width = decltype(width);
        if constexpr (std::is_same_v<Width, Int128>) {
            copy(column.wide, rows, target.values<Int128>());
        } else {
            copy(column.ints, rows, target.values<Width>());
        }
    });
}

void copy_column(const ColumnVector& column, Rows rows, Target target) {
    switch (column.type.type) {
        case ColumnType::string:
        case ColumnType::json: copy(column.strings, rows, target.values<StringRef>()); break;
        case ColumnType::int64:
        case ColumnType::timestamp: copy(column.ints, rows, target.values<std::int64_t>()); break;
        case ColumnType::date: copy(column.ints, rows, target.values<std::int32_t>()); break;
        case ColumnType::float64: copy(column.doubles, rows, target.values<double>()); break;
        case ColumnType::boolean: copy(column.bools, rows, target.values<std::uint8_t>()); break;
        case ColumnType::decimal: copy_decimals(column, rows, target); break;
    }
    copy_nulls(column, rows, target);
}

/// Empty text is "none": null.
template <class TextOf>
void copy_optional_texts(Rows rows, Target target, TextOf&& text_of) {
    auto* values = target.values<StringRef>();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        values[i] = StringRef(text_of(rows[i]));
        if (values[i].size == 0) target.set_null(i);
    }
}

void fill_null(Target target, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) target.set_null(i);
}

bool fits(const TableColumn& column, const Cell& cell) {
    if (std::holds_alternative<std::monostate>(cell)) return true;
    switch (column.type.type) {
        case ColumnType::string: return std::holds_alternative<std::string_view>(cell);
        case ColumnType::json: return std::holds_alternative<JsonCell>(cell);
        case ColumnType::int64: return std::holds_alternative<std::int64_t>(cell);
        case ColumnType::timestamp: return std::holds_alternative<Timestamp>(cell);
        case ColumnType::date: return std::holds_alternative<DateCell>(cell);
        case ColumnType::float64: return std::holds_alternative<double>(cell);
        case ColumnType::boolean: return std::holds_alternative<bool>(cell);
        case ColumnType::decimal: {
            const auto* decimal = std::get_if<DecimalCell>(&cell);
            return decimal != nullptr && decimal->scale == column.type.scale &&
                   decimal->value <= decimal_limit(column.type.precision) &&
                   decimal->value >= -decimal_limit(column.type.precision);
        }
    }
    return false;
}

void set_cell(const TableColumn& column, const Cell& cell, Target& target, std::size_t i) {
    if (std::holds_alternative<std::monostate>(cell)) return target.set_null(i);
    switch (column.type.type) {
        case ColumnType::string:
            target.values<StringRef>()[i] = StringRef(std::get<std::string_view>(cell));
            break;
        case ColumnType::json:
            target.values<StringRef>()[i] = StringRef(std::get<JsonCell>(cell).text);
            break;
        case ColumnType::timestamp:
            target.values<std::int64_t>()[i] = std::get<Timestamp>(cell).micros;
            break;
        case ColumnType::date: target.values<std::int32_t>()[i] = std::get<DateCell>(cell).days; break;
        case ColumnType::float64: target.values<double>()[i] = std::get<double>(cell); break;
        case ColumnType::boolean: target.values<bool>()[i] = std::get<bool>(cell); break;
        case ColumnType::int64:
            if (column.int32) {
                target.values<std::int32_t>()[i] = static_cast<std::int32_t>(std::get<std::int64_t>(cell));
            } else {
                target.values<std::int64_t>()[i] = std::get<std::int64_t>(cell);
            }
            break;
        case ColumnType::decimal:
            with_decimal_width(column.type.precision, [&](auto width) {
                using Width = decltype(width);
                target.values<Width>()[i] = static_cast<Width>(std::get<DecimalCell>(cell).value);
            });
            break;
    }
}

duckdb_type plain_type(const TableColumn& column) {
    switch (column.type.type) {
        case ColumnType::string:
        case ColumnType::json: return DUCKDB_TYPE_VARCHAR;
        case ColumnType::int64: return column.int32 ? DUCKDB_TYPE_INTEGER : DUCKDB_TYPE_BIGINT;
        case ColumnType::decimal: return DUCKDB_TYPE_DECIMAL;
        case ColumnType::float64: return DUCKDB_TYPE_DOUBLE;
        case ColumnType::boolean: return DUCKDB_TYPE_BOOLEAN;
        case ColumnType::date: return DUCKDB_TYPE_DATE;
        case ColumnType::timestamp: return DUCKDB_TYPE_TIMESTAMP_TZ;
    }
    return DUCKDB_TYPE_VARCHAR;
}

}  // namespace

LogicalType logical_type(const TableColumn& column) {
    if (column.type.type == ColumnType::decimal) {
        return LogicalType(duckdb_create_decimal_type(static_cast<std::uint8_t>(column.type.precision),
                                                      static_cast<std::uint8_t>(column.type.scale)));
    }
    LogicalType type(duckdb_create_logical_type(plain_type(column)));
    // With the alias the engine takes the text as its JSON type and does not parse it again.
    if (column.type.type == ColumnType::json) duckdb_logical_type_set_alias(type.get(), "JSON");
    return type;
}

Status check_fact_slice(const TableSchema& table, const FactSlice& slice) {
    const Contract& contract = slice.batch->contract();
    if (table.columns.size() != contract.width() + kFactMetadata) {
        return failure(Errc::invalid_argument,
                       fmt::format("table {} has {} columns, contract {} gives {}", table.name,
                                   table.columns.size(), contract.id(), contract.width() + kFactMetadata));
    }
    for (std::size_t c = 0; c < contract.width(); ++c) {
        if (table.columns[c].type == contract.column_type(c)) continue;
        return failure(Errc::invalid_argument,
                       fmt::format("column {} of table {} is {}, contract {} gives {}", table.columns[c].name,
                                   table.name, table.columns[c].type.name(), contract.id(),
                                   contract.column_type(c).name()));
    }
    if (slice.rows.size() != slice.offsets.size()) {
        return failure(Errc::invalid_argument, fmt::format("slice of {}: {} rows, {} offsets", contract.id(),
                                                           slice.rows.size(), slice.offsets.size()));
    }
    return {};
}

Status check_cells(const TableSchema& table, const std::vector<Cell>& row) {
    if (row.size() != table.columns.size()) {
        return failure(Errc::invalid_argument, fmt::format("table {} has {} columns, the row {} cells",
                                                           table.name, table.columns.size(), row.size()));
    }
    for (std::size_t c = 0; c < row.size(); ++c) {
        if (fits(table.columns[c], row[c])) continue;
        return failure(Errc::invalid_argument,
                       fmt::format("the value for {}.{} is no {}", table.name, table.columns[c].name,
                                   table.columns[c].type.name()));
    }
    return {};
}

void fill_fact_columns(const TableSchema& table, const FactSlice& slice, std::size_t first, std::size_t count,
                       duckdb_data_chunk chunk, std::size_t at) {
    const RowBatch& batch = *slice.batch;
    const Rows rows(slice.rows.data() + first, count);
    std::size_t c = 0;
    for (; c < table.columns.size() - kFactMetadata; ++c)
        copy_column(batch.column(c), rows, Target(chunk, c, at));

    copy_optional_texts(rows, Target(chunk, c++, at), [&](std::size_t row) { return batch.extra(row); });
    copy_optional_texts(rows, Target(chunk, c++, at), [&](std::size_t row) { return batch.event_id(row); });
    std::fill_n(Target(chunk, c++, at).values<StringRef>(), count, StringRef(slice.stream));
    std::fill_n(Target(chunk, c++, at).values<std::int32_t>(), count, static_cast<std::int32_t>(slice.shard));
    std::memcpy(Target(chunk, c++, at).values<std::uint64_t>(), slice.offsets.data() + first,
                count * sizeof(std::uint64_t));
    fill_null(Target(chunk, c++, at), count);  // file_id and row_number: rows of a stream have none
    fill_null(Target(chunk, c++, at), count);
    std::fill_n(Target(chunk, c++, at).values<std::int64_t>(), count, slice.arrived.micros);
}

void fill_cell_columns(const TableSchema& table, const std::vector<std::vector<Cell>>& rows,
                       std::size_t first, std::size_t count, duckdb_data_chunk chunk, std::size_t at) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        Target target(chunk, c, at);
        for (std::size_t i = 0; i < count; ++i) set_cell(table.columns[c], rows[first + i][c], target, i);
    }
}

}  // namespace tillstream::duck
