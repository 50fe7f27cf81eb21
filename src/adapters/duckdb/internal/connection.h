// connection.h - DuckDB's C handles as owning types, and its errors in our words.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"
#include "ports/warehouse.h"

namespace tillstream::duck {

template <class Handle, void (*Destroy)(Handle*)>
class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) : handle_(handle) {}
    Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Owned() {
        if (handle_ != Handle{}) Destroy(&handle_);
    }
    Handle get() const { return handle_; }
    Handle* out() { return &handle_; }

private:
    Handle handle_{};
};

using Database = Owned<duckdb_database, duckdb_close>;
using Connection = Owned<duckdb_connection, duckdb_disconnect>;
using Prepared = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
using Value = Owned<duckdb_value, duckdb_destroy_value>;

/// A result that may hold an error; destroyed with its data.
class QueryResult {
public:
    QueryResult() = default;
    QueryResult(const QueryResult&) = delete;
    QueryResult& operator=(const QueryResult&) = delete;
    ~QueryResult() { duckdb_destroy_result(&result_); }
    duckdb_result* out() { return &result_; }
    duckdb_result& get() { return result_; }

private:
    duckdb_result result_{};
};

/// A string the library allocated.
std::string take_text(char* text);

/// What a failure of the engine means to the caller of a write.
Error write_error(duckdb_error_type type, std::string_view message);
/// The error a failed statement left in `result`.
Error write_error(QueryResult& result);

/// Runs one statement and drops what it returns.
Status execute(duckdb_connection connection, const std::string& sql);
Result<Prepared> prepare(duckdb_connection connection, const std::string& sql);
Status execute_prepared(duckdb_prepared_statement statement, QueryResult& result);

/// "schema"."name" with quotes doubled.
std::string identifier(std::string_view name);
/// 'text' with quotes doubled.
std::string literal(std::string_view text);

/// SQL name of a column type.
std::string sql_type(const TableColumn& column);
Value make_value(const Cell& cell);

}  // namespace tillstream::duck
