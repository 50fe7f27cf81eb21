// arm.h - one server to measure: the product or one of those it is compared with.
//
// Lifecycle:  start (fresh data folder, waits for "ready URL") -> (kill -> start_again) … -> destruction:
//             stopped, folder removed.
// Threads:    the main thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Every sink of the stream `sales`. Those that hold sales answer for rows and sums.
inline constexpr std::array<std::string_view, 3> kSinks = {"warehouse", "quarantine", "tables"};
inline constexpr std::array<std::string_view, 2> kSinksOfSales = {"warehouse", "tables"};

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
StoredFigures sum_of(const StoredFigures& a, const StoredFigures& b);

class Arm {
public:
    /// `options` are added to the server's command line.
    static Result<Arm> start(ArmKind kind, const Settings& settings,
                             const std::vector<std::string>& options = {});
    Arm(Arm&&) noexcept = default;
    Arm& operator=(Arm&&) = delete;
    ~Arm();

    ArmKind kind() const { return kind_; }
    const std::string& url() const { return url_; }
    std::string port() const { return url_.substr(url_.rfind(':') + 1); }
    double cpu_seconds() const { return process_->cpu_seconds(); }
    std::uint64_t memory_kib(std::string_view name) const { return process_->memory_kib(name); }

    /// unavailable: it answered 503.
    Result<Json> get(const std::string& target);
    /// Tried again for a while as long as the answer is 503.
    Result<Json> get_when_available(const std::string& target);
    /// The same for a POST of a JSON document.
    Result<Json> post(const std::string& target, const std::string& body);
    /// The plain text of a GET.
    Result<std::string> get_text(const std::string& target);
    /// Records the slowest of the product's sinks is behind. Failure: one of kSinks is missing, stopped or
    /// paused.
    Result<std::uint64_t> lag();
    /// Until every sink is level; at once for the others.
    Status wait_until_level(std::chrono::seconds limit);
    /// What must be stored is. Failure: invalid_argument, naming the store and both figures.
    Status check_figures(const StoredFigures& expected);

    /// SIGKILL; returns when the process is gone.
    void kill();
    /// After kill: the same program on the same data and port. Returns as soon as it runs, not when it is
    /// ready.
    Status start_again();
    /// Until every store is open.
    Status wait_until_ready();
    /// Sends one POST until it is answered 200, every `interval` while nobody listens or the answer is 503.
    Status post_until_acknowledged(std::string_view request, std::chrono::milliseconds interval);

private:
    Arm(ArmKind kind, ChildProcess process, std::vector<std::string> command, std::string log_file,
        std::string dir, std::string url, HttpClient client)
        : kind_(kind),
          process_(std::move(process)),
          command_(std::move(command)),
          log_file_(std::move(log_file)),
          dir_(std::move(dir)),
          url_(std::move(url)),
          client_(std::move(client)) {}
    Status check_product(const StoredFigures& expected);
    Result<std::string> text_of(const ClientRequest& request);

    ArmKind kind_;
    std::optional<ChildProcess> process_;
    std::vector<std::string> command_;
    std::string log_file_;
    std::string dir_;
    std::string url_;
    HttpClient client_;
};

}  // namespace tillstream::bench
