// DuckDB alone: a CSV of sales to one zstd Parquet file, columns typed by hand, one statement. Prints the
//               seconds the
// statement took and, outside of them, what the Parquet file then holds.
#include <duckdb.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "bench/command_line.h"

namespace {

constexpr std::string_view kRead =
    "read_csv('{}', header=true, delim=',', quote='\"', escape='\"', timestampformat='{}', columns={{"
    "'InvoiceNo':'VARCHAR','StockCode':'VARCHAR','Description':'VARCHAR','Quantity':'BIGINT',"
    "'InvoiceDate':'TIMESTAMP','UnitPrice':'DECIMAL(18,4)','CustomerID':'BIGINT','Country':'VARCHAR'}})";

class Session {
public:
    explicit Session(int threads) {
        good_ = duckdb_open(nullptr, &database_) == DuckDBSuccess &&
                duckdb_connect(database_, &connection_) == DuckDBSuccess &&
                !run(fmt::format("SET threads={}", threads)).empty();
    }
    ~Session() {
        duckdb_disconnect(&connection_);
        duckdb_close(&database_);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    bool good() const { return good_; }

    /// The first value of the first row as text, "-" without one; empty after an error, which is printed.
    std::string run(const std::string& sql) {
        duckdb_result result{};
        std::string value = "-";
        if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess) {
            std::fprintf(stderr, "duckdb_csv_to_parquet: %s\n", duckdb_result_error(&result));
            value.clear();
        } else if (duckdb_row_count(&result) > 0) {
            char* text = duckdb_value_varchar(&result, 0, 0);
            if (text != nullptr) value = text;
            duckdb_free(text);
        }
        duckdb_destroy_result(&result);
        return value;
    }

private:
    duckdb_database database_ = nullptr;
    duckdb_connection connection_ = nullptr;
    bool good_ = false;
};

int convert(const std::string& csv, const std::string& parquet, const std::string& time_format, int threads) {
    Session session(threads);
    if (!session.good()) return 1;
    const auto start = std::chrono::steady_clock::now();
    const std::string copied =
        session.run(fmt::format("COPY (SELECT * FROM {}) TO '{}' (FORMAT parquet, COMPRESSION zstd)",
                                fmt::format(fmt::runtime(kRead), csv, time_format), parquet));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (copied.empty()) return 1;
    const std::string figures = session.run(fmt::format(
        "SELECT '\"rows\":' || count(*) || ',\"quantity\":' || sum(Quantity) || ',\"line_total\":\"' || "
        "sum(Quantity * UnitPrice)::DECIMAL(38,4) || '\"' FROM '{}'",
        parquet));
    if (figures.empty()) return 1;
    std::printf("{\"seconds\":%.4f,%s}\n", seconds.count(), figures.c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"CSV of sales to Parquet by DuckDB alone, timed"};
    std::string csv;
    std::string parquet;
    std::string time_format = "%m/%d/%Y %H:%M";
    int threads = 2;
    app.add_option("csv", csv, "UTF-8, with a header line")->required()->check(CLI::ExistingFile);
    app.add_option("parquet", parquet, "file to write")->required();
    app.add_option("--time-format", time_format, "of InvoiceDate")->capture_default_str();
    app.add_option("--threads", threads)->capture_default_str();
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    return convert(csv, parquet, time_format, threads);
}
