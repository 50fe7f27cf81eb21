// A `send` that is killed again and again, at any moment, and run once more: every row is everywhere exactly
// once. Sent a second time, the file changes nothing.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "core/digest.h"
#include "tests/scenario/guarded.h"
#include "tests/scenario/simulated_shop.h"
#include "tests/support/raw_objects.h"

namespace tillstream {
namespace {

using std::chrono::milliseconds;

constexpr int kKills = 10;
/// So many must hit a run under way: one that had not begun, or had ended, proves nothing.
constexpr int kKillsUnderWay = 5;

/// What a sender may have been killed in, and the figures that must come out in the end.
class KilledSend : public SimulatedShop {
protected:
    void SetUp() override {
        const std::uint64_t seed = std::random_device{}();
        std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
        random_.seed(seed);
    }

    pid_t launch(const std::string& file, int rate) {
        const std::string program = program_path(), url = server().url(), pace = std::to_string(rate);
        const pid_t child = fork();
        if (child != 0) return child;
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        execl(program.c_str(), "tillstream", "send", file.c_str(), "--server", url.c_str(), "--rate",
              pace.c_str(), "--batch", "50", "--progress", "none", nullptr);
        _exit(127);
    }
    /// Kills a run at a moment before `last`; whether it was under way still.
    bool send_and_kill(const std::string& file, int rate, milliseconds last) {
        const pid_t child = launch(file, rate);
        std::this_thread::sleep_for(
            milliseconds(std::uniform_int_distribution<std::int64_t>(0, last.count())(random_)));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        return WIFSIGNALED(status);
    }
    /// Ten runs that are killed; three times the server dies with them.
    void send_and_kill_often(const std::string& file, int rate, milliseconds last) {
        int under_way = 0;
        for (int i = 0; i < kKills; ++i) {
            under_way += send_and_kill(file, rate, last);
            if (i % 3 != 2) continue;
            server().kill_now();
            start();
        }
        EXPECT_GE(under_way, kKillsUnderWay);
        EXPECT_GT(stored(), 0) << "no run stored anything before it was killed";
    }
    /// A run to its end; its report.
    json::Value send_whole(const std::string& file) {
        const CommandResult result =
            run_program({"send", file, "--server", server().url(), "--output", "json"});
        EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 5) << result.errors;
        json::Value report = must(json::parse(result.output));
        EXPECT_EQ(number_of(report, "failed"), 0);
        EXPECT_EQ(number_of(report, "accepted") + number_of(report, "quarantined") +
                      number_of(report, "duplicates"),
                  number_of(report, "sent"));
        return report;
    }
    /// Records in the log.
    std::int64_t stored() {
        std::int64_t sum = 0;
        for (const json::Value& shard : must(client().get_json("/v1/streams/sales")).find("shards")->items)
            sum += number_of(shard, "next");
        return sum;
    }
    /// Every sink's figures and rows, and the bytes of every raw object.
    std::string content() {
        must(client().post_json("/v1/streams/sales/seal", ""));
        const json::Value verified = expect_verified();
        std::string text = sales_content(true) + value("SELECT count(*) FROM ops.quarantine") + " " +
                           value("SELECT sum(hash(id, raw, errors::text, arrived_at)) FROM ops.quarantine");
        for (const json::Value& sink : verified.find("sinks")->items)
            text += fmt::format("\n{} {} {} {}", text_of(sink, "name"), text_of(sink, "rows"),
                                text_of(sink, "quantity"), text_of(sink, "line_total"));
        for (const RawObject& object : must(raw_objects(data_dir(), "sales")))
            text += "\n" + object.path + " " + sha256_hex(read_whole(object.path));
        return text;
    }
    void expect_sent_again_changes_nothing(const std::string& file, std::int64_t rows) {
        const std::string before = content();
        const json::Value again = send_whole(file);
        EXPECT_EQ(number_of(again, "sent"), rows);
        EXPECT_EQ(number_of(again, "duplicates"), rows);
        EXPECT_EQ(content(), before);
    }

private:
    std::mt19937_64 random_;
};

TEST_F(KilledSend, AtTenRandomMomentsAndRunAgainEveryRowIsEverywhereOnce) {
    // Every row has an id: broken JSON could not be known again. So the bad ones are put in here.
    ASSERT_NO_FATAL_FAILURE(simulate({"--seed", "21", "--rows", "12000", "--days", "20", "--late", "2%",
                                      "--repeat", "5%", "--corrupt", "0", "--quirks", "all"}));
    std::string bad;
    for (int i = 0; i < 300; ++i)
        bad += fmt::format(R"({{"InvoiceNo":"bad-{}","StockCode":"1","Quantity":"six","InvoiceDate":)"
                           R"("2011-05-01","UnitPrice":1}})"
                           "\n",
                           i);
    std::ofstream(sales_file(), std::ios::app) << bad;
    recount_.add(bad);
    expected_ = must(json::parse(recount_.expected_json()));
    ASSERT_EQ(number_of(expected_, "quarantined"), 300);

    start();
    send_and_kill_often(sales_file(), 12'000, milliseconds{900});
    EXPECT_LT(stored(), number_of(expected_, "accepted") + 300) << "a run came to its end";
    send_whole(sales_file());
    const json::Value verified = expect_verified();
    for (const char* figure : {"accepted", "quarantined"})
        EXPECT_EQ(text_of(verified, figure), text_of(expected_, figure)) << figure;
    expect_sql();
    expect_reads_by_key();
    expect_raw_objects();

    expect_sent_again_changes_nothing(sales_file(), number_of(expected_, "sent"));
    expect_sql();
    expect_reads_by_key();
    expect_raw_objects();
}

TEST_F(KilledSend, TheRealYearToo) {
    constexpr std::int64_t kRows = 541'909;
    if (!long_run()) GTEST_SKIP() << "takes its time: set TILL_LONG_TESTS=1";
    const auto file = shared_data_file("online_retail/data.csv.zst");
    if (!file) GTEST_SKIP() << "online_retail/data.csv.zst is not there: set TILL_SHARED_DATA";
    start();
    send_and_kill_often(*file, 100'000, milliseconds{5'000});
    EXPECT_LT(stored(), kRows) << "a run came to its end";
    EXPECT_EQ(number_of(send_whole(*file), "sent"), kRows);
    EXPECT_EQ(number_of(expect_verified(), "accepted"), kRows);
    EXPECT_EQ(value("SELECT count(*) FROM shop.sales"), std::to_string(kRows));
    EXPECT_EQ(value("SELECT count(DISTINCT event_id) FROM shop.sales"), std::to_string(kRows));
    EXPECT_EQ(value("SELECT sum(line_total) FROM shop.sales"), "9747747.934");
    EXPECT_EQ(value("SELECT count(*) FROM ops.quarantine"), "0");
    expect_sent_again_changes_nothing(*file, kRows);
    EXPECT_EQ(must(count_raw_lines(data_dir(), "sales")), static_cast<std::uint64_t>(kRows));
}

}  // namespace
}  // namespace tillstream
