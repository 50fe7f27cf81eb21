#include "tests/crash/crash_rounds.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "tests/crash/audit.h"
#include "tests/crash/load.h"
#include "tests/crash/resend.h"
#include "tests/support/raw_objects.h"
#include "tests/support/server_process.h"

namespace tillstream {

namespace {

using std::chrono::milliseconds;

constexpr int kKilled = 128 + 9;
constexpr const char* kSinks[] = {"warehouse", "tables", "quarantine"};

/// Where the kills of a round fall. Taken in turn, so that each comes up in any six rounds.
enum class Plan : std::uint8_t {
    under_load,
    small_segments,  ///< the journal changes its file often
    in_recovery,     ///< and again, several times, while the server starts
    in_backlog,      ///< a sink is paused; the second kill falls into its catching up
    after_resume,    ///< the kill falls into large commits and checkpoints
    sealing,         ///< the log is sealed again and again
};
constexpr int kPlans = 6;

const char* name_of(Plan plan) {
    switch (plan) {
        case Plan::under_load: return "under load";
        case Plan::small_segments: return "small segments";
        case Plan::in_recovery: return "in recovery";
        case Plan::in_backlog: return "in backlog";
        case Plan::after_resume: return "after resume";
        case Plan::sealing: return "sealing";
    }
    return "";
}

/// Asks for the log to be sealed, again and again, until the server is gone.
class EndlessSeals {
public:
    explicit EndlessSeals(const std::string& url)
        : thread_([this, url] {
              auto client = ShopClient::open(url);
              while (client && !stopping_ && client->post("/v1/streams/sales/seal", "")) {
              }
          }) {}
    ~EndlessSeals() {
        stopping_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

class CrashRun {
public:
    explicit CrashRun(const CrashOptions& options) : options_(options), random_(options.seed) {}

    Status run() {
        for (int round = 0; round < options_.rounds; ++round) TILLSTREAM_CHECK(run_round(round));
        return check_end();
    }

private:
    milliseconds delay(int most) {
        return milliseconds(std::uniform_int_distribution<int>(0, most)(random_));
    }
    std::vector<std::string> arguments(Plan plan) const;
    Result<ServerProcess> start(Plan plan);
    Status run_round(int round);
    Status load_and_kill(ServerProcess& server, int round, Plan plan);
    Status kill_again(Plan plan);
    Status kill_while_starting();
    Status kill_while_catching_up();
    Result<ServerProcess> start_and_audit(int round, Plan plan);
    Status expect_unchanged(ShopClient& client);
    Status audit_raw(ShopClient& client);
    Status check_end();

    const CrashOptions options_;
    std::mt19937_64 random_;
    std::vector<Ledger> ledgers_;  ///< of each round
    std::string content_;          ///< audit_whole at the end of the last round; empty before the first
    int kills_ = 0;
    AuditCounts counts_;
    ResendCounts resends_;
};

std::vector<std::string> CrashRun::arguments(Plan plan) const {
    std::vector<std::string> all{"--server.log_level", "info"};
    // Sealing and recycling go on all the time: a round holds several MiB.
    if (plan == Plan::small_segments || plan == Plan::sealing) {
        all.insert(all.end(),
                   {"--log.segment_bytes", "1MiB", "--log.seal_bytes", "1MiB", "--log.keep_bytes", "2MiB"});
    }
    return all;
}

Result<ServerProcess> CrashRun::start(Plan plan) {
    return ServerProcess::start(options_.data_dir, arguments(plan));
}

Status CrashRun::run_round(int round) {
    const auto began = std::chrono::steady_clock::now();
    const Plan plan = static_cast<Plan>(round % kPlans);
    {
        ServerProcess server = TILLSTREAM_TRY(start(plan));
        TILLSTREAM_CHECK(load_and_kill(server, round, plan));
    }
    TILLSTREAM_CHECK(kill_again(plan));
    ServerProcess server = TILLSTREAM_TRY(start_and_audit(round, plan));
    const LedgerTotals totals = totals_of(ledgers_.back());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::printf(
        "round %2d  %-14s  %7llu records in %4llu requests acknowledged, %llu refused, %llu unknown  %.1f "
        "s\n",
        round, name_of(plan), static_cast<unsigned long long>(totals.acknowledged_records),
        static_cast<unsigned long long>(totals.acknowledged), static_cast<unsigned long long>(totals.refused),
        static_cast<unsigned long long>(totals.unknown), took.count());
    std::fflush(stdout);
    if (round % 2 == 0) {
        if (const int code = server.terminate(); code != 0) {
            return failure(Errc::internal, fmt::format("the server ended with {} on SIGTERM", code));
        }
    } else if (server.kill_now() != kKilled) {
        return failure(Errc::internal, "the server ended by itself");
    }
    return {};
}

Status CrashRun::load_and_kill(ServerProcess& server, int round, Plan plan) {
    ShopClient client = TILLSTREAM_TRY(ShopClient::open(server.url()));
    TILLSTREAM_CHECK(client.wait_until_ready());
    if (!content_.empty()) TILLSTREAM_CHECK(expect_unchanged(client));
    const bool pauses = plan == Plan::in_backlog || plan == Plan::after_resume;
    if (pauses) {
        for (const char* sink : kSinks) TILLSTREAM_CHECK(client.pause(sink));
    }
    std::optional<EndlessSeals> seals;
    Load load(server.url(), round, options_.connections, random_());
    const std::uint64_t records =
        kCrashMinima.acknowledged_records + std::uniform_int_distribution<std::uint64_t>(0, 20'000)(random_);
    if (plan == Plan::sealing) seals.emplace(server.url());
    TILLSTREAM_CHECK(load.wait_for(records, kCrashMinima.in_flight));
    if (plan == Plan::after_resume) {
        for (const char* sink : kSinks) TILLSTREAM_CHECK(client.resume(sink));
    }
    std::this_thread::sleep_for(delay(plan == Plan::after_resume ? 400 : 50));
    TILLSTREAM_CHECK(load.wait_for(records, kCrashMinima.in_flight));
    if (server.kill_now() != kKilled) return failure(Errc::internal, "the server ended by itself under load");
    ++kills_;
    ledgers_.push_back(load.finish());
    if (const std::string wrong = load.wrong_answer(); !wrong.empty()) return failure(Errc::internal, wrong);
    const LedgerTotals totals = totals_of(ledgers_.back());
    if (totals.acknowledged_records < kCrashMinima.acknowledged_records) {
        return failure(Errc::internal,
                       fmt::format("minimum missed: {} records acknowledged", totals.acknowledged_records));
    }
    if (totals.unknown < static_cast<std::uint64_t>(kCrashMinima.in_flight)) {
        return failure(Errc::internal,
                       fmt::format("minimum missed: {} requests in flight at the kill", totals.unknown));
    }
    return {};
}

Status CrashRun::expect_unchanged(ShopClient& client) {
    const std::string content = TILLSTREAM_TRY(audit_whole(client));
    if (content == content_) return {};
    return failure(Errc::internal,
                   "a second recovery changed the stores: before " + content_ + "; after " + content);
}

Status CrashRun::kill_again(Plan plan) {
    if (plan == Plan::in_recovery) return kill_while_starting();
    if (plan == Plan::in_backlog) return kill_while_catching_up();
    return {};
}

Status CrashRun::kill_while_starting() {
    for (int times = std::uniform_int_distribution<int>(1, 3)(random_); times > 0; --times) {
        ServerProcess server = ServerProcess::launch(options_.data_dir, arguments(Plan::in_recovery));
        std::this_thread::sleep_for(delay(400));
        if (const int code = server.kill_now(); code != kKilled) {
            return failure(Errc::internal, fmt::format("the server ended with {} while it recovered", code));
        }
        ++kills_;
    }
    return {};
}

Status CrashRun::kill_while_catching_up() {
    ServerProcess server = TILLSTREAM_TRY(start(Plan::in_backlog));
    {
        ShopClient client = TILLSTREAM_TRY(ShopClient::open(server.url()));
        TILLSTREAM_CHECK(client.wait_until_ready());
        for (const char* sink : kSinks) TILLSTREAM_CHECK(client.resume(sink));
    }
    std::this_thread::sleep_for(delay(500));
    if (server.kill_now() != kKilled)
        return failure(Errc::internal, "the server ended by itself while catching up");
    ++kills_;
    return {};
}

Result<ServerProcess> CrashRun::start_and_audit(int round, Plan plan) {
    ServerProcess server = TILLSTREAM_TRY(start(plan));
    ShopClient client = TILLSTREAM_TRY(ShopClient::open(server.url()));
    TILLSTREAM_CHECK(client.wait_until_ready());
    TILLSTREAM_CHECK(resend(client, ledgers_.back(), resends_));
    content_ = TILLSTREAM_TRY(audit_whole(client));
    TILLSTREAM_CHECK(audit_raw(client));
    const AuditCounts counts = TILLSTREAM_TRY(audit_round(client, round, ledgers_.back()));
    counts_.offsets_checked += counts.offsets_checked;
    counts_.unknown_present += counts.unknown_present;
    counts_.customers_checked += counts.customers_checked;
    return server;
}

/// Everything sealed: the objects hold each record that the log counts, once.
Status CrashRun::audit_raw(ShopClient& client) {
    TILLSTREAM_TRY(client.post_json("/v1/streams/sales/seal", ""));
    const std::uint64_t lines = TILLSTREAM_TRY(count_raw_lines(options_.data_dir, "sales"));
    const json::Value verified = TILLSTREAM_TRY(client.verify("sales", 120));
    const std::int64_t stored = number_of(verified, "received") - number_of(verified, "duplicates");
    if (static_cast<std::int64_t>(lines) == stored && text_of(verified, "ok") == "true") {
        return {};
    }
    return failure(Errc::internal, fmt::format("the raw objects hold {} lines, verify says {} stored, ok {}",
                                               lines, stored, text_of(verified, "ok")));
}

/// All rounds once more, after one more recovery.
Status CrashRun::check_end() {
    ServerProcess server = TILLSTREAM_TRY(start(Plan::under_load));
    ShopClient client = TILLSTREAM_TRY(ShopClient::open(server.url()));
    TILLSTREAM_CHECK(client.wait_until_ready());
    TILLSTREAM_CHECK(expect_unchanged(client));
    LedgerTotals all;
    for (std::size_t round = 0; round < ledgers_.size(); ++round) {
        TILLSTREAM_CHECK(audit_round(client, static_cast<int>(round), ledgers_[round]));
        const LedgerTotals totals = totals_of(ledgers_[round]);
        all.acknowledged_records += totals.acknowledged_records;
        all.unknown += totals.unknown;
    }
    std::printf(
        "%d kills; %llu records acknowledged, all there once; %llu requests cut off, %llu of them stored "
        "whole, the "
        "others absent; offsets of %llu requests and histories of %llu customers as they must be\n",
        kills_, static_cast<unsigned long long>(all.acknowledged_records),
        static_cast<unsigned long long>(all.unknown),
        static_cast<unsigned long long>(counts_.unknown_present),
        static_cast<unsigned long long>(counts_.offsets_checked),
        static_cast<unsigned long long>(counts_.customers_checked));
    std::printf(
        "%llu requests cut off were sent again under their key or ids, %llu had been stored: all there "
        "once\n",
        static_cast<unsigned long long>(resends_.resent),
        static_cast<unsigned long long>(resends_.were_there));
    if (resends_.resent < ledgers_.size() || resends_.were_there == 0)
        return failure(Errc::internal, "minimum missed: too few requests sent again");
    if (counts_.customers_checked < ledgers_.size())
        return failure(Errc::internal, "minimum missed: too few purchase histories checked");
    if (counts_.offsets_checked < ledgers_.size())
        return failure(Errc::internal, "minimum missed: too few offsets checked");
    if (const int code = server.terminate(); code != 0) {
        return failure(Errc::internal, fmt::format("the server ended with {} on SIGTERM", code));
    }
    return {};
}

}  // namespace

Status run_crash_rounds(const CrashOptions& options) { return CrashRun(options).run(); }

}  // namespace tillstream
