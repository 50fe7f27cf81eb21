// trial.h - two arms in turn under the same load, and what their ratio is.
//
// Order:   A B B A …, so that a drift of the machine hits both alike.
// Dropped: a pair whose flush probes differ by more than kProbeSpreadMax, or one of which is above
//          kProbeMicrosMax.
// Void:    rows or sums differ from what was acknowledged, a request failed, or no pair is left.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/driver/arm.h"

namespace tillstream::bench {

inline constexpr double kProbeSpreadMax = 1.5;
inline constexpr double kProbeMicrosMax = 1000;

struct ArmRun {
    double value = 0;  ///< in the scenario's unit
    double probe_before_us = 0;
    double probe_after_us = 0;
    double steal = 0;
    double load_average = 0;
    double ack_cpu_us = 0;    ///< server CPU per record until the last acknowledgement
    double level_cpu_us = 0;  ///< … until every sink was level
    Json load;                ///< the generator's report, if it ran
    std::string problem;      ///< not empty: the figure is void
};

/// Arguments of `load` beside --port, --seconds and --warmup.
using LoadArguments = std::vector<std::string>;

/// One record in a POST, over 64 connections, or 500 over 16.
enum class LoadShape : std::uint8_t { singles, batches };
LoadArguments arguments_of(LoadShape load);
/// The same, cut short in a smoke run: whether rows are equal needs few requests.
LoadArguments brief_arguments_of(const Settings& settings, LoadShape load);

/// What of a load report counts.
using ValueOf = std::function<double(const Json& load)>;

/// 0 if it is not there.
double number_at(const Json& json, const char* pointer);
double requests_per_second(const Json& load);
double records_per_second(const Json& load);
/// Requests a second of singles, records of batches.
ValueOf rate_of(LoadShape load);
std::string_view unit_of(LoadShape load);

/// `body` fills the run; around it the disk and the machine are looked at. Its failure is the run's problem.
ArmRun observe(const Settings& settings, std::string_view name, const std::function<Status(ArmRun&)>& body);

/// Loads an arm that runs, waits until it is level and checks rows and sums. Fills the report, CPU and value.
Status load_arm(const Settings& settings, Arm& arm, const LoadArguments& arguments, const ValueOf& value_of,
                ArmRun& run);

/// One observed run of an arm of its own.
ArmRun run_arm(const Settings& settings, ArmKind kind, const LoadArguments& arguments,
               const ValueOf& value_of);

/// Starts the load generator against a server; finish_load waits for its report.
Result<ChildProcess> start_load(const Settings& settings, const Arm& arm, const LoadArguments& arguments);
Result<Json> finish_load(ChildProcess& load);
/// What a load report says must be stored.
StoredFigures acknowledged_by(const Json& load);
/// The same: what was acknowledged. Failure: a request failed.
Result<StoredFigures> finish_posting(ChildProcess& load);

inline constexpr std::uint64_t kRecordsPerPost = 500;
/// Starts `load` with as many full-speed POSTs of kRecordsPerPost records from 16 connections as make up
/// `records`; invoice numbers start at `first_invoice`.
Result<ChildProcess> start_filling(const Settings& settings, const Arm& arm, std::uint64_t records,
                                   std::uint64_t first_invoice);
/// The same, and finish_posting.
Result<StoredFigures> fill(const Settings& settings, const Arm& arm, std::uint64_t records,
                           std::uint64_t first_invoice);

/// 0 of nothing.
double median_of(std::vector<double> values);

struct Point {
    double x = 0;
    double y = 0;
};
/// Of the straight line that fits best (least squares); 0 if there is none.
double slope_of(const std::vector<Point>& points);

/// Why a load report makes a figure void, if it does.
std::optional<std::string> find_failed_requests(const Json& load);

struct Pair {
    ArmRun first;         ///< of the arm measured
    ArmRun second;        ///< of the arm it is compared with
    std::string dropped;  ///< why it does not count; empty: it does
    double ratio() const { return second.value > 0 ? first.value / second.value : 0; }
};

enum class Verdict : std::uint8_t { reached, missed, reported, void_figure, skipped };

std::string_view to_string(Verdict verdict);

/// One line of the table.
struct Figure {
    std::string scenario;
    std::string what;
    std::string arms;
    std::string unit;
    std::optional<double> floor;
    bool smaller_is_better = false;  ///< the floor is a ceiling
    double median = 0;
    double min = 0;
    double max = 0;
    double first_value = 0;  ///< medians of the kept pairs
    double second_value = 0;
    double ack_cpu_us = 0;
    double level_cpu_us = 0;
    double second_cpu_us = 0;
    std::size_t kept = 0;
    std::size_t dropped = 0;
    Verdict verdict = Verdict::reported;
    std::string note;
    bool unequal = false;  ///< rows or sums differ, or requests failed: an error, not just a bad day
    Json details;
};

/// The figure must not be quoted: something is wrong with the data or the run, not with the speed.
void make_void(Figure& figure, std::string why);

/// `run` measures one arm: true is the first. Pairs until settings.pairs, each in the opposite order of the
/// last.
std::vector<Pair> run_pairs(const Settings& settings, const std::function<ArmRun(bool first)>& run);

/// Medians, extremes and verdict of the pairs; the figure's names, unit and floor are given.
void summarise(const std::vector<Pair>& pairs, Figure& figure);

}  // namespace tillstream::bench
