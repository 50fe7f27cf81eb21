// key_crash_test - kills the server while requests under idempotency keys are on their way, and asks for
// every key again after the restart.
//
// Rules:  an acknowledged key gets its first answer, byte for byte, marked as a replay; one that was never
//         answered gets that of the first attempt, or runs now, once; another body is a 422; a key that was
//         refused is free; no key is "still running" after a restart, since nothing runs any more. Then every
//         record is there once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/crash/keyed_load.h"
#include "tests/support/server_process.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;

constexpr int kPairs = 8;
constexpr int kAcknowledged = 150;  ///< requests of a round, before its kill
constexpr int kInFlight = 4;        ///< requests that the kill leaves without an answer

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}
void must(const Status& status) {
    if (!status) throw std::runtime_error(status.error().message);
}

/// What happens between a kill and the asking.
enum class Aftermath : std::uint8_t {
    none,
    killed_in_recovery,
    index_gone,  ///< it must be built again from the log
};

struct Round {
    const char* name;
    std::vector<std::string> arguments;
    Aftermath aftermath = Aftermath::none;
};

const std::vector<Round>& rounds() {
    static const std::vector<Round> all = {
        {"under load", {}, Aftermath::none},
        {"killed in recovery too", {}, Aftermath::killed_in_recovery},
        {"small segments, sealed at once",
         {"--log.segment_bytes", "1MiB", "--log.seal_bytes", "1MiB", "--log.keep_bytes", "0B"},
         Aftermath::none},
        {"the index is gone", {}, Aftermath::index_gone},
        {"little memory for the index", {"--dedup.memory_bytes", "1MiB"}, Aftermath::none},
    };
    return all;
}

class KeyCrash : public ::testing::Test {
protected:
    void SetUp() override {
        const std::uint64_t seed = std::random_device{}();
        std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
        random_.seed(seed);
    }

    std::string data_dir() const { return folder_.file("data"); }
    milliseconds delay(int most) {
        return milliseconds(std::uniform_int_distribution<int>(0, most)(random_));
    }

    /// Keys that are on their way when the server dies.
    KeyedLedger load_and_kill(const Round& round, int number) {
        ServerProcess server = must(ServerProcess::start(data_dir(), round.arguments));
        KeyedLoad load(server.url(), number, kPairs);
        must(load.wait_for(kAcknowledged, kInFlight));
        std::this_thread::sleep_for(delay(40));
        must(load.wait_for(kAcknowledged, kInFlight));
        EXPECT_EQ(server.kill_now(), 128 + 9) << "the server ended by itself";
        KeyedLedger ledger = must(load.finish());
        conflicts_ += load.conflicts();
        return ledger;
    }

    void follow(const Round& round) {
        if (round.aftermath == Aftermath::killed_in_recovery) {
            for (int times = 0; times < 3; ++times) {
                ServerProcess server = ServerProcess::launch(data_dir(), round.arguments);
                std::this_thread::sleep_for(delay(300));
                EXPECT_EQ(server.kill_now(), 128 + 9) << "the server ended while it recovered";
            }
        }
        if (round.aftermath == Aftermath::index_gone) {
            EXPECT_GT(std::filesystem::remove_all(data_dir() + "/state/dedup"), 1U);
        }
    }

    /// Asks for a key again, with its own body and with another.
    void expect_key(ShopClient& client, const std::string& key, KeyedEntry& entry) {
        SCOPED_TRACE(key);
        const bool was_malformed = std::exchange(entry.malformed, false);
        if (was_malformed) entry.body.back() = ']';
        const ClientResponse answer = must(post_keyed(client, key, entry.body));
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_FALSE(was_malformed && is_replay(answer)) << "a request that was refused claimed its key";
        if (entry.answer) {
            EXPECT_EQ(answer.body, *entry.answer);
            EXPECT_TRUE(is_replay(answer)) << "an acknowledged request ran again";
            ++replayed_;
        } else if (!was_malformed) {
            ++(is_replay(answer) ? stored_unanswered_ : run_now_);
        }
        entry.answer = answer.body;
        const ClientResponse again = must(post_keyed(client, key, entry.body));
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(again.body, answer.body);
        EXPECT_TRUE(is_replay(again));
        const ClientResponse other = must(post_keyed(client, key, entry.body + " "));
        EXPECT_EQ(other.status, 422) << other.body;
        EXPECT_NE(other.body.find("\"/problems/unprocessable\""), std::string::npos) << other.body;
    }

    /// Every record of every key, once, and nothing else.
    void expect_stored_once(ShopClient& client, const KeyedLedger& all) {
        std::int64_t sent = 0;
        for (const auto& [key, entry] : all) sent += entry.records;
        const json::Value verified = must(client.verify());
        EXPECT_EQ(text_of(verified, "ok"), "true");
        EXPECT_EQ(number_of(verified, "received"), sent);
        EXPECT_EQ(number_of(verified, "duplicates"), 0);
        EXPECT_EQ(must(client.query_value(
                      "SELECT (SELECT count(*) FROM shop.sales) + (SELECT count(*) FROM ops.quarantine)")),
                  std::to_string(sent));
        EXPECT_EQ(must(client.query_value("SELECT count(*) - count(DISTINCT (description, stock_code)) FROM "
                                          "shop.sales")),
                  "0");
        EXPECT_EQ(must(client.query_value("SELECT count(*) - count(DISTINCT raw) FROM ops.quarantine")), "0");
    }

    TemporaryFolder folder_;
    std::mt19937_64 random_;
    int conflicts_ = 0;
    int replayed_ = 0;
    int stored_unanswered_ = 0;
    int run_now_ = 0;
};

TEST_F(KeyCrash, AfterEveryKillEachKeyIsAnsweredAsItMustBe) {
    KeyedLedger all;
    for (std::size_t number = 0; number < rounds().size(); ++number) {
        const Round& round = rounds()[number];
        SCOPED_TRACE(round.name);
        KeyedLedger ledger = load_and_kill(round, static_cast<int>(number));
        follow(round);
        ServerProcess server = must(ServerProcess::start(data_dir(), round.arguments));
        ShopClient client = must(ShopClient::open(server.url()));
        must(client.wait_until_ready());
        for (auto& [key, entry] : ledger) expect_key(client, key, entry);
        all.merge(ledger);
        // Some of the rounds before too: keys outlive any number of kills.
        std::size_t at = 0;
        for (auto& [key, entry] : all) {
            if (at++ % 7 == number) expect_key(client, key, entry);
        }
        expect_stored_once(client, all);
        if (HasFailure()) return;
        EXPECT_EQ(server.kill_now(), 128 + 9);
    }
    std::printf(
        "%zu keys: %d answered again, %d stored without an answer, %d run after a restart, %d times 409\n",
        all.size(), replayed_, stored_unanswered_, run_now_, conflicts_);
    EXPECT_GT(replayed_, kAcknowledged);
    EXPECT_GT(stored_unanswered_ + run_now_, 0) << "no kill met a request on its way";
    EXPECT_GT(conflicts_, 0) << "no two requests of one key met";
}

}  // namespace
}  // namespace tillstream
