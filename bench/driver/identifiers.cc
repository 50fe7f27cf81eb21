#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

constexpr std::array<std::uint64_t, 3> kSizes = {1'000'000, 10'000'000, 50'000'000};
constexpr std::array<std::uint64_t, 2> kSizesInSmoke = {10'000, 100'000};
constexpr std::uint64_t kAskedInSmoke = 20'000;
constexpr std::chrono::seconds kLimit{600};

Result<Json> ask_among(const Settings& settings, std::uint64_t ids) {
    std::vector<std::string> command = {settings.programs + "/dedup_bench", "--ids", fmt::to_string(ids),
                                        "--dir", settings.work_dir + "/identifiers"};
    if (settings.smoke) command.insert(command.end(), {"--asked", fmt::to_string(kAskedInSmoke)});
    auto bench = TILLSTREAM_TRY(ChildProcess::start(command, settings.work_dir + "/load.log"));
    const std::string text = TILLSTREAM_TRY(bench.run_to_end(kLimit));
    Json report = Json::parse(text, nullptr, false);
    if (report.is_discarded()) return failure(Errc::internal, "dedup_bench printed no JSON: " + text);
    return report;
}

double mebibytes(double bytes) { return bytes / (1 << 20); }

std::string describe(const Json& report) {
    const double ids = std::max(number_at(report, "/ids"), 1.0);
    return fmt::format(
        "{:.2f} M ids: new {:.0f} ns, repeated {:.0f} ns, {:.3f} and {:.3f} reads each, {:.0f} MiB of {:.0f} "
        "at the peak, {:.1f} bytes an id on disk, built in {:.1f} s, opened again in {:.2f} s",
        ids / 1e6, number_at(report, "/new_ns"), number_at(report, "/repeated_ns"),
        number_at(report, "/new_reads"), number_at(report, "/repeated_reads"),
        mebibytes(number_at(report, "/peak_bytes")), mebibytes(number_at(report, "/memory_option")),
        number_at(report, "/disk_bytes") / ids, number_at(report, "/build_seconds"),
        number_at(report, "/reopen_seconds"));
}

/// The sizes up, and down again, so that a drift of the machine hits the small and the large alike.
std::vector<std::uint64_t> order_of(const Settings& settings) {
    std::vector<std::uint64_t> sizes(kSizes.begin(), kSizes.end());
    if (settings.smoke) sizes.assign(kSizesInSmoke.begin(), kSizesInSmoke.end());
    std::vector<std::uint64_t> order = sizes;
    order.insert(order.end(), std::next(sizes.rbegin()), sizes.rend());
    return order;
}

/// The ratio of the cost among the most to each cost among the fewest.
void compare(const Json& reports, Figure& figure) {
    const auto new_ns = [](const Json& report) { return std::max(number_at(report, "/new_ns"), 1e-9); };
    figure.first_value = new_ns(reports[reports.size() / 2]);
    const double before = new_ns(reports.front());
    const double after = new_ns(reports.back());
    figure.second_value = (before + after) / 2;
    figure.median = figure.first_value / figure.second_value;
    figure.min = figure.first_value / std::max(before, after);
    figure.max = figure.first_value / std::min(before, after);
    figure.kept = 1;
}

Status measure(const Settings& settings, Figure& figure) {
    Json& reports = figure.details["reports"] = Json::array();
    const std::vector<std::uint64_t> order = order_of(settings);
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (interrupted()) return failure(Errc::cancelled, "interrupted");
        reports.push_back(TILLSTREAM_TRY(ask_among(settings, order[i])));
        const std::string line = describe(reports.back());
        std::fprintf(stderr, "  %s\n", line.c_str());
        if (i <= order.size() / 2) figure.note += (figure.note.empty() ? "" : "; ") + line;
    }
    compare(reports, figure);
    return {};
}

}  // namespace

Figure measure_identifiers(const Settings& settings) {
    Figure figure;
    figure.arms = "a new id among 50 M / among 1 M";
    figure.unit = "ns";
    if (const Status measured = measure(settings, figure); !measured)
        make_void(figure, measured.error().message);
    return figure;
}

}  // namespace tillstream::bench
