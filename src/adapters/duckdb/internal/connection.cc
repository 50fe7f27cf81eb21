#include "adapters/duckdb/internal/connection.h"

#include <fmt/format.h>

#include <utility>

namespace tillstream::duck {

std::string take_text(char* text) {
    if (text == nullptr) return {};
    std::string copy(text);
    duckdb_free(text);
    return copy;
}

namespace {

Errc write_code(duckdb_error_type type) {
    switch (type) {
        case DUCKDB_ERROR_OUT_OF_MEMORY: return Errc::resource_exhausted;
        case DUCKDB_ERROR_INTERRUPT: return Errc::cancelled;
        case DUCKDB_ERROR_IO: return Errc::io;
        case DUCKDB_ERROR_TRANSACTION: return Errc::unavailable;
        case DUCKDB_ERROR_SERIALIZATION: return Errc::corruption;
        case DUCKDB_ERROR_FATAL:
        case DUCKDB_ERROR_INTERNAL: return Errc::internal;
        default: return Errc::invalid_argument;
    }
}

/// Errors of other types quote data, which may say anything.
bool speaks_of_storage(duckdb_error_type type) {
    return type == DUCKDB_ERROR_IO || type == DUCKDB_ERROR_SERIALIZATION || type == DUCKDB_ERROR_INTERNAL ||
           type == DUCKDB_ERROR_FATAL;
}

}  // namespace

Error write_error(duckdb_error_type type, std::string_view message) {
    Errc code = write_code(type);
    // The engine calls a bad block checksum an I/O error.
    if (speaks_of_storage(type) && (message.find("orrupt") != std::string_view::npos ||
                                    message.find("checksum") != std::string_view::npos)) {
        code = Errc::corruption;
    }
    // A commit that finds no memory is a failed transaction to it; its advice tells what failed.
    if (code == Errc::unavailable && message.find("memory_limit") != std::string_view::npos)
        code = Errc::resource_exhausted;
    return Error{code, fmt::format("warehouse: {}", message)};
}

Error write_error(QueryResult& result) {
    const char* message = duckdb_result_error(result.out());
    return write_error(duckdb_result_error_type(result.out()),
                       message == nullptr ? "unknown error" : message);
}

Status execute(duckdb_connection connection, const std::string& sql) {
    QueryResult result;
    if (duckdb_query(connection, sql.c_str(), result.out()) != DuckDBSuccess)
        return failure(write_error(result));
    return {};
}

Result<Prepared> prepare(duckdb_connection connection, const std::string& sql) {
    Prepared statement;
    if (duckdb_prepare(connection, sql.c_str(), statement.out()) != DuckDBSuccess) {
        return failure(write_error(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement.get())));
    }
    return statement;
}

Status execute_prepared(duckdb_prepared_statement statement, QueryResult& result) {
    if (duckdb_execute_prepared(statement, result.out()) != DuckDBSuccess)
        return failure(write_error(result));
    return {};
}

namespace {

std::string wrapped(std::string_view text, char quote) {
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote) out += c;
    }
    out += quote;
    return out;
}

duckdb_hugeint to_hugeint(Int128 value) {
    return {static_cast<std::uint64_t>(value), static_cast<std::int64_t>(value >> 64)};
}

struct ValueMaker {
    duckdb_value operator()(std::monostate) const { return duckdb_create_null_value(); }
    duckdb_value operator()(bool v) const { return duckdb_create_bool(v); }
    duckdb_value operator()(std::int64_t v) const { return duckdb_create_int64(v); }
    duckdb_value operator()(Int128 v) const { return duckdb_create_hugeint(to_hugeint(v)); }
    duckdb_value operator()(double v) const { return duckdb_create_double(v); }
    duckdb_value operator()(const DecimalCell& v) const {
        return duckdb_create_decimal({38, static_cast<std::uint8_t>(v.scale), to_hugeint(v.value)});
    }
    duckdb_value operator()(DateCell v) const { return duckdb_create_date({v.days}); }
    duckdb_value operator()(Timestamp v) const { return duckdb_create_timestamp_tz({v.micros}); }
    duckdb_value operator()(JsonCell v) const { return (*this)(v.text); }
    duckdb_value operator()(std::string_view v) const {
        return duckdb_create_varchar_length(v.data(), v.size());
    }
};

}  // namespace

std::string identifier(std::string_view name) { return wrapped(name, '"'); }
std::string literal(std::string_view text) { return wrapped(text, '\''); }

std::string sql_type(const TableColumn& column) {
    switch (column.type.type) {
        case ColumnType::string: return "VARCHAR";
        case ColumnType::int64: return column.int32 ? "INTEGER" : "BIGINT";
        case ColumnType::decimal:
            return fmt::format("DECIMAL({},{})", column.type.precision, column.type.scale);
        case ColumnType::float64: return "DOUBLE";
        case ColumnType::boolean: return "BOOLEAN";
        case ColumnType::date: return "DATE";
        case ColumnType::timestamp: return "TIMESTAMP WITH TIME ZONE";
        case ColumnType::json: return "JSON";
    }
    return "VARCHAR";
}

Value make_value(const Cell& cell) { return Value(std::visit(ValueMaker{}, cell)); }

}  // namespace tillstream::duck
