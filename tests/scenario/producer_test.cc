// A simulated shop with every quirk against the server: the simulator's own answer equals what SQL, the reads
// by key and the raw lake's objects say. The real year of sales is in purchase_history_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "core/time.h"
#include "producer/quirks.h"
#include "tests/scenario/guarded.h"
#include "tests/scenario/simulated_shop.h"

namespace tillstream {
namespace {

/// A hard one: all quirks, 2 % late, 5 % repeated, 2 % corrupt.
std::vector<std::string> shop_options(int seed) {
    return {"--seed",    std::to_string(seed),
            "--rows",    "5000",
            "--stores",  "4",
            "--days",    "20",
            "--late",    "2%",
            "--repeat",  "5%",
            "--corrupt", "2%",
            "--quirks",  "all"};
}

/// Invoices that come days after their neighbours: more than stores differ that are closed at other times.
int late_invoices(const std::string& ndjson) {
    constexpr std::int64_t kDay = 86'400'000'000;
    std::set<std::string> invoices;
    std::int64_t newest = 0;
    int late = 0;
    std::istringstream lines(ndjson);
    for (std::string line; std::getline(lines, line);) {
        const auto sale = recount_sale(line);
        if (!sale || !invoices.insert(sale->invoice).second) continue;
        const std::int64_t day = parse_rfc3339(sale->day + "T00:00:00Z").value_or(Timestamp{}).micros;
        late += day + 2 * kDay < newest ? 1 : 0;
        newest = std::max(newest, day);
    }
    return late;
}

class SimulatedShops : public SimulatedShop, public testing::WithParamInterface<int> {
protected:
    /// The file holds what was asked for: else all that adds up proves little. What share of the invoices is
    /// late can be told of one store alone (simulator_test.cc).
    void expect_shares() {
        const auto sent = static_cast<double>(recount_.sent);
        EXPECT_NEAR(static_cast<double>(recount_.duplicates) / sent, 0.05, 0.015);
        EXPECT_NEAR(static_cast<double>(recount_.quarantined) / sent, 0.02, 0.01);
        EXPECT_GT(late_invoices(read_whole(sales_file())), 0);
    }
};

TEST_P(SimulatedShops, AddUpEverywhere) {
    ASSERT_NO_FATAL_FAILURE(simulate(shop_options(GetParam())));
    expect_shares();
    start();
    expect_everything();
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatedShops, testing::Values(1, 2, 3, 4, 5));

TEST_F(SimulatedShop, SentAgainAfterAKillAddsNothing) {
    ASSERT_NO_FATAL_FAILURE(simulate(shop_options(6)));
    start();
    send();
    server().kill_now();
    start();
    EXPECT_EQ(number_of(send(), "accepted"), 0);
    const json::Value verified = expect_verified();
    EXPECT_EQ(text_of(verified, "accepted"), text_of(expected_, "accepted"));
    EXPECT_EQ(number_of(verified, "received"), 2 * number_of(expected_, "sent"));
    expect_sql_of_accepted();
}

TEST_F(SimulatedShop, SellsLiveAtARate) {
    start();
    const std::vector<std::string> options = {"--rows", "6000",      "--stores", "8",    "--days",
                                              "1",      "--corrupt", "10%",      "--out"};
    std::vector<std::string> live = {"simulate",   "--server", server().url(), "--rate", "6000",
                                     "--progress", "bar",      "--output",     "json"};
    live.insert(live.end(), options.begin(), options.end());
    live.push_back(shop());
    const CommandResult sold = run_program(live);
    ASSERT_EQ(sold.exit_code, 5) << sold.errors;
    EXPECT_NE(sold.errors.find("100% [====================]   6000 records"), std::string::npos)
        << sold.errors;
    const json::Value report = must(json::parse(sold.output));
    const json::Value expected = must(json::parse(read_whole(shop() + "/expected.json")));
    for (const char* figure : {"sent", "accepted", "quarantined", "duplicates"})
        EXPECT_EQ(text_of(report, figure), text_of(expected, figure)) << figure;
    EXPECT_GE(std::stod(text_of(report, "seconds")), 0.999) << "the last record is due after a second";
    EXPECT_EQ(text_of(expect_verified(), "accepted"), text_of(expected, "accepted"));
    expect_codes();

    std::vector<std::string> alone = {"simulate"};
    alone.insert(alone.end(), options.begin(), options.end());
    alone.push_back(folder().file("alone"));
    ASSERT_EQ(run_program(alone).exit_code, 0);
    EXPECT_TRUE(read_whole(folder().file("alone") + "/sales.ndjson") == read_whole(shop() + "/sales.ndjson"))
        << "live or not, the same bytes";
}

TEST_F(SimulatedShop, RefusesBadOptions) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"--quirks", "cancelations"}, "unknown quirk 'cancelations'; did you mean 'cancellations'?"},
        {{"--quirks", std::string(5'000, 'q')}, "unknown quirk 'qqqq"},
        {{"--late", "-1%"}, "--late: '-1%' is no share; write 2% or 0.02"},
        {{"--repeat", "1.5"}, "--repeat: '1.5' is no share"},
        {{"--corrupt", "half"}, "--corrupt: 'half' is no share"},
        {{"--stores", "0"}, "--stores: '0' is no whole number from 1 on"},
        {{"--stores", "-3"}, "--stores: '-3' is no whole number"},
        {{"--stores", "10001"}, "10001 stores: give 1 to 10000"},
        {{"--rows", "0"}, "--rows: '0' is no whole number"},
        {{"--rows", std::string(5'000, '9')}, "--rows: '999999999999999999999999999999' is no whole number"},
        {{"--rows", "2000000000"}, "2000000000 rows: give at most 1000000000"},
        {{"--seed", "-1"}, "--seed: '-1' is no whole number from 0 on"},
        {{"--seed", "0x10"}, "--seed: '0x10' is no whole number"},
        {{"--days", "0"}, "--days: '0' is no whole number"},
        {{"--days", "40000"}, "40000 days: give 1 to 36525"},
        {{"--from", "yesterday"}, "--from 'yesterday' is no day; write 2010-12-01"},
        {{"--from", "2011-02-30"}, "--from '2011-02-30' is no day"},
        {{"--from", "1969-12-31"}, "the first day lies outside 1970 to 2200"},
        {{"--rate", "-5"}, "--rate"},
        {{"--rate", "100"}, "say where to with --server"},
        {{"--server", "nowhere"}, "nowhere"},
        {{"--sead", "7"}, "--sead"},
    };
    for (const auto& [options, message] : cases) {
        std::vector<std::string> arguments = {"simulate", "--out", shop()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        const CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 2) << options[0] << " " << options[1].substr(0, 30);
        EXPECT_NE(result.errors.find(message), std::string::npos) << options[0] << ": " << result.errors;
        EXPECT_LT(result.errors.size(), 500U);
        EXPECT_FALSE(std::filesystem::exists(shop()));
    }
}

std::set<std::string> long_options(const std::string& text) {
    std::set<std::string> options;
    for (std::size_t at = text.find("--"); at != std::string::npos; at = text.find("--", at + 2)) {
        const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
        const std::string option = text.substr(at, end - at);
        if (option.find_first_not_of('-') == 2) options.insert(option);
    }
    return options;
}

TEST(ProducerDocument, KnowsTheOptionsThereAreAndNoOthers) {
    const std::string help =
        run_program({"send", "--help"}).output + run_program({"simulate", "--help"}).output;
    std::set<std::string> offered = long_options(help);
    offered.erase("--help");
    EXPECT_EQ(long_options(read_whole(TILLSTREAM_SOURCE_DIR "/docs/producer.md")), offered);
}

TEST(ProducerDocument, ListsEveryQuirkWithItsMeaning) {
    const std::string document = read_whole(TILLSTREAM_SOURCE_DIR "/docs/producer.md");
    std::size_t listed = 0;
    for (std::size_t at = document.find("\n| `"); at != std::string::npos;
         at = document.find("\n| `", at + 1)) {
        const bool is_quirk = at > document.find("| quirk | meaning |");
        listed += is_quirk;
    }
    EXPECT_EQ(listed, kQuirks);
    for (std::size_t i = 0; i < kQuirks; ++i) {
        const auto quirk = static_cast<Quirk>(i);
        const std::string line = fmt::format("\n| `{}` | {} |\n", to_string(quirk), meaning_of(quirk));
        EXPECT_NE(document.find(line), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace tillstream
