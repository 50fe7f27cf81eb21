#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <thread>

#include "bench/driver/purchase_reads.h"
#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

constexpr double kGoal = 0.3;
constexpr std::uint64_t kStoredRecords = 1'000'000;
constexpr std::uint64_t kStoredRecordsInSmoke = 20'000;
constexpr double kLoadRecordsPerSecond = 40'000;  // below half of what every sink keeps up with
constexpr double kLoadRecordsPerSecondInSmoke = 4'000;
constexpr std::size_t kDraws = 20'000;
constexpr std::uint64_t kDrawSeed = 7;
constexpr std::uint64_t kFirstInvoice = 1'000'000'000;
constexpr std::uint64_t kInvoicesPerRun = 50'000'000;
constexpr std::chrono::milliseconds kCheckInterval{10};

/// Both servers with what they need; they live through all pairs.
struct History {
    const Settings& settings;
    HistoryReads reads = HistoryReads::idle;
    Arm product;
    Arm null_server;
    std::vector<KnownCustomer> customers;
    std::vector<std::size_t> draws;
    std::string targets_file;
    StoredFigures stored;
    std::uint64_t next_invoice = kFirstInvoice + kInvoicesPerRun;
    std::uint64_t answers_checked = 0;
};

Status write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    return file ? Status{} : failure(Errc::io, path + " cannot be written");
}

Result<History> prepare(const Settings& settings, HistoryReads reads) {
    std::vector<std::string> arguments;
    if (reads == HistoryReads::uncached) arguments = {"--http.answer_cache_bytes", "0B"};
    Arm product = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, arguments));
    const std::uint64_t records = settings.smoke ? kStoredRecordsInSmoke : kStoredRecords;
    StoredFigures stored = TILLSTREAM_TRY(fill(settings, product, records, kFirstInvoice));
    TILLSTREAM_CHECK(product.wait_until_level(std::chrono::seconds(120)));
    TILLSTREAM_CHECK(product.check_figures(stored));
    auto customers = TILLSTREAM_TRY(known_customers(product));
    auto draws = draw_customers(customers.size(), kDraws, kDrawSeed);
    std::string targets;
    for (const std::size_t drawn : draws) targets += read_target(customers[drawn]) + "\n";
    std::string targets_file = settings.work_dir + "/reads.txt";
    TILLSTREAM_CHECK(write_text(targets_file, targets));
    const std::string answer = TILLSTREAM_TRY(typical_answer(product, customers, draws));
    const std::string answer_file = settings.work_dir + "/typical-answer.json";
    TILLSTREAM_CHECK(write_text(answer_file, answer));
    Arm null_server =
        TILLSTREAM_TRY(Arm::start(ArmKind::null_server, settings, {"--history-answer", answer_file}));
    std::fprintf(stderr, "  %zu customers, typical answer %zu bytes\n", customers.size(), answer.size());
    return History{.settings = settings,
                   .reads = reads,
                   .product = std::move(product),
                   .null_server = std::move(null_server),
                   .customers = std::move(customers),
                   .draws = std::move(draws),
                   .targets_file = std::move(targets_file),
                   .stored = std::move(stored)};
}

/// Reads of its own beside the generator's, as long as that measures.
Status check_answers(History& history) {
    using Clock = std::chrono::steady_clock;
    const auto until =
        Clock::now() + std::chrono::duration<double>(history.settings.warmup + history.settings.seconds);
    for (std::uint64_t i = history.answers_checked; Clock::now() < until && !interrupted(); ++i) {
        const KnownCustomer& customer = history.customers[history.draws[i % history.draws.size()]];
        const Json answer = TILLSTREAM_TRY(history.product.get(read_target(customer)));
        TILLSTREAM_CHECK(check_read(customer, answer, history.reads == HistoryReads::loaded));
        ++history.answers_checked;
        std::this_thread::sleep_for(kCheckInterval);
    }
    return {};
}

Result<ChildProcess> start_posting(History& history, const Arm& arm) {
    const double records = history.settings.smoke ? kLoadRecordsPerSecondInSmoke : kLoadRecordsPerSecond;
    history.next_invoice += kInvoicesPerRun;
    return start_load(history.settings, arm,
                      {"--records", fmt::to_string(kRecordsPerPost), "--connections", "16", "--timeout", "60",
                       "--rate", fmt::to_string(records / static_cast<double>(kRecordsPerPost)),
                       "--first-invoice", fmt::to_string(history.next_invoice)});
}

Status read_from(History& history, bool is_product, ArmRun& run) {
    Arm& arm = is_product ? history.product : history.null_server;
    const double cpu_start = arm.cpu_seconds();
    std::optional<ChildProcess> posting;
    if (history.reads == HistoryReads::loaded) posting.emplace(TILLSTREAM_TRY(start_posting(history, arm)));
    auto reading = TILLSTREAM_TRY(
        start_load(history.settings, arm, {"--get", history.targets_file, "--connections", "32"}));
    if (is_product) TILLSTREAM_CHECK(check_answers(history));
    run.load = TILLSTREAM_TRY(finish_load(reading));
    if (const auto problem = find_failed_requests(run.load)) return failure(Errc::invalid_argument, *problem);
    run.value = run.load.value("requests_per_second", 0.0);
    const double reads = run.load.value("requests", 1.0);
    run.ack_cpu_us = (arm.cpu_seconds() - cpu_start) * 1e6 / reads;
    run.level_cpu_us = run.ack_cpu_us;
    if (!posting) return {};
    const StoredFigures posted = TILLSTREAM_TRY(finish_posting(*posting));
    if (!is_product) return {};
    history.stored = sum_of(history.stored, posted);
    TILLSTREAM_CHECK(arm.wait_until_level(std::chrono::seconds(120)));
    return arm.check_figures(history.stored);
}

std::string latency_text(const ArmRun& run) {
    const Json latency = run.load.value("latency_us", Json::object());
    return fmt::format("{}/{}", latency.value("p50", 0), latency.value("p99", 0));
}

Status compare(const Settings& settings, HistoryReads reads, Figure& figure) {
    History history = TILLSTREAM_TRY(prepare(settings, reads));
    const auto pairs = run_pairs(settings, [&](bool is_first) {
        return observe(settings, to_string(is_first ? ArmKind::product : ArmKind::null_server),
                       [&](ArmRun& run) { return read_from(history, is_first, run); });
    });
    summarise(pairs, figure);
    if (pairs.empty()) return {};
    figure.note +=
        fmt::format("{}last pair: p50/p99 {} us, null {} us; {} customers, {} answers checked",
                    figure.note.empty() ? "" : "; ", latency_text(pairs.back().first),
                    latency_text(pairs.back().second), history.customers.size(), history.answers_checked);
    return {};
}

}  // namespace

Figure measure_history(const Settings& settings, HistoryReads reads) {
    Figure figure;
    figure.arms = "tillstream / null_server";
    figure.unit = "reads/s";
    if (reads != HistoryReads::uncached) figure.floor = kGoal;
    if (const Status measured = compare(settings, reads, figure); !measured)
        make_void(figure, measured.error().message);
    return figure;
}

}  // namespace tillstream::bench
