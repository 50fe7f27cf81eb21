#include "adapters/duckdb/internal/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/duckdb/internal/result_columns.h"
#include "adapters/duckdb/internal/sql_error.h"

namespace tillstream::duck {

namespace {

using Outcome = std::variant<Status, SqlError>;

/// Rolled back at the end, whatever happened: nothing a query does stays.
class ReadTransaction {
public:
    explicit ReadTransaction(Readers::Lease& lease) : lease_(lease) {}
    Status begin() { return execute(lease_.connection(), "BEGIN TRANSACTION READ ONLY"); }
    /// An interrupted rollback would leave the connection to its next user in an aborted transaction.
    ~ReadTransaction() {
        lease_.shield();
        (void)execute(lease_.connection(), "ROLLBACK");
    }

private:
    Readers::Lease& lease_;
};

Outcome result_error(QueryResult& result, std::string_view sql) {
    const char* text = duckdb_result_error(result.out());
    return query_error(duckdb_result_error_type(result.out()), text == nullptr ? "unknown error" : text, sql);
}

bool failed(const Outcome& outcome) {
    const auto* status = std::get_if<Status>(&outcome);
    return status == nullptr || !status->has_value();
}

Outcome bind_params(duckdb_prepared_statement statement, std::span<const Cell> params, std::string_view sql) {
    const idx_t wanted = duckdb_nparams(statement);
    if (wanted != params.size()) {
        return sql_error_at(
            fmt::format("the statement has {} parameters, {} values were given", wanted, params.size()), sql,
            0);
    }
    for (idx_t i = 0; i < params.size(); ++i) {
        // No value can be made of text that is not UTF-8.
        const Value value = make_value(params[i]);
        if (value.get() == nullptr || duckdb_bind_value(statement, i + 1, value.get()) != DuckDBSuccess) {
            return sql_error_at(fmt::format("value {} cannot be bound to ${}", i + 1, i + 1), sql, 0);
        }
    }
    return Status{};
}

/// Any other kind of statement never runs on a reader's connection, whatever a gate in front let through.
bool reads_only(duckdb_prepared_statement statement) {
    const duckdb_statement_type type = duckdb_prepared_statement_type(statement);
    return type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_EXPLAIN;
}

class RowStream {
public:
    RowStream(QueryResult& result, ResultVisitor& visitor) : result_(result), visitor_(visitor) {}

    Status start() {
        std::vector<ResultColumn> columns;
        const idx_t count = duckdb_column_count(result_.out());
        for (idx_t i = 0; i < count; ++i) {
            const LogicalType type(duckdb_column_logical_type(result_.out(), i));
            const std::string name = duckdb_column_name(result_.out(), i);
            readers_.push_back(TILLSTREAM_TRY(ColumnReader::of(type.get(), name)));
            columns.push_back({name, readers_.back().type_name()});
        }
        cells_.resize(count);
        scratch_.resize(count);
        visitor_.columns(columns);
        return {};
    }

    /// False: the visitor wants no more.
    bool deliver(duckdb_data_chunk chunk) {
        for (idx_t i = 0; i < readers_.size(); ++i) readers_[i].set(duckdb_data_chunk_get_vector(chunk, i));
        const idx_t rows = duckdb_data_chunk_get_size(chunk);
        for (idx_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < readers_.size(); ++i) cells_[i] = readers_[i].cell(row, scratch_[i]);
            if (!visitor_.row(cells_)) return false;
        }
        return true;
    }

private:
    QueryResult& result_;
    ResultVisitor& visitor_;
    std::vector<ColumnReader> readers_;
    std::vector<Cell> cells_;
    std::vector<std::string> scratch_;
};

Outcome stream(const Readers::Lease& lease, duckdb_prepared_statement statement, std::string_view sql,
               ResultVisitor& visitor) {
    Pending pending;
    if (duckdb_pending_prepared_streaming(statement, pending.out()) != DuckDBSuccess) {
        return query_error(DUCKDB_ERROR_INVALID, duckdb_pending_error(pending.get()), sql);
    }
    QueryResult result;
    if (duckdb_execute_pending(pending.get(), result.out()) != DuckDBSuccess)
        return result_error(result, sql);
    RowStream rows(result, visitor);
    if (Status started = rows.start(); !started) return started;
    // Long work without rows is interrupted by the watchdog; rows that never end are stopped between chunks
    // too.
    while (lease.stopped() == Readers::Stop::none) {
        const Chunk chunk(duckdb_fetch_chunk(result.get()));
        if (chunk.get() == nullptr) {
            const char* text = duckdb_result_error(result.out());
            if (text != nullptr && *text != '\0') return result_error(result, sql);
            return Status{};
        }
        if (!rows.deliver(chunk.get())) return Status{};
    }
    return Status(failure(Errc::cancelled, "interrupted"));
}

/// An interrupted query says so in many words of the engine's; ours is the reason it was interrupted for.
Outcome with_reason(Outcome outcome, const Readers::Lease& lease) {
    const Readers::Stop stop = lease.stopped();
    if (!failed(outcome) || stop == Readers::Stop::none) return outcome;
    if (stop == Readers::Stop::timeout)
        return Status(failure(Errc::timeout, "the query took longer than its time limit"));
    if (stop == Readers::Stop::reopening)
        return Status(failure(Errc::unavailable, "the query was ended: try again"));
    return Status(
        failure(Errc::resource_exhausted, "the query was ended because the warehouse ran out of memory"));
}

}  // namespace

Outcome run_query(Readers::Lease& lease, std::string_view sql, std::span<const Cell> params,
                  ResultVisitor& visitor) {
    const std::string text(sql);
    ReadTransaction transaction(lease);
    if (Status begun = transaction.begin(); !begun) return begun;
    Prepared statement;
    if (duckdb_prepare(lease.connection(), text.c_str(), statement.out()) != DuckDBSuccess) {
        return with_reason(query_error(DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement.get()), sql),
                           lease);
    }
    if (!reads_only(statement.get())) {
        return Status(failure(Errc::permission_denied, "only statements that read are run here"));
    }
    if (Outcome bound = bind_params(statement.get(), params, sql); failed(bound)) return bound;
    return with_reason(stream(lease, statement.get(), sql, visitor), lease);
}

namespace {

/// First word of `sql` behind blanks and comments: where it starts and ends.
std::pair<std::size_t, std::size_t> first_word(std::string_view sql) {
    std::size_t i = 0;
    while (i < sql.size()) {
        if (sql[i] == ' ' || (sql[i] >= '\t' && sql[i] <= '\r')) {
            ++i;
        } else if (sql.substr(i, 2) == "--") {
            i = std::min(sql.find('\n', i), sql.size());
        } else if (sql.substr(i, 2) == "/*") {
            // Comments of SQL nest. An unclosed one hides everything.
            int depth = 0;
            do {
                if (sql.substr(i, 2) == "/*")
                    ++depth, i += 2;
                else if (sql.substr(i, 2) == "*/")
                    --depth, i += 2;
                else
                    ++i;
            } while (depth > 0 && i < sql.size());
        } else {
            break;
        }
    }
    std::size_t end = i;
    while (end < sql.size() && ((sql[end] | 0x20) >= 'a' && (sql[end] | 0x20) <= 'z')) ++end;
    return {i, end};
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                     [](char a, char b) { return (a | 0x20) == b; });
}

/// EXPLAIN [ANALYZE] replaced by blanks, so that what it explains can be judged and places of errors stay
/// right.
std::string without_explain(std::string_view sql) {
    std::string text(sql);
    for (const std::string_view word : {"explain", "analyze"}) {
        const auto [begin, end] = first_word(text);
        if (!equals_ignoring_case(std::string_view(text).substr(begin, end - begin), word)) break;
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(begin),
                  text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
    }
    return text;
}

// The unit separator cannot be part of a name the parser let through unquoted, and a quoted name that holds
// it is merely split into two that are judged as well.
constexpr const char* kInspect =
    "SELECT tree->>'$.error', tree->>'$.error_type', tree->>'$.error_message', tree->>'$.position', "
    "coalesce(json_array_length(tree, '$.statements'), 0)::BIGINT, "
    "array_to_string(tree->>'$..function_name', chr(31)), "
    "array_to_string(tree->>'$..function.function_name', chr(31)), "
    "array_to_string(tree->>'$..table_name', chr(31)) "
    "FROM (SELECT json_serialize_sql($1::VARCHAR) AS tree)";

class InspectVisitor final : public ResultVisitor {
public:
    void columns(std::span<const ResultColumn>) override {}
    bool row(std::span<const Cell> cells) override {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (const auto* text = std::get_if<std::string_view>(&cells[i])) texts[i] = *text;
            if (const auto* number = std::get_if<std::int64_t>(&cells[i]))
                statements = static_cast<std::size_t>(*number);
        }
        return true;
    }
    std::array<std::string, 8> texts;
    std::size_t statements = 0;
};

std::vector<std::string> split(const std::string& joined, bool lower) {
    std::vector<std::string> names;
    std::string name;
    const auto flush = [&] {
        if (!name.empty()) names.push_back(std::move(name));
        name.clear();
    };
    for (const char c : joined) {
        if (c == '\x1f') {
            flush();
        } else {
            name += lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        }
    }
    flush();
    return names;
}

/// Of a text the parser is content with, but which is no SELECT.
std::size_t count_statements(duckdb_connection connection, const std::string& sql) {
    Owned<duckdb_extracted_statements, duckdb_destroy_extracted> statements;
    return duckdb_extract_statements(connection, sql.c_str(), statements.out());
}

}  // namespace

std::variant<StatementInfo, SqlError, Error> inspect_sql(Readers::Lease& lease, std::string_view sql) {
    if (sql.find('\0') != std::string_view::npos)
        return sql_error_at("a statement holds no NUL", sql, sql.find('\0'));
    const std::string text = without_explain(sql);
    const Cell param = std::string_view(text);
    InspectVisitor visitor;
    const Outcome outcome = run_query(lease, kInspect, {&param, 1}, visitor);
    if (const auto* error = std::get_if<SqlError>(&outcome)) return *error;
    if (const auto& status = std::get<Status>(outcome); !status) return status.error();
    StatementInfo info;
    info.statements = visitor.statements;
    if (visitor.texts[0] == "true") {
        if (visitor.texts[1] == "not implemented") {
            // Some, like IMPORT DATABASE, cannot be cut out without being followed; they are statements.
            info.statements = std::max<std::size_t>(count_statements(lease.connection(), text), 1);
            return info;
        }
        const std::size_t position = visitor.texts[3].empty() ? 0 : std::stoul(visitor.texts[3]);
        return sql_error_at(visitor.texts[2], sql, byte_of_character(sql, position));
    }
    info.functions = split(visitor.texts[5], true);
    info.table_functions = split(visitor.texts[6], true);
    info.relations = split(visitor.texts[7], false);
    info.read_only_select = info.statements == 1;
    return info;
}

}  // namespace tillstream::duck
