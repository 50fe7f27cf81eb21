#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "bench/driver/scenarios.h"
#include "bench/load/sales_bodies.h"
#include "codec/charset.h"
#include "codec/compressed_file.h"
#include "core/env.h"

namespace tillstream::bench {

namespace {

constexpr double kCeiling = 12;  // times what DuckDB alone takes
constexpr std::uint32_t kRows = 541'909;
constexpr std::uint32_t kSmokeRows = 20'000;
constexpr std::chrono::seconds kLimit{600};

struct SalesFile {
    std::string sent;  ///< what `tillstream send` reads
    std::string utf8;  ///< what DuckDB reads: it takes no other charset
    std::string time_format;
};

Status write_plain(const std::string& path, std::string_view bytes) {
    auto file = TILLSTREAM_TRY(posix_filesystem().open(path, {.write = true, .create = true}));
    TILLSTREAM_CHECK(file->write_at(0, bytes));
    return file->sync();
}

Result<Buffer> read_decompressed(const std::string& path) {
    auto file = TILLSTREAM_TRY(CompressedFile::open(posix_filesystem(), path));
    constexpr std::size_t kChunk = 1 << 20;
    Buffer text;
    for (;;) {
        const std::size_t had = text.size();
        const std::size_t n = TILLSTREAM_TRY(file.read(text.extend(kChunk), kChunk));
        text.resize(had + n);
        if (n == 0) return text;
    }
}

Result<SalesFile> prepare_real(const Settings& settings) {
    const Buffer text = TILLSTREAM_TRY(read_decompressed(settings.sales_file));
    Buffer utf8;
    to_utf8(detect_charset(text.view()), text.view(), utf8);
    SalesFile file{settings.work_dir + "/sales.csv", settings.work_dir + "/sales-utf8.csv", "%m/%d/%Y %H:%M"};
    TILLSTREAM_CHECK(write_plain(file.sent, text.view()));
    TILLSTREAM_CHECK(write_plain(file.utf8, utf8.view()));
    return file;
}

Result<SalesFile> prepare_simulated(const Settings& settings) {
    BodyOptions options;
    options.format = BodyFormat::csv;
    options.records = settings.smoke ? kSmokeRows : kRows;
    SalesBodies bodies(options, 1, 1'000'000'000);
    bodies.stamp(bodies.at(0));
    const std::string& request = bodies.at(0).bytes;
    const std::string path = settings.work_dir + "/sales.csv";
    TILLSTREAM_CHECK(write_plain(path, std::string_view(request).substr(request.find("\r\n\r\n") + 4)));
    return SalesFile{path, path, "%Y-%m-%dT%H:%M:%SZ"};
}

Result<Json> convert_by_duckdb(const Settings& settings, const SalesFile& file) {
    auto duckdb = TILLSTREAM_TRY(
        ChildProcess::start({settings.programs + "/duckdb_csv_to_parquet", file.utf8,
                             settings.work_dir + "/sales.parquet", "--time-format", file.time_format},
                            settings.work_dir + "/duckdb.log"));
    Json json = Json::parse(TILLSTREAM_TRY(duckdb.run_to_end(kLimit)), nullptr, false);
    if (json.is_discarded()) return failure(Errc::internal, "duckdb_csv_to_parquet printed no JSON");
    return json;
}

Status send_whole(const Settings& settings, const SalesFile& file, const StoredFigures& expected,
                  ArmRun& run) {
    Arm arm = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings));
    const double cpu_start = arm.cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    auto send = TILLSTREAM_TRY(
        ChildProcess::start({settings.product, "send", file.sent, "--server", arm.url(), "--output", "json"},
                            settings.work_dir + "/send.log"));
    const std::string report = TILLSTREAM_TRY(send.run_to_end(kLimit));
    const double cpu_acknowledged = arm.cpu_seconds();
    TILLSTREAM_CHECK(arm.wait_until_level(kLimit));
    run.value = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double per_row = 1e6 / static_cast<double>(std::max<std::uint64_t>(expected.rows, 1));
    run.ack_cpu_us = (cpu_acknowledged - cpu_start) * per_row;
    run.level_cpu_us = (arm.cpu_seconds() - cpu_start) * per_row;
    run.load = Json::parse(report, nullptr, false);
    return arm.check_figures(expected);
}

Status run_duckdb(const Settings& settings, const SalesFile& file, const StoredFigures& expected,
                  ArmRun& run) {
    run.load = TILLSTREAM_TRY(convert_by_duckdb(settings, file));
    run.value = run.load.value("seconds", 0.0);
    if (figures_from(run.load) == expected) return {};
    return failure(Errc::invalid_argument, "the Parquet file differs from that of the first conversion");
}

Status compare_with_duckdb(const Settings& settings, bool simulated, Figure& figure) {
    const SalesFile file = TILLSTREAM_TRY(simulated ? prepare_simulated(settings) : prepare_real(settings));
    const StoredFigures expected = figures_from(TILLSTREAM_TRY(convert_by_duckdb(settings, file)));
    const auto pairs = run_pairs(settings, [&](bool is_first) {
        return observe(settings, is_first ? "tillstream" : "DuckDB", [&](ArmRun& run) {
            return is_first ? send_whole(settings, file, expected, run)
                            : run_duckdb(settings, file, expected, run);
        });
    });
    summarise(pairs, figure);
    return {};
}

}  // namespace

Figure measure_whole_file(const Settings& settings) {
    Figure figure;
    figure.arms = "tillstream / DuckDB";
    figure.unit = "s";
    figure.floor = kCeiling;
    figure.smaller_is_better = true;
    const bool simulated = settings.smoke || settings.sales_file.empty();
    if (simulated && !settings.smoke)
        std::fputs("  the real file is not here: a simulated one is used\n", stderr);
    const Status measured = compare_with_duckdb(settings, simulated, figure);
    if (!measured) make_void(figure, measured.error().message);
    if (simulated) figure.note += figure.note.empty() ? "simulated file" : "; simulated file";
    return figure;
}

}  // namespace tillstream::bench
