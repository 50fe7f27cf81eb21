// arm.h - one server to measure: the product or one of those it is compared with.
//
// Lifecycle:  start (fresh data folder, waits for "ready URL") -> … -> destruction: stopped, folder
//             removed.
// Threads:    the main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "bench/driver/child_process.h"
#include "core/result.h"
#include "net/client.h"

namespace tillstream::bench {

using Json = nlohmann::ordered_json;

enum class ArmKind : std::uint8_t { product, bare_pipeline, null_server };

std::string_view to_string(ArmKind kind);

/// Where things are and how long to measure.
struct Settings {
    std::string product;     ///< path of `tillstream`
    std::string programs;    ///< folder of the measuring programs
    std::string work_dir;    ///< on the disk to measure; removed by whoever made it
    std::string sales_file;  ///< real file; empty: a simulated one
    int pairs = 7;
    double seconds = 5;
    double warmup = 1;
    double probe_seconds = 1;
    bool smoke = false;
};

/// Rows and exact sums. Decimals are texts in the form of format_decimal.
struct StoredFigures {
    std::uint64_t rows = 0;
    std::string quantity;
    std::string line_total;
    friend bool operator==(const StoredFigures&, const StoredFigures&) = default;
};

std::string to_string(const StoredFigures& figures);
/// From an object with rows, quantity and line_total, whatever the form of the numbers.
StoredFigures figures_from(const Json& object);

class Arm {
public:
    static Result<Arm> start(ArmKind kind, const Settings& settings);
    Arm(Arm&&) noexcept = default;
    Arm& operator=(Arm&&) = delete;
    ~Arm();

    ArmKind kind() const { return kind_; }
    const std::string& url() const { return url_; }
    std::string port() const { return url_.substr(url_.rfind(':') + 1); }
    double cpu_seconds() const { return process_.cpu_seconds(); }

    /// unavailable: it answered 503.
    Result<Json> get(const std::string& target);
    /// Tried again for a while as long as the answer is 503.
    Result<Json> get_when_available(const std::string& target);
    /// Records the slowest of the product's sinks is behind.
    Result<std::uint64_t> lag();
    /// Until every sink is level; at once for the others.
    Status wait_until_level(std::chrono::seconds limit);
    /// What must be stored is. Failure: invalid_argument, naming the store and both figures.
    Status check_figures(const StoredFigures& expected);

private:
    Arm(ArmKind kind, ChildProcess process, std::string dir, std::string url, HttpClient client)
        : kind_(kind),
          process_(std::move(process)),
          dir_(std::move(dir)),
          url_(std::move(url)),
          client_(std::move(client)) {}
    Status check_product(const StoredFigures& expected);

    ArmKind kind_;
    ChildProcess process_;
    std::string dir_;
    std::string url_;
    HttpClient client_;
};

}  // namespace tillstream::bench
