// settings.h - every option of the server, declared once: section, key, default, bounds, sentence.
//
// Order:   flag > environment (TILLSTREAM_<SECTION>_<KEY>) > file > default.
// Source:  FACES "Start".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/options.h"
#include "doors/http/http_alias.h"

namespace tillstream::app {

struct Settings {
    struct {
        std::string dir = "./data";
        std::string datasets_dir;
        std::int64_t disk_share_max_percent = 90;
    } data;
    struct {
        Address listen{"127.0.0.1", 8080};
        std::string tls_cert;
        std::string tls_key;
        bool insecure = false;
        std::int64_t connections_max = 4096;
        std::int64_t connections_per_address = 0;
        std::int64_t io_threads = 0;
        bool pin_threads = true;
        ByteSize head_bytes_max{16 << 10};
        Duration head_timeout = std::chrono::seconds{10};
        ByteSize body_rate_min{1 << 10};
        Duration body_rate_window = std::chrono::seconds{5};
        ByteSize answer_cache_bytes{32 << 20};
        ByteSize answer_bytes_max{256 << 20};
        std::vector<HttpAlias> aliases;  ///< tables of the file: [[http.alias]]
    } http;
    struct {
        ByteSize audit_bytes_max{16 << 20};
        std::int64_t audit_files_max = 8;
    } access;
    struct {
        std::int64_t shards = 4;
        ByteSize body_bytes_max{16 << 20};
        ByteSize record_bytes_max{1 << 20};
        std::int64_t depth_max = 32;
        std::int64_t records_per_body = 500'000;
        ByteSize in_flight_bytes_max{64 << 20};
    } ingest;
    struct {
        Duration window = std::chrono::hours{168};
        std::int64_t max_ids = 150'000'000;
        ByteSize memory_bytes{512 << 20};
    } dedup;
    struct {
        ByteSize segment_bytes{64 << 20};
        ByteSize budget_bytes{std::uint64_t{16} << 30};
        ByteSize queue_bytes{64 << 20};
        ByteSize tail_bytes{128 << 20};
        ByteSize seal_bytes{64 << 20};
        ByteSize keep_bytes{std::uint64_t{1} << 30};
        Duration retain = std::chrono::seconds{0};
        ByteSize retain_bytes{0};
    } log;
    struct {
        ByteSize lag_bytes_max{std::uint64_t{4} << 30};
        ByteSize chunk_bytes{8 << 20};
    } delivery;
    struct {
        ByteSize memory_bytes{std::uint64_t{1} << 30};
        ByteSize spill_bytes{std::uint64_t{2} << 30};
    } warehouse;
    struct {
        ByteSize memory_bytes{256 << 20};
        ByteSize dirty_bytes{32 << 20};
        Duration checkpoint_interval = std::chrono::seconds{1};
    } tables;
    struct {
        std::int64_t concurrent = 4;
        Duration timeout = std::chrono::seconds{30};
        std::int64_t rows_max = 100'000;
        ByteSize answer_bytes_max{64 << 20};
        std::int64_t waiting_max = 32;
        Duration waiting_time_max = std::chrono::seconds{5};
    } query;
    struct {
        std::int64_t workers = 8;
        Duration drain_timeout = std::chrono::seconds{25};
        std::string log_level = "info";
    } server;
};

/// Declares every option on `settings`, which must outlive the set.
OptionSet declare_options(Settings& settings);

/// File (if `config_file` is not empty), environment, then flags; the tables of the file into `settings`, on
/// which `options` were declared. The message of a failure lists every problem.
Status read_options(OptionSet& options, Settings& settings, const std::string& config_file,
                    std::span<const std::string> flags);

}  // namespace tillstream::app
