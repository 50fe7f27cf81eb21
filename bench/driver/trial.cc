#include "bench/driver/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "bench/driver/machine.h"

namespace tillstream::bench {

namespace {

constexpr double kFillSecondsMax = 240;

std::string reason_to_drop(const Pair& pair) {
    const auto [least, most] = std::minmax({pair.first.probe_before_us, pair.first.probe_after_us,
                                            pair.second.probe_before_us, pair.second.probe_after_us});
    if (most > kProbeMicrosMax) return fmt::format("a flush took {:.0f} us", most);
    if (most > least * kProbeSpreadMax) return fmt::format("flushes took {:.0f} to {:.0f} us", least, most);
    return "";
}

Json describe(const ArmRun& run) {
    Json json = {{"value", run.value},
                 {"probe_before_us", run.probe_before_us},
                 {"probe_after_us", run.probe_after_us},
                 {"steal", run.steal},
                 {"load_average", run.load_average},
                 {"ack_cpu_us_per_record", run.ack_cpu_us},
                 {"level_cpu_us_per_record", run.level_cpu_us},
                 {"load", run.load}};
    if (!run.problem.empty()) json["problem"] = run.problem;
    return json;
}

template <class Get>
double median_over(const std::vector<const Pair*>& pairs, Get get) {
    std::vector<double> values;
    for (const Pair* pair : pairs) values.push_back(get(*pair));
    return median_of(std::move(values));
}

Verdict verdict_of(const Figure& figure) {
    if (!figure.floor) return Verdict::reported;
    const bool good =
        figure.smaller_is_better ? figure.median <= *figure.floor : figure.median >= *figure.floor;
    return good ? Verdict::reached : Verdict::missed;
}

}  // namespace

double number_at(const Json& json, const char* pointer) {
    const Json::json_pointer at(pointer);
    return json.contains(at) && json[at].is_number() ? json[at].get<double>() : 0;
}

double requests_per_second(const Json& load) { return number_at(load, "/requests_per_second"); }
double records_per_second(const Json& load) { return number_at(load, "/records_per_second"); }

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double slope_of(const std::vector<Point>& points) {
    double sum_x = 0;
    double sum_y = 0;
    double sum_xx = 0;
    double sum_xy = 0;
    for (const Point& p : points) {
        sum_x += p.x;
        sum_y += p.y;
        sum_xx += p.x * p.x;
        sum_xy += p.x * p.y;
    }
    const auto n = static_cast<double>(points.size());
    const double spread = n * sum_xx - sum_x * sum_x;
    return spread > 0 ? (n * sum_xy - sum_x * sum_y) / spread : 0;
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::reached: return "reached";
        case Verdict::missed: return "missed";
        case Verdict::reported: return "reported";
        case Verdict::void_figure: return "void";
        case Verdict::skipped: return "skipped";
    }
    return "";
}

LoadArguments arguments_of(LoadShape load) {
    if (load == LoadShape::singles) return {"--records", "1", "--connections", "64"};
    return {"--records", fmt::to_string(kRecordsPerPost), "--connections", "16"};
}

LoadArguments brief_arguments_of(const Settings& settings, LoadShape load) {
    LoadArguments arguments = arguments_of(load);
    if (settings.smoke) arguments.insert(arguments.end(), {"--requests", "100"});
    return arguments;
}

ValueOf rate_of(LoadShape load) {
    return load == LoadShape::batches ? records_per_second : requests_per_second;
}

std::string_view unit_of(LoadShape load) { return load == LoadShape::batches ? "records/s" : "requests/s"; }

Result<ChildProcess> start_load(const Settings& settings, const Arm& arm, const LoadArguments& arguments) {
    std::vector<std::string> command = {settings.programs + "/load", "--port", arm.port()};
    command.insert(command.end(), {"--seconds", fmt::to_string(settings.seconds)});
    command.insert(command.end(), {"--warmup", fmt::to_string(settings.warmup)});
    command.insert(command.end(), arguments.begin(), arguments.end());
    return ChildProcess::start(command, settings.work_dir + "/load.log");
}

Result<Json> finish_load(ChildProcess& load) {
    const std::string text = TILLSTREAM_TRY(load.run_to_end(std::chrono::seconds(300)));
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return failure(Errc::internal, "load printed no JSON: " + text);
    return json;
}

Result<ChildProcess> start_filling(const Settings& given, const Arm& arm, std::uint64_t records,
                                   std::uint64_t first_invoice) {
    Settings settings = given;
    settings.warmup = 0;
    settings.seconds = kFillSecondsMax;
    return start_load(settings, arm,
                      {"--records", fmt::to_string(kRecordsPerPost), "--connections", "16", "--requests",
                       fmt::to_string(records / kRecordsPerPost), "--timeout", "60", "--first-invoice",
                       fmt::to_string(first_invoice)});
}

StoredFigures acknowledged_by(const Json& load) {
    return figures_from(load.value("acknowledged", Json::object()));
}

Result<StoredFigures> finish_posting(ChildProcess& posting) {
    const Json load = TILLSTREAM_TRY(finish_load(posting));
    if (const auto problem = find_failed_requests(load)) return failure(Errc::invalid_argument, *problem);
    return acknowledged_by(load);
}

Result<StoredFigures> fill(const Settings& settings, const Arm& arm, std::uint64_t records,
                           std::uint64_t first_invoice) {
    auto load = TILLSTREAM_TRY(start_filling(settings, arm, records, first_invoice));
    return finish_posting(load);
}

std::optional<std::string> find_failed_requests(const Json& load) {
    const Json errors = load.value("errors", Json::object());
    const bool clean = errors.value("status", Json::object()).empty() && errors.value("unknown", 0) == 0 &&
                       errors.value("unsent", 0) == 0;
    if (clean) return std::nullopt;
    return "requests failed: " + errors.dump();
}

ArmRun observe(const Settings& settings, std::string_view name, const std::function<Status(ArmRun&)>& body) {
    ArmRun run;
    const CpuTicks before = read_cpu_ticks();
    const auto probe_before = probe_flush(posix_filesystem(), settings.work_dir, settings.probe_seconds);
    const Status measured = body(run);
    const auto probe_after = probe_flush(posix_filesystem(), settings.work_dir, settings.probe_seconds);
    if (!measured)
        run.problem = fmt::format("{}: {}", name, measured.error().message);
    else if (!probe_before)
        run.problem = probe_before.error().message;
    else if (!probe_after)
        run.problem = probe_after.error().message;
    run.probe_before_us = probe_before.value_or(0);
    run.probe_after_us = probe_after.value_or(0);
    run.steal = steal_share(before, read_cpu_ticks());
    run.load_average = load_average();
    return run;
}

Status load_arm(const Settings& settings, Arm& arm, const LoadArguments& arguments, const ValueOf& value_of,
                ArmRun& run) {
    const double cpu_start = arm.cpu_seconds();
    auto load = TILLSTREAM_TRY(start_load(settings, arm, arguments));
    run.load = TILLSTREAM_TRY(finish_load(load));
    const double cpu_acknowledged = arm.cpu_seconds();
    if (const auto problem = find_failed_requests(run.load)) return failure(Errc::invalid_argument, *problem);
    TILLSTREAM_CHECK(arm.wait_until_level(std::chrono::seconds(120)));
    const double cpu_level = arm.cpu_seconds();
    const StoredFigures expected = acknowledged_by(run.load);
    TILLSTREAM_CHECK(arm.check_figures(expected));
    const double micros_per_second = 1e6 / static_cast<double>(std::max<std::uint64_t>(expected.rows, 1));
    run.ack_cpu_us = (cpu_acknowledged - cpu_start) * micros_per_second;
    run.level_cpu_us = (cpu_level - cpu_start) * micros_per_second;
    run.value = value_of(run.load);
    return {};
}

ArmRun run_arm(const Settings& settings, ArmKind kind, const LoadArguments& arguments,
               const ValueOf& value_of) {
    return observe(settings, to_string(kind), [&](ArmRun& run) -> Status {
        Arm arm = TILLSTREAM_TRY(Arm::start(kind, settings));
        return load_arm(settings, arm, arguments, value_of, run);
    });
}

void make_void(Figure& figure, std::string why) {
    figure.verdict = Verdict::void_figure;
    figure.unequal = true;
    figure.note = std::move(why);
}

std::vector<Pair> run_pairs(const Settings& settings, const std::function<ArmRun(bool first)>& run) {
    std::vector<Pair> pairs;
    for (int i = 0; i < settings.pairs && !interrupted(); ++i) {
        Pair pair;
        const bool first_leads = i % 2 == 0;
        (first_leads ? pair.first : pair.second) = run(first_leads);
        (first_leads ? pair.second : pair.first) = run(!first_leads);
        pair.dropped = reason_to_drop(pair);
        std::string remarks;
        for (const std::string& remark : {pair.dropped, pair.first.problem, pair.second.problem}) {
            if (!remark.empty()) remarks += "; " + remark;
        }
        std::fprintf(stderr, "  pair %d: %.4g against %.4g, ratio %.3f%s\n", i + 1, pair.first.value,
                     pair.second.value, pair.ratio(), remarks.c_str());
        const bool hopeless = !pair.first.problem.empty() || !pair.second.problem.empty();
        pairs.push_back(std::move(pair));
        if (hopeless) break;
    }
    return pairs;
}

void summarise(const std::vector<Pair>& pairs, Figure& figure) {
    std::vector<const Pair*> kept;
    figure.details["pairs"] = Json::array();
    for (const Pair& pair : pairs) {
        figure.details["pairs"].push_back(
            {{"first", describe(pair.first)}, {"second", describe(pair.second)}, {"dropped", pair.dropped}});
        for (const ArmRun* run : {&pair.first, &pair.second}) {
            if (run->problem.empty()) continue;
            figure.unequal = true;
            figure.note = run->problem;
        }
        if (pair.dropped.empty()) kept.push_back(&pair);
    }
    figure.kept = kept.size();
    figure.dropped = pairs.size() - kept.size();
    if (kept.empty() && figure.note.empty())
        figure.note = "no pair with a steady disk; ratios are of all pairs";
    if (kept.empty()) {
        for (const Pair& pair : pairs) kept.push_back(&pair);
    }
    figure.verdict = figure.unequal || figure.kept == 0 ? Verdict::void_figure : Verdict::reported;
    if (kept.empty()) return;
    const auto [least, most] = std::minmax_element(kept.begin(), kept.end(),
                                                   [](auto* a, auto* b) { return a->ratio() < b->ratio(); });
    figure.min = (*least)->ratio();
    figure.max = (*most)->ratio();
    figure.median = median_over(kept, [](const Pair& p) { return p.ratio(); });
    figure.first_value = median_over(kept, [](const Pair& p) { return p.first.value; });
    figure.second_value = median_over(kept, [](const Pair& p) { return p.second.value; });
    figure.ack_cpu_us = median_over(kept, [](const Pair& p) { return p.first.ack_cpu_us; });
    figure.level_cpu_us = median_over(kept, [](const Pair& p) { return p.first.level_cpu_us; });
    figure.second_cpu_us = median_over(kept, [](const Pair& p) { return p.second.ack_cpu_us; });
    if (figure.verdict == Verdict::reported) figure.verdict = verdict_of(figure);
}

}  // namespace tillstream::bench
