// query_service.h - ad-hoc SQL for doors: gate, limits, and the answer as JSON (FACES "Reads", POST
// /v1/query).
//
// Limits:   `concurrent` queries at once, `waiting` more wait their turn; time, rows and bytes of the answer.
// Threads:  run from any thread; it blocks until the answer is there or a limit is reached.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "core/result.h"

#include "core/metrics.h"
#include "ports/warehouse.h"

namespace tillstream {

struct QueryServiceOptions {
    std::size_t concurrent = 4;
    std::size_t waiting = 32;
    std::chrono::milliseconds timeout{30000};  ///< of the query itself
    std::chrono::milliseconds patience{5000};  ///< of waiting for a turn
    std::uint64_t rows = 100'000;
    std::size_t answer_bytes = 64u << 20;
};

struct QueryRequest {
    std::string_view sql;
    std::vector<Cell> params;            ///< $1...; texts live as long as the call
    std::optional<std::uint64_t> limit;  ///< rows; the service's own limit holds as well
};

enum class QueryRefusal : std::uint8_t {
    bad_sql,    ///< 400, with line and column
    forbidden,  ///< 403: writes, files, settings
    timeout,    ///< 422 code timeout
    memory,     ///< 422 code memory
    busy,       ///< 503: too many queries; `retry_after`
    failed,     ///< 500: the engine
};

/// "bad_sql", "forbidden", "timeout", "memory", "busy", "failed".
std::string_view to_string(QueryRefusal refusal);

struct QueryFailure {
    QueryRefusal refusal = QueryRefusal::failed;
    std::string message;
    int line = 1;
    int column = 1;
    std::chrono::seconds retry_after{0};
};

struct QueryAnswer {
    /// {"columns":[{"name","type"}],"rows":[[...]],"truncated":false}
    std::string json;
    std::uint64_t rows = 0;
    bool truncated = false;  ///< there were more rows, or more bytes, than the limits let through
};

class QueryService {
public:
    QueryService(Warehouse& warehouse, const QueryServiceOptions& options, Metrics& metrics);

    tl::expected<QueryAnswer, QueryFailure> run(const QueryRequest& request);

private:
    class Turn;
    tl::expected<QueryAnswer, QueryFailure> execute(const QueryRequest& request);
    void count(std::string_view result);

    Warehouse& warehouse_;
    const QueryServiceOptions options_;
    Metrics& metrics_;
    std::mutex mutex_;
    std::condition_variable turn_ended_;
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace tillstream
