// Runs the measurements of docs/benchmarks.md: arms in turn, disk and machine watched, rows and sums checked.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/command_line.h"
#include "bench/driver/machine.h"
#include "bench/driver/results.h"
#include "bench/driver/scenarios.h"

namespace tillstream::bench {

namespace {

namespace fs = std::filesystem;

struct Arguments {
    Settings settings;
    std::vector<std::string> scenarios;
    std::string output;
    std::string work_parent;
    std::vector<std::string> typed;
};

/// A folder of its own for data, removed with everything in it.
class WorkDir {
public:
    explicit WorkDir(const std::string& parent) : path_(parent + "/work-XXXXXX") {
        fs::create_directories(parent);
        if (::mkdtemp(path_.data()) == nullptr) path_.clear();
    }
    ~WorkDir() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    WorkDir(const WorkDir&) = delete;
    WorkDir& operator=(const WorkDir&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string find_sales_file() {
    constexpr const char* kName = "online_retail/data.csv.zst";
    if (const char* folder = std::getenv("TILL_SHARED_DATA")) {
        const fs::path path = fs::path(folder) / kName;
        return fs::exists(path) ? path.string() : "";
    }
    for (fs::path dir = fs::current_path();; dir = dir.parent_path()) {
        const fs::path path = dir / "shared/data" / kName;
        if (fs::exists(path)) return path.string();
        if (dir == dir.parent_path()) return "";
    }
}

void shorten_for_smoke(Settings& settings) {
    settings.smoke = true;
    settings.pairs = 1;
    settings.seconds = 0.5;
    settings.warmup = 0.1;
    settings.probe_seconds = 0.1;
}

Arguments default_arguments() {
    const fs::path programs = fs::read_symlink("/proc/self/exe").parent_path();
    Arguments arguments;
    arguments.settings.programs = programs.string();
    arguments.settings.product = (programs.parent_path() / "tillstream").string();
    arguments.settings.sales_file = find_sales_file();
    arguments.work_parent = programs.string();
    arguments.output = (programs.parent_path().parent_path() / "bench" / "results.json").string();
    return arguments;
}

void declare(CLI::App& app, Arguments& arguments) {
    Settings& settings = arguments.settings;
    app.add_option("--scenario", arguments.scenarios, "only these (names: --list)")->delimiter(',');
    app.add_option("--pairs", settings.pairs, "of runs, in turn")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--seconds", settings.seconds, "of each run")->capture_default_str();
    app.add_option("--warmup", settings.warmup, "seconds before measuring")->capture_default_str();
    app.add_option("--probe", settings.probe_seconds, "seconds of flushing before and after a run")
        ->capture_default_str();
    app.add_option("--product", settings.product, "the program to measure")
        ->capture_default_str()
        ->check(CLI::ExistingFile);
    app.add_option("--file", settings.sales_file, "CSV of sales, may be compressed")->capture_default_str();
    app.add_option("--work-dir", arguments.work_parent, "data folders go here: on the disk to measure")
        ->capture_default_str();
    app.add_option("--output", arguments.output, "JSON of all figures")->capture_default_str();
    app.add_flag_callback(
        "--smoke", [&settings] { shorten_for_smoke(settings); },
        "one short pair each; fails if rows or sums differ, whatever the speed");
    app.add_flag_callback(
        "--list",
        [] {
            for (const Scenario& s : all_scenarios())
                std::printf("%-14s %s\n", s.name.c_str(), s.what.c_str());
            throw CLI::Success{};
        },
        "name the scenarios");
}

bool is_wanted(const Arguments& arguments, const Scenario& scenario) {
    const auto& wanted = arguments.scenarios;
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), scenario.name) != wanted.end();
}

Figure run_scenario(const Scenario& scenario, const Settings& settings) {
    std::fprintf(stderr, "%s: %s\n", scenario.name.c_str(), scenario.what.c_str());
    Figure figure;
    if (scenario.needs_product && !fs::exists(settings.product)) {
        figure.verdict = Verdict::skipped;
        figure.note = settings.product + " is not built";
    } else {
        figure = scenario.run(settings);
    }
    figure.scenario = scenario.name;
    figure.what = scenario.what;
    return figure;
}

bool write_results(const Arguments& arguments, const std::vector<Figure>& figures) {
    const RunDescription description{describe_machine(), today(), arguments.typed};
    const std::string json = to_json(description, figures).dump(2) + "\n";
    fs::create_directories(fs::path(arguments.output).parent_path());
    const Status written = write_file_atomic(posix_filesystem(), arguments.output, json);
    if (!written) std::fprintf(stderr, "bench_driver: %s\n", written.error().message.c_str());
    std::printf("%s, %s\n\n%s", description.machine.c_str(), description.date.c_str(),
                format_table(figures).c_str());
    return written.has_value();
}

int run(Arguments& arguments) {
    interrupted();  // from here on the two signals wait until asked for
    const WorkDir work(arguments.work_parent);
    if (work.path().empty()) {
        std::fprintf(stderr, "bench_driver: no folder can be made in %s\n", arguments.work_parent.c_str());
        return 1;
    }
    arguments.settings.work_dir = work.path();
    std::vector<Figure> figures;
    for (const Scenario& scenario : all_scenarios()) {
        if (interrupted()) break;
        if (is_wanted(arguments, scenario)) figures.push_back(run_scenario(scenario, arguments.settings));
    }
    if (figures.empty()) {
        std::fputs("bench_driver: no such scenario; --list names them\n", stderr);
        return 2;
    }
    const bool unequal =
        std::any_of(figures.begin(), figures.end(), [](const Figure& f) { return f.unequal; });
    return write_results(arguments, figures) && !unequal && !interrupted() ? 0 : 1;
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    try {
        CLI::App app{"Measures Tillstream against the arms of docs/benchmarks.md and prints the ratios"};
        tillstream::bench::Arguments arguments = tillstream::bench::default_arguments();
        arguments.typed.assign(argv + 1, argv + argc);
        tillstream::bench::declare(app, arguments);
        if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
        return tillstream::bench::run(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_driver: %s\n", error.what());
        return 1;
    }
}
