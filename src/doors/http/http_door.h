// http_door.h - the REST door: decodes HTTP, calls one service, encodes the answer. No decisions of its own.
//
// Threads:   ingest runs on the io thread that read the body; everything that may wait runs on `workers`.
// Errors:    application/problem+json; one table maps Errc to a status (error_status.h). Bad input is never a
//            5xx.
// Access:    every route declares the scope it needs (internal/operations.cc); the gate asks for it before
//            the body is read and before anything is told of what exists.
// Services may appear after start (the warehouse opens while ingest already runs): what is not there yet
// answers 503.
// Source:    FACES.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "access/access.h"
#include "catalog/contract_store.h"
#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"
#include "core/worker_pool.h"
#include "delivery/delivery.h"
#include "doors/http/http_alias.h"
#include "ingest/ingest.h"
#include "net/router.h"
#include "ports/event_log.h"
#include "reconcile/reconcile.h"
#include "sinks/quarantine/quarantine_list.h"
#include "sinks/tables/purchase_history.h"
#include "sql/query_service.h"

namespace tillstream {

/// What the door calls. All outlive the server.
struct HttpServices {
    Ingest& ingest;
    EventLog& log;
    Delivery& delivery;
    Reconciler& reconciler;
    Metrics& metrics;
    Logger log_lines;  ///< the program's own log, whose levels can be changed
    WorkerPool& workers;
    WorkerPool& control;             ///< status, metrics, pause and resume: never behind a query
    std::size_t answer_cache_bytes;  ///< memory for answers about purchases that still stand; 0: none
    /// Null until the warehouse is open.
    std::function<QueryService*()> queries;
    std::function<QuarantineList*()> quarantine;
    /// Null until the tables are open.
    std::function<const PurchaseHistory*()> history;
    /// Seals what is durable now; unavailable if that takes longer than the timeout.
    std::function<Status(std::string_view stream, std::chrono::milliseconds timeout)> seal;
    /// Brings up to date what is measured only when somebody asks.
    std::function<void()> refresh_metrics;
    /// Empty when requests can be served; else what is missing.
    std::function<std::string()> not_ready;
    /// Waits until every store is there; the error if one is not.
    std::function<Status(std::chrono::milliseconds)> wait_until_ready;
    /// Waits until the store that a sink writes is open; the error if it is not.
    std::function<Status(std::string_view sink, std::chrono::milliseconds)> wait_for_store;
    Access& access;
    const ContractStore& contracts;
};

/// already_exists if two aliases have one path.
Status add_http_routes(Router& router, const HttpServices& services, std::span<const HttpAlias> aliases = {});

}  // namespace tillstream
