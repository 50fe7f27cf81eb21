#include "sql/query_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/internal/answer_writer.h"
#include "sql/statement_gate.h"

namespace tillstream {

namespace {

constexpr std::chrono::seconds kRetryAfter{1};

QueryFailure sql_failure(const SqlError& wrong) {
    return {QueryRefusal::bad_sql, wrong.message, wrong.line, wrong.column, {}};
}

QueryRefusal refusal_of(Errc code) {
    switch (code) {
        case Errc::timeout: return QueryRefusal::timeout;
        case Errc::resource_exhausted: return QueryRefusal::memory;
        case Errc::unavailable: return QueryRefusal::busy;
        case Errc::permission_denied: return QueryRefusal::forbidden;
        // A type that cannot be returned, or a value refused: a matter of the statement.
        case Errc::unsupported:
        case Errc::invalid_argument:
        case Errc::not_found: return QueryRefusal::bad_sql;
        case Errc::already_exists:
        case Errc::conflict:
        case Errc::unauthenticated:
        case Errc::cancelled:
        case Errc::io:
        case Errc::corruption:
        case Errc::outcome_unknown:
        case Errc::internal: return QueryRefusal::failed;
    }
    return QueryRefusal::failed;
}

QueryFailure engine_failure(const Error& error) {
    QueryFailure failure{refusal_of(error.code), error.message, 1, 1, {}};
    if (failure.refusal == QueryRefusal::busy) failure.retry_after = kRetryAfter;
    return failure;
}

}  // namespace

std::string_view to_string(QueryRefusal refusal) {
    switch (refusal) {
        case QueryRefusal::bad_sql: return "bad_sql";
        case QueryRefusal::forbidden: return "forbidden";
        case QueryRefusal::timeout: return "timeout";
        case QueryRefusal::memory: return "memory";
        case QueryRefusal::busy: return "busy";
        case QueryRefusal::failed: return "failed";
    }
    return "failed";
}

QueryService::QueryService(Warehouse& warehouse, const QueryServiceOptions& options, Metrics& metrics)
    : warehouse_(warehouse), options_(options), metrics_(metrics) {}

/// One of the places for running queries, given back at the end.
class QueryService::Turn {
public:
    explicit Turn(QueryService& service) : service_(service) {
        std::unique_lock lock(service_.mutex_);
        const auto& options = service_.options_;
        if (service_.running_ >= options.concurrent && service_.waiting_ >= options.waiting) return;
        ++service_.waiting_;
        taken_ = service_.turn_ended_.wait_for(lock, options.patience,
                                               [&] { return service_.running_ < options.concurrent; });
        --service_.waiting_;
        if (taken_) ++service_.running_;
    }
    ~Turn() {
        if (!taken_) return;
        const std::lock_guard lock(service_.mutex_);
        --service_.running_;
        service_.turn_ended_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    bool taken() const { return taken_; }

private:
    QueryService& service_;
    bool taken_ = false;
};

void QueryService::count(std::string_view result) {
    metrics_
        .counter("tillstream_queries_total", "Ad-hoc queries by outcome", {{"result", std::string(result)}})
        .add();
}

tl::expected<QueryAnswer, QueryFailure> QueryService::run(const QueryRequest& request) {
    auto answer = execute(request);
    count(answer ? "ok" : to_string(answer.error().refusal));
    return answer;
}

tl::expected<QueryAnswer, QueryFailure> QueryService::execute(const QueryRequest& request) {
    const Turn turn(*this);
    if (!turn.taken()) {
        return tl::unexpected(
            QueryFailure{QueryRefusal::busy,
                         fmt::format("{} queries are running, the limit: try again", options_.concurrent), 1,
                         1, kRetryAfter});
    }
    const GateAnswer admitted = admit_statement(warehouse_, request.sql);
    if (const auto* wrong = std::get_if<SqlError>(&admitted)) return tl::unexpected(sql_failure(*wrong));
    if (const auto* forbidden = std::get_if<Forbidden>(&admitted)) {
        return tl::unexpected(QueryFailure{QueryRefusal::forbidden, forbidden->message, 1, 1, {}});
    }
    if (const auto* error = std::get_if<Error>(&admitted)) return tl::unexpected(engine_failure(*error));
    const std::uint64_t rows = std::min(request.limit.value_or(options_.rows), options_.rows);
    AnswerWriter writer(rows, options_.answer_bytes);
    const auto outcome = warehouse_.query(request.sql, request.params, {options_.timeout}, writer);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) return tl::unexpected(sql_failure(*wrong));
    if (const auto& status = std::get<Status>(outcome); !status)
        return tl::unexpected(engine_failure(status.error()));
    return writer.finish();
}

}  // namespace tillstream
