#include "bench/driver/scenarios.h"

#include <fmt/format.h>

#include <algorithm>

namespace tillstream::bench {

namespace {

double p50_us(const Json& load) { return number_at(load, "/latency_us/p50"); }

Figure compare(const Settings& settings, ArmKind first, ArmKind second, const LoadArguments& arguments,
               const ValueOf& value_of, Figure figure) {
    figure.arms = fmt::format("{} / {}", to_string(first), to_string(second));
    const auto pairs = run_pairs(settings, [&](bool is_first) {
        return run_arm(settings, is_first ? first : second, arguments, value_of);
    });
    summarise(pairs, figure);
    return figure;
}

Figure compare_singles(const Settings& settings) {
    Figure figure;
    figure.unit = unit_of(LoadShape::singles);
    figure.floor = 0.25;
    return compare(settings, ArmKind::product, ArmKind::null_server, arguments_of(LoadShape::singles),
                   rate_of(LoadShape::singles), std::move(figure));
}

Figure compare_batches(const Settings& settings, ArmKind first, ArmKind second, const std::string& format,
                       std::optional<double> floor) {
    Figure figure;
    figure.unit = unit_of(LoadShape::batches);
    figure.floor = floor;
    LoadArguments arguments = arguments_of(LoadShape::batches);
    arguments.insert(arguments.end(), {"--format", format});
    return compare(settings, first, second, arguments, rate_of(LoadShape::batches), std::move(figure));
}

std::string latency_text(const ArmRun& run) {
    return fmt::format("{:.0f}/{:.0f}", number_at(run.load, "/latency_us/p50"),
                       number_at(run.load, "/latency_us/p99"));
}

/// The second arm's value becomes what the product is allowed: three flushes and the null server's p50.
Figure compare_latency(const Settings& settings) {
    const std::string rate = settings.smoke ? "2000" : "20000";
    const LoadArguments arguments = {"--records", "1",  "--connections", "128",
                                     "--rate",    rate, "--timeout",     "30"};
    Figure figure;
    figure.arms = "tillstream p50 / (3 flush p50 + null p50)";
    figure.unit = "us";
    figure.smaller_is_better = true;
    auto pairs = run_pairs(settings, [&](bool is_first) {
        return run_arm(settings, is_first ? ArmKind::product : ArmKind::null_server, arguments, p50_us);
    });
    for (Pair& pair : pairs) {
        const double flush = (pair.first.probe_before_us + pair.first.probe_after_us) / 2;
        figure.note = fmt::format("{}/s; last pair: p50/p99 {} us, null {} us, flush p50 {:.0f} us", rate,
                                  latency_text(pair.first), latency_text(pair.second), flush);
        pair.second.value += 3 * flush;
    }
    std::string note = std::move(figure.note);
    figure.note.clear();
    summarise(pairs, figure);
    figure.note += (figure.note.empty() ? "" : "; ") + note;
    return figure;
}

}  // namespace

std::vector<Scenario> all_scenarios() {
    return {
        {"bare", "500-record JSON arrays, 16 connections: reading and storing against doing nothing", false,
         [](const Settings& s) {
             return compare_batches(s, ArmKind::bare_pipeline, ArmKind::null_server, "json", std::nullopt);
         }},
        {"singles", "1 record per POST, 64 connections", true, compare_singles},
        {"json", "500-record JSON arrays, 16 connections", true,
         [](const Settings& s) {
             return compare_batches(s, ArmKind::product, ArmKind::bare_pipeline, "json", 0.15);
         }},
        {"ndjson", "500-record NDJSON, 16 connections", true,
         [](const Settings& s) {
             return compare_batches(s, ArmKind::product, ArmKind::bare_pipeline, "ndjson", 0.15);
         }},
        {"steady", "largest rate of 500-record posts at which no sink falls behind", true,
         measure_steady_state},
        {"file", "541,909 sales, CSV -> HTTP -> every sink level, against DuckDB alone CSV -> Parquet", true,
         measure_whole_file},
        {"history", "the 20 newest invoices of a customer, 32 connections, nothing else going on", true,
         [](const Settings& s) { return measure_history(s, HistoryReads::idle); }},
        {"history_loaded", "the same while 40,000 records a second are posted", true,
         [](const Settings& s) { return measure_history(s, HistoryReads::loaded); }},
        {"history_uncached", "the same alone, every answer made from the store", true,
         [](const Settings& s) { return measure_history(s, HistoryReads::uncached); }},
        {"recovery", "kill -9 with 1 GiB of unsealed journal: time until a POST is acknowledged again", true,
         measure_recovery},
        {"memory", "resident memory while 12,000,000 records pass, 60,000 a second", true, measure_memory},
        {"dedup", "what event ids cost, all of them new: 1 record per POST, 64 connections", true,
         [](const Settings& s) { return measure_deduplication(s, LoadShape::singles); }},
        {"dedup_batches", "the same with 500-record JSON arrays, 16 connections", true,
         [](const Settings& s) { return measure_deduplication(s, LoadShape::batches); }},
        {"tls", "what TLS costs: 1 record per POST, 64 connections kept", true,
         [](const Settings& s) { return measure_tls(s, LoadShape::singles); }},
        {"tls_batches", "the same with 500-record JSON arrays, 16 connections", true,
         [](const Settings& s) { return measure_tls(s, LoadShape::batches); }},
        {"slow_clients", "p99 of a good client among 2,000 slow and 4,096 idle ones", true,
         measure_slow_clients},
        {"identifiers", "a look-up among 1, 10 and 50 million event ids", false, measure_identifiers},
        {"latency", "acknowledgement of single records, open loop", true, compare_latency},
    };
}

}  // namespace tillstream::bench
