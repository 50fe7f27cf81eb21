#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

constexpr double kCeiling = 2;  // times the p99 without the crowd
constexpr std::uint32_t kSlow = 2'000;
constexpr std::uint32_t kSlowInSmoke = 60;
constexpr std::uint32_t kIdle = 4'096;
constexpr std::uint32_t kIdleInSmoke = 120;
constexpr const char* kRate = "1000";
constexpr const char* kRateInSmoke = "200";
/// Two of the times a slow body is given and one of a slow head's.
constexpr double kSecondsMin = 12;
constexpr double kHeldShareMin = 0.9;
/// Of the server and of the crowd: the crowd, and what the server opens besides.
constexpr rlim_t kDescriptors = kSlow + kIdle + 2'000;
constexpr const char* kConnectionsMax = "8192";
constexpr std::chrono::seconds kAssemblyLimit{60};

double p99_us(const Json& load) { return number_at(load, "/latency_us/p99"); }

/// For this process and those it starts. False if the system does not allow as many.
bool allow_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max < kDescriptors) return false;
    limit.rlim_cur = std::max(limit.rlim_cur, kDescriptors);
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/// Returns once all of it is connected.
Result<ChildProcess> start_crowd(const Settings& settings, const Arm& arm) {
    auto crowd =
        TILLSTREAM_TRY(ChildProcess::start({settings.programs + "/hostile_crowd", "--port", arm.port(),
                                            "--slow", fmt::to_string(settings.smoke ? kSlowInSmoke : kSlow),
                                            "--idle", fmt::to_string(settings.smoke ? kIdleInSmoke : kIdle)},
                                           settings.work_dir + "/load.log"));
    TILLSTREAM_TRY(crowd.first_line(kAssemblyLimit));
    return crowd;
}

Result<Json> end_crowd(ChildProcess& crowd) {
    crowd.ask_to_end();
    std::string text = TILLSTREAM_TRY(crowd.run_to_end(std::chrono::seconds(30)));
    text.erase(0, text.find('\n') + 1);  // "ready"
    Json report = Json::parse(text, nullptr, false);
    if (report.is_discarded()) return failure(Errc::internal, "the crowd printed no JSON: " + text);
    const double wanted = number_at(report, "/wanted");
    const double held = number_at(report, "/held_mean");
    if (held >= kHeldShareMin * wanted) return report;
    return failure(Errc::internal, fmt::format("only {:.0f} of {:.0f} hostile connections were held: nothing "
                                               "was shown",
                                               held, wanted));
}

/// The crowd stays until every acknowledged record is found: reads must get through too.
Status serve(const Settings& settings, bool with_crowd, ArmRun& run) {
    Arm arm =
        TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, {"--http.connections_max", kConnectionsMax}));
    const LoadArguments arguments = {
        "--records", "1",  "--connections", "16",
        "--timeout", "30", "--rate",        settings.smoke ? kRateInSmoke : kRate};
    if (!with_crowd) return load_arm(settings, arm, arguments, p99_us, run);
    auto crowd = TILLSTREAM_TRY(start_crowd(settings, arm));
    TILLSTREAM_CHECK(load_arm(settings, arm, arguments, p99_us, run));
    run.load["crowd"] = TILLSTREAM_TRY(end_crowd(crowd));
    return {};
}

std::string describe_crowd(const Json& crowd) {
    const auto ended = [&](std::string_view kind) {
        return number_at(crowd, fmt::format("/ended/{}", kind).c_str());
    };
    return fmt::format(
        "last pair: {:.0f} of {:.0f} hostile connections held (least {:.0f}); the server ended {:.0f} slow "
        "heads, "
        "{:.0f} slow bodies, {:.0f} that did not read, {:.0f} idle",
        number_at(crowd, "/held_mean"), number_at(crowd, "/wanted"), number_at(crowd, "/held_least"),
        ended("header"), ended("body"), ended("reader"), ended("idle"));
}

}  // namespace

Figure measure_slow_clients(const Settings& given) {
    Settings settings = given;
    if (!settings.smoke) settings.seconds = std::max(settings.seconds, kSecondsMin);
    Figure figure;
    figure.arms = "p99 among hostile clients / p99 alone";
    figure.unit = "us";
    figure.floor = kCeiling;
    figure.smaller_is_better = true;
    if (!settings.smoke && !allow_descriptors()) {
        figure.verdict = Verdict::skipped;
        figure.note = fmt::format("needs {} open files (ulimit -Hn)", kDescriptors);
        return figure;
    }
    const auto pairs = run_pairs(settings, [&](bool with_crowd) {
        return observe(settings, with_crowd ? "among hostile clients" : "alone",
                       [&](ArmRun& run) { return serve(settings, with_crowd, run); });
    });
    summarise(pairs, figure);
    if (pairs.empty() || !pairs.back().first.load.contains("crowd")) return figure;
    figure.note += (figure.note.empty() ? "" : "; ") + describe_crowd(pairs.back().first.load["crowd"]);
    return figure;
}

}  // namespace tillstream::bench
