#include "sql/statement_gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tillstream {

namespace {

constexpr std::size_t kStatementBytesMax = 1 << 20;

/// Make rows from their arguments or show the catalog; sorted.
constexpr std::array<std::string_view, 14> kTableFunctions = {
    "duckdb_columns",   "duckdb_constraints",
    "duckdb_functions", "duckdb_keywords",
    "duckdb_schemas",   "duckdb_tables",
    "duckdb_types",     "duckdb_views",
    "generate_series",  "json_each",
    "json_tree",        "range",
    "repeat",           "unnest",
};
static_assert(std::is_sorted(kTableFunctions.begin(), kTableFunctions.end()));

/// Table functions that outside of FROM make one list of all their rows, beyond the memory limit and without
/// looking at an interrupt; sorted.
constexpr std::array<std::string_view, 2> kOnlyInFrom = {"generate_series", "range"};
static_assert(std::is_sorted(kOnlyInFrom.begin(), kOnlyInFrom.end()));

/// Scalar functions that read settings or variables, run or plan SQL given as text, keep state, write, or
/// idle, or whose single call takes time with the square of a text's length or memory as its argument says,
/// neither of which a limit ends; sorted.
constexpr std::array<std::string_view, 38> kScalarFunctions = {
    "array_resize",
    "bitstring",
    "current_setting",
    "currval",
    "damerau_levenshtein",
    "duckdb_logs",
    "editdist3",
    "finalize",
    "getenv",
    "getvariable",
    "jaro_similarity",
    "jaro_winkler_similarity",
    "json_deserialize_sql",
    "json_execute_serialized_sql",
    "json_serialize_plan",
    "json_serialize_sql",
    "lastval",
    "levenshtein",
    "list_resize",
    "nextval",
    "parse_duckdb_log_message",
    "pg_conf_load_time",
    "pg_sleep",
    "query",
    "query_table",
    "set_config",
    "setseed",
    "setval",
    "sleep_ms",
    "sql_auto_complete",
    "tillstream_load",
    "variant_bytes_to_variant",
    "variant_normalize",
    "variant_to_parquet_variant",
    "which_secret",
    "write_log",
    "writefile",
    "xmlparse",
};
static_assert(std::is_sorted(kScalarFunctions.begin(), kScalarFunctions.end()));

/// Classes of functions by their first letters: files, settings, logs, the engine's own workings.
constexpr std::array<std::string_view, 8> kFunctionPrefixes = {
    "__internal_", "disable_", "enable_", "force_", "parquet_", "pragma_", "read_", "truncate_"};

/// System views that show paths, settings or other sessions; sorted.
constexpr std::array<std::string_view, 12> kRelations = {
    "duckdb_databases",
    "duckdb_extensions",
    "duckdb_external_file_cache",
    "duckdb_logs",
    "duckdb_secrets",
    "duckdb_settings",
    "duckdb_temporary_files",
    "duckdb_variables",
    "pg_database",
    "pg_prepared_statements",
    "pg_settings",
    "pragma_database_list",
};
static_assert(std::is_sorted(kRelations.begin(), kRelations.end()));

/// What the engine would try to read as a file or fetch, were it allowed to.
constexpr std::array<std::string_view, 17> kFileEndings = {
    ".arrow", ".avro",   ".bz2",     ".csv",    ".db",  ".duckdb", ".gz",   ".json", ".jsonl",
    ".log",   ".ndjson", ".parquet", ".sqlite", ".tsv", ".txt",    ".xlsx", ".zst",
};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& sorted, std::string_view name) {
    return std::binary_search(sorted.begin(), sorted.end(), name);
}

bool allowed_scalar(std::string_view name) {
    if (contains(kScalarFunctions, name)) return false;
    return std::none_of(kFunctionPrefixes.begin(), kFunctionPrefixes.end(),
                        [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::ptrdiff_t calls(const std::vector<std::string>& functions, std::string_view name) {
    return std::count(functions.begin(), functions.end(), name);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

bool looks_like_file(std::string_view name) {
    if (name.find_first_of("/\\*?[") != std::string_view::npos || name.find("://") != std::string_view::npos)
        return true;
    return std::any_of(kFileEndings.begin(), kFileEndings.end(),
                       [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace

GateAnswer judge_statement(const StatementInfo& statement) {
    if (statement.statements == 0) return SqlError{"the text holds no statement"};
    if (statement.statements > 1) {
        return SqlError{fmt::format("one statement a request, this text holds {}", statement.statements)};
    }
    if (!statement.read_only_select)
        return Forbidden{
            "only statements that read are allowed: SELECT, WITH, VALUES, "
            "DESCRIBE, SHOW, SUMMARIZE and EXPLAIN of them"};
    for (const std::string& name : statement.table_functions) {
        if (!contains(kTableFunctions, name))
            return Forbidden{fmt::format("table function {} is not allowed", name)};
    }
    for (const std::string_view name : kOnlyInFrom) {
        if (calls(statement.functions, name) > calls(statement.table_functions, name))
            return Forbidden{fmt::format("{0} is allowed in FROM only: write FROM {0}(...)", name)};
    }
    for (const std::string& name : statement.functions) {
        if (contains(kTableFunctions, name)) continue;
        if (!allowed_scalar(name)) return Forbidden{fmt::format("function {} is not allowed", name)};
    }
    for (const std::string& written : statement.relations) {
        const std::string name = lower(written);
        if (contains(kRelations, name)) return Forbidden{fmt::format("relation {} is not allowed", written)};
        if (looks_like_file(name)) return Forbidden{fmt::format("files cannot be read: {}", written)};
    }
    return {};
}

GateAnswer admit_statement(Warehouse& warehouse, std::string_view sql) {
    if (sql.size() > kStatementBytesMax) {
        return SqlError{
            fmt::format("the statement has {} bytes, at most {} are read", sql.size(), kStatementBytesMax)};
    }
    const auto inspected = warehouse.inspect(sql);
    if (const auto* wrong = std::get_if<SqlError>(&inspected)) return *wrong;
    if (const auto* error = std::get_if<Error>(&inspected)) return *error;
    return judge_statement(std::get<StatementInfo>(inspected));
}

}  // namespace tillstream
