#include "app/internal/settings.h"

#include <unistd.h>

#include "app/internal/alias_settings.h"
#include "app/internal/contract_sources.h"
#include "config/toml.h"
#include "core/env.h"

namespace tillstream::app {

namespace {

void declare_data(OptionSet& set, Settings& s) {
    set.add({.section = "data",
             .key = "dir",
             .target = &s.data.dir,
             .description = "Folder that holds everything Tillstream stores; one process owns it.",
             .flag = "data"});
    set.add({.section = "data",
             .key = "datasets_dir",
             .target = &s.data.datasets_dir,
             .description =
                 "Folder of contract files that replace or join the built-in ones; empty: <data>/datasets."});
    set.add({.section = "data",
             .key = "disk_share_max_percent",
             .target = &s.data.disk_share_max_percent,
             .description =
                 "Ingest answers 503 when the data folder takes more than this share of its size plus the "
                 "free space.",
             .unit = "percent",
             .min = "1",
             .max = "100"});
}

void declare_http(OptionSet& set, Settings& s) {
    set.add({.section = "http",
             .key = "listen",
             .target = &s.http.listen,
             .description = "Address and port of the HTTP door; port 0 picks a free one.",
             .flag = "http"});
    set.add({.section = "http",
             .key = "tls_cert",
             .target = &s.http.tls_cert,
             .description = "PEM file of the certificate chain; with tls_key it switches to HTTPS. Read anew "
                            "when it changes.",
             .flag = "tls-cert"});
    set.add({.section = "http",
             .key = "tls_key",
             .target = &s.http.tls_key,
             .description = "PEM file of the certificate's private key.",
             .flag = "tls-key"});
    set.add({.section = "http",
             .key = "insecure",
             .target = &s.http.insecure,
             .description = "Allow an address beyond loopback without TLS and tokens.",
             .flag = "insecure"});
    set.add({.section = "http",
             .key = "io_threads",
             .target = &s.http.io_threads,
             .description =
                 "Threads that read, decode and judge; 0: 5/8 of the cores, at least 2 if there are two.",
             .unit = "threads",
             .min = "0",
             .max = "256"});
    set.add({.section = "http",
             .key = "pin_threads",
             .target = &s.http.pin_threads,
             .description =
                 "Keep each of these threads on a core of its own, if there are enough cores; off where "
                 "other programs need the same cores."});
    set.add({.section = "http",
             .key = "answer_cache_bytes",
             .target = &s.http.answer_cache_bytes,
             .description = "Memory for answers about invoices and customers, reused until one of their "
                            "records arrives; 0B: none.",
             .min = "0B",
             .max = "64GiB"});
    set.add({.section = "http",
             .key = "answer_bytes_max",
             .target = &s.http.answer_bytes_max,
             .description = "Memory for large answers (from 64 KiB) that their clients have not taken yet; "
                            "beyond, the connections of the slowest are closed.",
             .min = "1MiB",
             .max = "64GiB"});
}

void declare_http_limits(OptionSet& set, Settings& s) {
    set.add({.section = "http",
             .key = "connections_max",
             .target = &s.http.connections_max,
             .description = "When full, the connection longest without a complete request is closed. Fewer "
                            "where the process may not open so many files and 768 more (ulimit -n).",
             .unit = "connections",
             .min = "1",
             .max = "1000000"});
    set.add({.section = "http",
             .key = "connections_per_address",
             .target = &s.http.connections_per_address,
             .description = "Open connections that one address may have; 0: any number from loopback, 1024 "
                            "from elsewhere.",
             .unit = "connections",
             .min = "0",
             .max = "1000000"});
    set.add({.section = "http",
             .key = "head_bytes_max",
             .target = &s.http.head_bytes_max,
             .description = "Largest request line and headers; more answers 431.",
             .min = "1KiB",
             .max = "1MiB"});
    set.add({.section = "http",
             .key = "head_timeout",
             .target = &s.http.head_timeout,
             .description = "Time a request's headers may take to arrive; longer answers 408.",
             .min = "100ms",
             .max = "10m"});
    set.add({.section = "http",
             .key = "body_rate_min",
             .target = &s.http.body_rate_min,
             .description = "Least rate at which a body must arrive; slower answers 408. 0B: any.",
             .unit = "a second",
             .min = "0B",
             .max = "1GiB"});
    set.add({.section = "http",
             .key = "body_rate_window",
             .target = &s.http.body_rate_window,
             .description = "Stretch of time over which that rate must hold.",
             .min = "100ms",
             .max = "10m"});
}

void declare_access(OptionSet& set, Settings& s) {
    set.add({.section = "access",
             .key = "audit_bytes_max",
             .target = &s.access.audit_bytes_max,
             .description = "Size at which the audit log goes on in a new file.",
             .min = "64KiB",
             .max = "1GiB"});
    set.add({.section = "access",
             .key = "audit_files_max",
             .target = &s.access.audit_files_max,
             .description = "Files of the audit log that are kept, with the one written to; the oldest goes.",
             .unit = "files",
             .min = "1",
             .max = "1000"});
}

void declare_ingest(OptionSet& set, Settings& s) {
    set.add({.section = "ingest",
             .key = "shards",
             .target = &s.ingest.shards,
             .description = "Shards of each new stream; those of a known one stay.",
             .unit = "shards",
             .min = "1",
             .max = "256"});
    set.add({.section = "ingest",
             .key = "body_bytes_max",
             .target = &s.ingest.body_bytes_max,
             .description = "Largest request body, also after decompression; more answers 413.",
             .min = "1KiB",
             .max = "32MiB"});
    set.add({.section = "ingest",
             .key = "record_bytes_max",
             .target = &s.ingest.record_bytes_max,
             .description = "Largest record; a larger one is quarantined alone.",
             .min = "256B",
             .max = "10MiB"});
    set.add({.section = "ingest",
             .key = "depth_max",
             .target = &s.ingest.depth_max,
             .description = "Deepest nesting of a JSON record; a deeper one is quarantined alone.",
             .unit = "levels",
             .min = "1",
             .max = "256"});
    set.add({.section = "ingest",
             .key = "in_flight_bytes_max",
             .target = &s.ingest.in_flight_bytes_max,
             .description = "Bodies being read or not yet answered; over it ingest answers 503.",
             .min = "1MiB",
             .max = "4GiB"});
    set.add({.section = "ingest",
             .key = "records_per_body",
             .target = &s.ingest.records_per_body,
             .description = "Most records of one body; more is refused as a whole with 413.",
             .unit = "records",
             .min = "1",
             .max = "5000000"});
}

void declare_dedup(OptionSet& set, Settings& s) {
    set.add({.section = "dedup",
             .key = "window",
             .target = &s.dedup.window,
             .description =
                 "How long an event id or an Idempotency-Key is known again, in whole hours; at most an hour "
                 "longer.",
             .min = "1h",
             .max = "2160h"});
    set.add({.section = "dedup",
             .key = "max_ids",
             .target = &s.dedup.max_ids,
             .description =
                 "Most event ids and keys that are known again; over it the oldest are forgotten first, an "
                 "eighth of them at a time.",
             .unit = "ids",
             .min = "1000",
             .max = "10000000000"});
    set.add({.section = "dedup",
             .key = "memory_bytes",
             .target = &s.dedup.memory_bytes,
             .description =
                 "Memory of the index of ids, half of it for filters of 1.6 bytes an id: too little means "
                 "fewer ids than max_ids.",
             .min = "1MiB",
             .max = "1TiB"});
}

void declare_log(OptionSet& set, Settings& s) {
    set.add({.section = "log",
             .key = "segment_bytes",
             .target = &s.log.segment_bytes,
             .description = "Size of one journal file.",
             .min = "1MiB",
             .max = "1GiB"});
    set.add(
        {.section = "log",
         .key = "budget_bytes",
         .target = &s.log.budget_bytes,
         .description =
             "Most the journal may take; what is sealed makes room. At it ingest answers 503, reads go on.",
         .min = "4MiB",
         .max = "64TiB"});
    set.add({.section = "log",
             .key = "queue_bytes",
             .target = &s.log.queue_bytes,
             .description = "Encoded records waiting for their flush; over it ingest answers 503.",
             .min = "1MiB",
             .max = "4GiB"});
    set.add({.section = "log",
             .key = "tail_bytes",
             .target = &s.log.tail_bytes,
             .description = "Newest records kept decoded in memory for the sinks.",
             .min = "1MiB",
             .max = "64GiB"});
    set.add({.section = "log",
             .key = "seal_bytes",
             .target = &s.log.seal_bytes,
             .description =
                 "Records of one shard, with their verdicts, after which the journal is sealed into the raw "
                 "lake; at the hour it is sealed in any case.",
             .min = "1MiB",
             .max = "1GiB"});
    set.add({.section = "log",
             .key = "keep_bytes",
             .target = &s.log.keep_bytes,
             .description = "Sealed journal files kept for sinks that lag a little; at most half the budget.",
             .min = "0B",
             .max = "64TiB"});
    set.add({.section = "log",
             .key = "retain",
             .target = &s.log.retain,
             .description = "Age at which sealed records are removed, once no sink needs them; 0s: never.",
             .min = "0s",
             .max = "87600h"});
    set.add({.section = "log",
             .key = "retain_bytes",
             .target = &s.log.retain_bytes,
             .description =
                 "Most the sealed objects of one stream may take; the oldest go, once no sink needs "
                 "them. 0B: any.",
             .min = "0B",
             .max = "64TiB"});
}

void declare_storage(OptionSet& set, Settings& s) {
    set.add({.section = "delivery",
             .key = "lag_bytes_max",
             .target = &s.delivery.lag_bytes_max,
             .description = "How far a required sink may be behind before ingest answers 503.",
             .min = "1MiB",
             .max = "64TiB"});
    set.add({.section = "delivery",
             .key = "chunk_bytes",
             .target = &s.delivery.chunk_bytes,
             .description = "Most stored bytes one commit of a sink takes, about.",
             .min = "64KiB",
             .max = "256MiB"});
    set.add(
        {.section = "tables",
         .key = "memory_bytes",
         .target = &s.tables.memory_bytes,
         .description = "Memory of the operational store: blocks read, indexes, and rows not on disk yet.",
         .min = "16MiB",
         .max = "1TiB"});
    set.add({.section = "tables",
             .key = "dirty_bytes",
             .target = &s.tables.dirty_bytes,
             .description = "Rows not on disk yet that bring its checkpoint forward.",
             .min = "1MiB",
             .max = "4GiB"});
    set.add({.section = "tables",
             .key = "checkpoint_interval",
             .target = &s.tables.checkpoint_interval,
             .description = "Longest a row stays in its memory only; the log has it meanwhile.",
             .min = "10ms",
             .max = "1m"});
    set.add(
        {.section = "warehouse",
         .key = "memory_bytes",
         .target = &s.warehouse.memory_bytes,
         .description = "Memory of the whole warehouse; queries end when it is used up, the writer does not.",
         .min = "128MiB",
         .max = "1TiB"});
    set.add({.section = "warehouse",
             .key = "spill_bytes",
             .target = &s.warehouse.spill_bytes,
             .description = "Disk that queries may use when memory is short.",
             .min = "0B",
             .max = "64TiB"});
}

void declare_queries(OptionSet& set, Settings& s) {
    set.add({.section = "query",
             .key = "concurrent",
             .target = &s.query.concurrent,
             .description = "SQL queries that run at once; more wait.",
             .unit = "queries",
             .min = "1",
             .max = "64"});
    set.add({.section = "query",
             .key = "timeout",
             .target = &s.query.timeout,
             .description = "Longest a SQL query may run.",
             .min = "10ms",
             .max = "1h"});
    set.add({.section = "query",
             .key = "rows_max",
             .target = &s.query.rows_max,
             .description = "Most rows of one result; more are cut off and `truncated` says so.",
             .unit = "rows",
             .min = "1",
             .max = "10000000"});
    set.add({.section = "query",
             .key = "answer_bytes_max",
             .target = &s.query.answer_bytes_max,
             .description = "Size at which a result is cut off; `truncated` says so.",
             .min = "1KiB",
             .max = "128MiB"});
    set.add({.section = "query",
             .key = "waiting_max",
             .target = &s.query.waiting_max,
             .description = "SQL queries that may wait for their turn; more are answered 503.",
             .unit = "queries",
             .min = "0",
             .max = "10000"});
    set.add({.section = "query",
             .key = "waiting_time_max",
             .target = &s.query.waiting_time_max,
             .description = "Longest a SQL query waits for its turn; then it is answered 503.",
             .min = "0s",
             .max = "10m"});
}

void declare_serving(OptionSet& set, Settings& s) {
    set.add({.section = "server",
             .key = "workers",
             .target = &s.server.workers,
             .description = "Threads for requests that may wait: SQL, verify, reads with ?after=.",
             .unit = "threads",
             .min = "1",
             .max = "256"});
    set.add({.section = "server",
             .key = "drain_timeout",
             .target = &s.server.drain_timeout,
             .description = "Longest a stop waits for requests and sinks before it ends anyway.",
             .min = "0s",
             .max = "10m"});
    set.add({.section = "server",
             .key = "log_level",
             .target = &s.server.log_level,
             .description = "Least level that is logged; `tillstream logs level` changes it at run time.",
             .choices = {"debug", "info", "warn", "error"}});
}

std::vector<std::pair<std::string, std::string>> environment_variables() {
    std::vector<std::pair<std::string, std::string>> variables;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

Status read_config_file(OptionSet& options, Settings& settings, const std::string& file) {
    const std::string text = TILLSTREAM_TRY(read_file(posix_filesystem(), file));
    const TomlValue root = TILLSTREAM_TRY(parse_toml(text, file));
    const Status read = options.read_file(root, file);
    auto aliases = read_aliases(root, file);
    if (read && aliases) {
        settings.http.aliases = std::move(*aliases);
        return {};
    }
    if (read) return failure(std::move(aliases).error());
    if (aliases) return failure(read.error());
    return failure(Errc::invalid_argument, read.error().message + '\n' + aliases.error().message);
}

}  // namespace

OptionSet declare_options(Settings& settings) {
    OptionSet set;
    declare_data(set, settings);
    declare_http(set, settings);
    declare_http_limits(set, settings);
    declare_access(set, settings);
    declare_ingest(set, settings);
    declare_dedup(set, settings);
    declare_log(set, settings);
    declare_storage(set, settings);
    declare_queries(set, settings);
    declare_serving(set, settings);
    set.leave_table(kAliasTable);
    set.leave_variable("TILLSTREAM_TOKEN");
    return set;
}

Status read_options(OptionSet& options, Settings& settings, const std::string& config_file,
                    std::span<const std::string> flags) {
    if (!config_file.empty()) TILLSTREAM_CHECK(read_config_file(options, settings, config_file));
    TILLSTREAM_CHECK(options.read_environment(environment_variables()));
    const std::vector<std::string> rest = TILLSTREAM_TRY(options.read_flags(flags));
    // Behind the flags: the streams are those of the folders that they name.
    if (!settings.http.aliases.empty())
        TILLSTREAM_CHECK(check_alias_streams(settings.http.aliases, TILLSTREAM_TRY(stream_names(settings))));
    if (rest.empty()) return {};
    return failure(Errc::invalid_argument, "unexpected argument " + rest.front() + "; options begin with --");
}

}  // namespace tillstream::app
