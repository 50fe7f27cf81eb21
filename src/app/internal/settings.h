// settings.h - every option of the program, declared once: section, key, default, unit, bounds, sentence.
//
// Order:   flag > environment (TILLSTREAM_<SECTION>_<KEY>) > file > default.
// Source:  FACES "Start".
#pragma once

#include <cstdint>
#include <string>

#include "adapters/duckdb/duckdb_warehouse.h"
#include "config/options.h"
#include "delivery/sink_runner.h"
#include "ingest/ingest.h"
#include "log/journal.h"
#include "net/server.h"
#include "sql/query_service.h"

namespace tillstream::app {

struct Settings {
    std::string data_dir = "./data";
    std::string datasets_dir;  ///< empty: <data>/datasets
    std::string http_address = "127.0.0.1:8080";
    std::string tls_cert;
    std::string tls_key;
    bool insecure = false;
    std::string log_level = "info";
    std::uint32_t shards = 4;
    std::uint64_t worker_threads = 4;
    std::chrono::milliseconds drain_timeout{25'000};
    IngestLimits ingest;
    ServerOptions http;
    JournalOptions journal;
    DuckdbOptions warehouse;
    QueryServiceOptions query;
    SinkPolicy sink;
    std::uint64_t disk_share_max_percent = 90;
};

/// Declares every option on `settings`, which must outlive the set.
OptionSet declare_options(Settings& settings);

}  // namespace tillstream::app
