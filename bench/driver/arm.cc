#include "bench/driver/arm.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/assert.h"
#include "core/decimal.h"

namespace tillstream::bench {

namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr std::chrono::seconds kStopLimit{30};
constexpr std::chrono::milliseconds kLagInterval{10};
constexpr std::string_view kAnyPort = "127.0.0.1:0";
constexpr int kFigureScale = 6;

std::vector<std::string> command_of(ArmKind kind, const Settings& settings, const std::string& dir) {
    switch (kind) {
        case ArmKind::product:
            return {settings.product, "serve", "--data", dir, "--http", std::string(kAnyPort)};
        case ArmKind::bare_pipeline: return {settings.programs + "/bare_pipeline", "--data", dir};
        case ArmKind::null_server: return {settings.programs + "/null_server"};
    }
    return {};
}

std::string number_text(const Json& value) {
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (text.find('.') != std::string::npos) text.erase(text.find_last_not_of('0') + 1);
    if (!text.empty() && text.back() == '.') text.pop_back();
    return text;
}

Status check_equal(std::string_view store, const StoredFigures& held, const StoredFigures& expected) {
    if (held == expected) return {};
    return failure(Errc::invalid_argument, fmt::format("{} holds {}, acknowledged were {}", store,
                                                       to_string(held), to_string(expected)));
}

Result<Json> parsed(const std::string& text, const std::string& target) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return failure(Errc::internal, fmt::format("{} answered no JSON", target));
    return json;
}

Int128 scaled(const std::string& text) {
    Int128 value = 0;
    const DecimalParse outcome = parse_decimal(text, {.precision = 38, .scale = kFigureScale}, value);
    TILLSTREAM_ASSERT(text.empty() || outcome == DecimalParse::ok);
    return value;
}

std::string sum_text(const std::string& a, const std::string& b) {
    return number_text(format_decimal(scaled(a) + scaled(b), kFigureScale));
}

}  // namespace

std::string_view to_string(ArmKind kind) {
    switch (kind) {
        case ArmKind::product: return "tillstream";
        case ArmKind::bare_pipeline: return "bare_pipeline";
        case ArmKind::null_server: return "null_server";
    }
    return "";
}

std::string to_string(const StoredFigures& figures) {
    return fmt::format("{} rows, quantity {}, line total {}", figures.rows, figures.quantity,
                       figures.line_total);
}

StoredFigures figures_from(const Json& object) {
    return {object.value("rows", std::uint64_t{0}), number_text(object.value("quantity", Json("0"))),
            number_text(object.value("line_total", Json("0")))};
}

StoredFigures sum_of(const StoredFigures& a, const StoredFigures& b) {
    return {a.rows + b.rows, sum_text(a.quantity, b.quantity), sum_text(a.line_total, b.line_total)};
}

Result<Arm> Arm::start(ArmKind kind, const Settings& settings, const std::vector<std::string>& options) {
    std::string dir = fmt::format("{}/{}", settings.work_dir, to_string(kind));
    std::filesystem::remove_all(dir);
    std::vector<std::string> command = command_of(kind, settings, dir);
    command.insert(command.end(), options.begin(), options.end());
    std::string log_file = settings.work_dir + "/servers.log";
    auto process = TILLSTREAM_TRY(ChildProcess::start(command, log_file));
    const std::string line = TILLSTREAM_TRY(process.first_line(kStartLimit));
    constexpr std::string_view kReady = "ready ";
    if (!line.starts_with(kReady)) {
        return failure(Errc::internal, fmt::format("{} said '{}' instead of ready", to_string(kind), line));
    }
    std::string url = line.substr(kReady.size());
    const ClientOptions of_client{.request_timeout = std::chrono::seconds(300), .verify_certificate = false};
    auto client = TILLSTREAM_TRY(HttpClient::open(url, of_client));
    Arm arm(kind, std::move(process), std::move(command), std::move(log_file), std::move(dir), std::move(url),
            std::move(client));
    // It takes records before its stores are open; that time is no part of any figure.
    if (kind == ArmKind::product) TILLSTREAM_TRY(arm.get_when_available("/v1/verify?stream=sales&wait=0"));
    return arm;
}

Result<Json> Arm::get_when_available(const std::string& target) {
    const auto until = std::chrono::steady_clock::now() + kStartLimit;
    for (;;) {
        auto answer = get(target);
        const bool again = !answer && answer.error().code == Errc::unavailable && !interrupted() &&
                           std::chrono::steady_clock::now() < until;
        if (!again) return answer;
        std::this_thread::sleep_for(kLagInterval);
    }
}

Arm::~Arm() {
    if (dir_.empty()) return;
    if (process_) process_->stop(kStopLimit);
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
}

Result<std::string> Arm::text_of(const ClientRequest& request) {
    auto response = TILLSTREAM_TRY(client_.send(request));
    if (response.status == 200) return std::move(response.body);
    return failure(
        response.status == 503 ? Errc::unavailable : Errc::internal,
        fmt::format("{} answered {}: {}", request.target, response.status, response.body.substr(0, 200)));
}

Result<std::string> Arm::get_text(const std::string& target) { return text_of({.target = target}); }

Result<Json> Arm::get(const std::string& target) { return parsed(TILLSTREAM_TRY(get_text(target)), target); }

Result<Json> Arm::post(const std::string& target, const std::string& body) {
    const ClientRequest request{.method = Method::post,
                                .target = target,
                                .headers = {{"Content-Type", "application/json"}},
                                .body = body};
    return parsed(TILLSTREAM_TRY(text_of(request)), target);
}

Result<std::uint64_t> Arm::lag() {
    const Json status = TILLSTREAM_TRY(get("/v1/streams/sales"));
    std::map<std::string, std::uint64_t> behind;
    for (const Json& sink : status.value("sinks", Json::array())) {
        const std::string state = sink.value("state", "");
        if (state == "stopped" || state == "paused") {
            return failure(Errc::unavailable, fmt::format("sink {} is {}", sink.value("name", ""), state));
        }
        behind[sink.value("name", "")] += sink.value("lag_records", std::uint64_t{0});
    }
    for (const std::string_view name : kSinks) {
        if (!behind.contains(std::string(name)))
            return failure(Errc::internal, fmt::format("stream sales has no sink {}", name));
    }
    std::uint64_t most = 0;
    for (const auto& [name, records] : behind) most = std::max(most, records);
    return most;
}

Status Arm::wait_until_level(std::chrono::seconds limit) {
    if (kind_ != ArmKind::product) return {};
    const auto until = std::chrono::steady_clock::now() + limit;
    for (;;) {
        const std::uint64_t records = TILLSTREAM_TRY(lag());
        if (records == 0) return {};
        if (interrupted()) return failure(Errc::cancelled, "interrupted");
        if (std::chrono::steady_clock::now() > until) {
            return failure(Errc::timeout,
                           fmt::format("a sink is {} records behind after {} s", records, limit.count()));
        }
        std::this_thread::sleep_for(kLagInterval);
    }
}

Status Arm::check_figures(const StoredFigures& expected) {
    switch (kind_) {
        case ArmKind::product: return check_product(expected);
        case ArmKind::bare_pipeline:
            return check_equal("bare_pipeline", figures_from(TILLSTREAM_TRY(get("/figures"))), expected);
        case ArmKind::null_server: return {};  // it keeps nothing
    }
    return {};
}

Status Arm::check_product(const StoredFigures& expected) {
    const Json verify = TILLSTREAM_TRY(get_when_available("/v1/verify?stream=sales&wait=60"));
    if (!verify.value("ok", false))
        return failure(Errc::invalid_argument, "verify is not ok: " + verify.dump());
    const auto accepted = verify.value("accepted", std::uint64_t{0});
    if (accepted != expected.rows || verify.value("received", std::uint64_t{0}) != expected.rows) {
        return failure(
            Errc::invalid_argument,
            fmt::format("tillstream accepted {} rows, acknowledged were {}", accepted, expected.rows));
    }
    for (const std::string_view name : kSinksOfSales) {
        const Json sinks = verify.value("sinks", Json::array());
        const auto sink = std::find_if(sinks.begin(), sinks.end(),
                                       [&](const Json& s) { return s.value("name", "") == name; });
        if (sink == sinks.end())
            return failure(Errc::invalid_argument, fmt::format("verify names no sink {}", name));
        TILLSTREAM_CHECK(check_equal(name, figures_from(*sink), expected));
    }
    return {};
}

void Arm::kill() {
    process_->kill();
    client_.disconnect();
}

Status Arm::wait_until_ready() {
    const auto until = std::chrono::steady_clock::now() + kStartLimit;
    for (;;) {
        const auto ready = get_text("/readyz");
        if (ready) return {};
        if (ready.error().code != Errc::unavailable || std::chrono::steady_clock::now() > until)
            return failure(ready.error());
        std::this_thread::sleep_for(kLagInterval);
    }
}

Status Arm::start_again() {
    std::vector<std::string> command = command_;
    std::replace(command.begin(), command.end(), std::string(kAnyPort), "127.0.0.1:" + port());
    process_.reset();
    process_.emplace(TILLSTREAM_TRY(ChildProcess::start(command, log_file_)));
    return {};
}

Status Arm::post_until_acknowledged(std::string_view request, std::chrono::milliseconds interval) {
    const auto until = std::chrono::steady_clock::now() + kStartLimit;
    while (std::chrono::steady_clock::now() < until && !interrupted()) {
        const auto answer = client_.send_raw(request);
        if (answer && answer->status == 200) return {};
        if (answer && answer->status != 503) {
            return failure(Errc::internal,
                           fmt::format("the POST was answered {}: {}", answer->status, answer->body));
        }
        if (!answer && answer.error().code != Errc::unavailable) return failure(answer.error());
        std::this_thread::sleep_for(interval);
    }
    return failure(Errc::timeout, fmt::format("no acknowledgement within {} s", kStartLimit.count()));
}

}  // namespace tillstream::bench
