#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "bench/driver/scenarios.h"
#include "bench/load/sales_bodies.h"

namespace tillstream::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double kGoalSeconds = 2;
constexpr int kRounds = 3;
constexpr double kJournalBytes = 1 << 30;
constexpr std::uint64_t kRecordsPerStep = 500'000;
constexpr int kStepsMax = 20;
/// Sent just before each kill, so that sinks have something to catch up with.
constexpr std::uint64_t kTailRecords = 100'000;
constexpr std::uint64_t kSmokeRecords = 5'000;
constexpr std::uint64_t kInvoicesPerStep = 1'000'000;
constexpr std::chrono::milliseconds kRetryInterval{2};
constexpr std::chrono::seconds kLevelLimit{240};

struct Round {
    double acknowledged_seconds = 0;
    double level_seconds = 0;
    double unsealed_bytes = 0;
};

struct Recovery {
    const Settings& settings;
    Arm product;
    StoredFigures stored;
    std::uint64_t next_invoice = 1'000'000'000;
    std::vector<Round> rounds;
};

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// What a start has to read again. The server looks once a second.
Result<double> unsealed_bytes(Arm& product) {
    const std::string text = TILLSTREAM_TRY(product.get_text("/metrics"));
    constexpr std::string_view kName = "\ntillstream_log_unsealed_bytes ";
    const std::size_t at = text.find(kName);
    if (at == std::string::npos) return failure(Errc::internal, "metrics do not name the unsealed bytes");
    return std::strtod(text.c_str() + at + kName.size(), nullptr);
}

Status send(Recovery& recovery, std::uint64_t records) {
    recovery.stored =
        sum_of(recovery.stored,
               TILLSTREAM_TRY(fill(recovery.settings, recovery.product, records, recovery.next_invoice)));
    recovery.next_invoice += kInvoicesPerStep;
    return {};
}

Status fill_journal(Recovery& recovery) {
    if (recovery.settings.smoke) return send(recovery, kSmokeRecords);
    for (int step = 0; step < kStepsMax && !interrupted(); ++step) {
        TILLSTREAM_CHECK(send(recovery, kRecordsPerStep));
        TILLSTREAM_CHECK(recovery.product.wait_until_level(kLevelLimit));
        if (TILLSTREAM_TRY(unsealed_bytes(recovery.product)) >= kJournalBytes) return {};
    }
    return failure(Errc::internal, "the journal was sealed before it held 1 GiB: run it again");
}

Status recover(Recovery& recovery) {
    Arm& product = recovery.product;
    BodyOptions options;
    options.host = "127.0.0.1:" + product.port();
    SalesBodies probe(options, 1, recovery.next_invoice);
    recovery.next_invoice += kInvoicesPerStep;
    probe.stamp(probe.at(0));
    TILLSTREAM_CHECK(send(recovery, recovery.settings.smoke ? kSmokeRecords : kTailRecords));
    product.kill();
    Round round;
    const auto start = Clock::now();
    TILLSTREAM_CHECK(product.start_again());
    TILLSTREAM_CHECK(product.post_until_acknowledged(probe.at(0).bytes, kRetryInterval));
    round.acknowledged_seconds = seconds_since(start);
    TILLSTREAM_CHECK(product.wait_until_ready());
    TILLSTREAM_CHECK(product.wait_until_level(kLevelLimit));
    round.level_seconds = seconds_since(start);
    const SalesSums& sums = probe.at(0).sums;
    recovery.stored = sum_of(recovery.stored, {sums.records, format_int128(sums.quantity),
                                               format_decimal(sums.line_total, kMoneyScale)});
    TILLSTREAM_CHECK(product.check_figures(recovery.stored));
    round.unsealed_bytes = TILLSTREAM_TRY(unsealed_bytes(product));
    std::fprintf(stderr, "  acknowledged after %.3f s, level after %.2f s, %.0f MiB unsealed\n",
                 round.acknowledged_seconds, round.level_seconds, round.unsealed_bytes / (1 << 20));
    recovery.rounds.push_back(round);
    return {};
}

void describe(const std::vector<Round>& rounds, Figure& figure) {
    std::vector<double> acknowledged;
    std::vector<double> level;
    figure.details["rounds"] = Json::array();
    for (const Round& round : rounds) {
        acknowledged.push_back(round.acknowledged_seconds);
        level.push_back(round.level_seconds);
        figure.details["rounds"].push_back({{"acknowledged_seconds", round.acknowledged_seconds},
                                            {"level_seconds", round.level_seconds},
                                            {"unsealed_bytes", round.unsealed_bytes}});
    }
    const auto [least, most] = std::minmax_element(acknowledged.begin(), acknowledged.end());
    figure.first_value = median_of(acknowledged);
    figure.kept = rounds.size();
    figure.note = fmt::format("{:.3f} to {:.3f} s; every sink level after {:.2f} s; {:.0f} MiB unsealed",
                              *least, *most, median_of(level), rounds.back().unsealed_bytes / (1 << 20));
}

Status measure(const Settings& settings, Figure& figure) {
    // Nothing is sealed but at the full hour.
    Recovery recovery{settings,
                      TILLSTREAM_TRY(Arm::start(ArmKind::product, settings,
                                                {"--log.seal_bytes", "1GiB", "--log.keep_bytes", "8GiB"})),
                      {},
                      1'000'000'000,
                      {}};
    TILLSTREAM_CHECK(fill_journal(recovery));
    TILLSTREAM_CHECK(recovery.product.wait_until_level(kLevelLimit));
    for (int i = 0; i < (settings.smoke ? 1 : kRounds) && !interrupted(); ++i)
        TILLSTREAM_CHECK(recover(recovery));
    if (!recovery.rounds.empty()) describe(recovery.rounds, figure);
    return {};
}

}  // namespace

Figure measure_recovery(const Settings& settings) {
    Figure figure;
    figure.arms = "tillstream";
    figure.unit = "s";
    figure.floor = kGoalSeconds;
    figure.smaller_is_better = true;
    const Status measured = measure(settings, figure);
    if (!measured) {
        make_void(figure, measured.error().message);
    } else if (!settings.smoke && figure.kept == kRounds) {
        figure.verdict = figure.first_value <= kGoalSeconds ? Verdict::reached : Verdict::missed;
    }
    return figure;
}

}  // namespace tillstream::bench
