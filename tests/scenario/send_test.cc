// `send` as a whole: what it tells its caller, what becomes of a server that dies under it, the order of
// arrival. A `send` that is killed itself is in send_kill_test.cc.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "codec/compression.h"
#include "core/digest.h"
#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr const char* kHeader =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// One row of a CSV file; its invoice comes back every `invoices` rows.
std::string row(int number, int invoices) {
    return fmt::format("{},{},\"MUG, BLUE\",{},12/{}/2010 8:26,2.55,17850,EIRE\n", 536365 + number % invoices,
                       10000 + number, 1 + number % 9, 1 + number % 28);
}

class Send : public Scenario {
protected:
    std::string put(const std::string& name, std::string_view text) {
        std::ofstream(folder().file(name), std::ios::binary) << text;
        return folder().file(name);
    }
    static std::string sales(int rows, int invoices) {
        std::string text = kHeader;
        for (int i = 0; i < rows; ++i) text += row(i, invoices);
        return text;
    }
    std::string sales_file(int rows, int invoices) { return put("sales.csv", sales(rows, invoices)); }
    CommandResult send(const std::string& file, std::vector<std::string> options = {}) {
        std::vector<std::string> arguments = {"send", file, "--server", server().url(), "--output", "json"};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return run_program(arguments);
    }
    std::string value(const std::string& sql) { return must(client().query_value(sql)); }
    /// A process of its own, at a rate.
    pid_t launch_slowly(const std::string& file) {
        const std::string program = program_path(), url = server().url();
        const pid_t child = fork();
        if (child != 0) return child;
        execl(program.c_str(), "tillstream", "send", file.c_str(), "--server", url.c_str(), "--rate", "20000",
              "--batch", "50", "--output", "json", nullptr);
        _exit(127);
    }
    void wait_until_stored(std::int64_t records, pid_t sender) {
        while (stored() < records) {
            ASSERT_EQ(waitpid(sender, nullptr, WNOHANG), 0) << "send ended by itself";
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
    }
    /// Sends the file twice: each time these counts, the second time of records that are known.
    void expect_sent_once(const std::string& file, int accepted, int quarantined) {
        const CommandResult first = send(file);
        EXPECT_EQ(first.exit_code, quarantined > 0 ? 5 : 0);
        EXPECT_EQ(first.errors, "");
        const json::Value once = must(json::parse(first.output));
        EXPECT_EQ(number_of(once, "accepted"), accepted);
        EXPECT_EQ(number_of(once, "quarantined"), quarantined);
        EXPECT_EQ(number_of(once, "sent"), accepted + quarantined);
        const CommandResult second = send(file);
        EXPECT_EQ(second.exit_code, 0) << second.errors;
        const json::Value again = must(json::parse(second.output));
        EXPECT_EQ(number_of(again, "duplicates"), accepted + quarantined);
        EXPECT_EQ(number_of(again, "sent"), accepted + quarantined);
        const json::Value verified = expect_verified();
        EXPECT_EQ(number_of(verified, "accepted"), accepted);
        EXPECT_EQ(number_of(verified, "quarantined"), quarantined);
    }
    std::string lines_out_of_order() {
        return value(
            "SELECT count(*) FROM (SELECT split_part(event_id, '-', 2)::bigint AS n, lag(n) OVER "
            "(PARTITION BY invoice_no ORDER BY \"offset\") AS before FROM shop.sales) WHERE before > n");
    }
    /// Records in the log.
    std::int64_t stored() {
        std::int64_t sum = 0;
        for (const json::Value& shard : must(client().get_json("/v1/streams/sales")).find("shards")->items)
            sum += number_of(shard, "next") - number_of(shard, "first");
        return sum;
    }
};

TEST_F(Send, KeepsTheFilesOrderPerInvoiceOverManyConnections) {
    start();
    const CommandResult sent = send(sales_file(20'000, 300), {"--concurrency", "8", "--batch", "13"});
    ASSERT_EQ(sent.exit_code, 0) << sent.errors;
    EXPECT_EQ(sent.errors, "") << "no progress unasked where there is no terminal";
    expect_verified();
    EXPECT_EQ(lines_out_of_order(), "0");
    EXPECT_EQ(value("SELECT count(DISTINCT event_id) FROM shop.sales"), "20000");
}

TEST_F(Send, NamesRecordsByFileAndRowWhateverTheFilters) {
    start();
    const std::string file = sales_file(500, 50);
    std::ifstream input(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
    const std::string id = sha256_hex(text).substr(0, 16);
    const CommandResult sent =
        send(file, {"--from", "2010-12-03", "--to", "2010-12-05", "--sample", "20", "--limit", "7"});
    ASSERT_EQ(sent.exit_code, 0) << sent.errors;
    expect_verified();
    EXPECT_EQ(value("SELECT count(*) FROM shop.sales WHERE invoice_date::date BETWEEN '2010-12-03' AND "
                    "'2010-12-04' AND event_id = '" +
                    id + "-' || (stock_code::bigint - 9999)::text"),
              "7");
}

TEST_F(Send, AQuoteThatClosesInAnotherRowsColumnCostsItsLineAsByHttp) {
    start();
    const std::string text = std::string(kHeader) +
                             "1,A,\"open,1,12/1/2010 8:26,1,17850,UK\n"
                             "2,B,good,1,12/1/2010 8:26,1,17850,UK\n"
                             "3,C,good,1,12/1/2010 8:26,1,17850,UK\"\n"
                             "4,D,good,1,12/1/2010 8:26,1,17850,UK\n";
    expect_sent_once(put("quote.csv", text), 3, 1);
    EXPECT_EQ(value("SELECT string_agg(stock_code || split_part(event_id, '-', 2), ' ' ORDER BY stock_code) "
                    "FROM shop.sales"),
              "B2 C3 D4");
    const json::Value posted = post(text, "text/csv");
    EXPECT_EQ(number_of(posted, "accepted"), 3);
    EXPECT_EQ(number_of(posted, "quarantined"), 1);
}

TEST_F(Send, ALineBreakInsideAJsonStringIsQuarantinedAsSyntax) {
    start();
    const auto sale = [](const char* no, const char* description) {
        return fmt::format(R"({{"InvoiceNo":"{}","StockCode":"A","Description":"{}","Quantity":1,)"
                           "\n"
                           R"("InvoiceDate":"2011-05-01","UnitPrice":1,"CustomerID":17850,"Country":"UK"}})",
                           no, description);
    };
    const std::string text = "[" + sale("1", "RED\nMUG") + ",\n" + sale("2", "BLUE MUG") + "]\n";
    expect_sent_once(put("break.json", text), 1, 1);
    EXPECT_EQ(value("SELECT string_agg(invoice_no || description, ' ') FROM shop.sales"), "2BLUE MUG");
    EXPECT_EQ(value("SELECT count(*) FROM ops.quarantine WHERE errors::text LIKE '%\"code\":\"syntax\"%'"),
              "1");
    const auto posted =
        must(client().post("/v1/streams/sales/records", text, {{"Content-Type", "application/json"}}));
    EXPECT_EQ(posted.status, 400) << posted.body;
}

TEST_F(Send, GoesOnWhenTheServerDiesAndComesBack) {
    start();
    constexpr int kRows = 40'000;
    const std::string file = sales_file(kRows, 900);
    const std::string address = server().url().substr(server().url().rfind('/') + 1);
    const pid_t child = launch_slowly(file);
    wait_until_stored(3'000, child);
    server().kill_now();
    start({"--http", address});
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    // 1 if the answers to some requests died with the server: those are not sent again.
    EXPECT_THAT(WEXITSTATUS(status), testing::AnyOf(0, 1));
    expect_verified();
    EXPECT_GT(stored(), kRows - 4 * 50 * 2) << "at most what was on its way is missing";
    EXPECT_EQ(lines_out_of_order(), "0");

    ASSERT_EQ(send(file).exit_code, 0);
    expect_verified();
    EXPECT_EQ(value("SELECT count(DISTINCT event_id) FROM shop.sales"), std::to_string(kRows));
}

TEST_F(Send, TellsByItsExitCodeWhatBecameOfTheRecords) {
    start();
    const std::string good = put("good.csv", kHeader + row(1, 9));
    const std::string half = put("half.csv", kHeader + row(2, 9) + "536365,A,B,six,12/1/2010 8:26,1,,UK\n");
    const std::string large =
        put("large.ndjson", R"({"InvoiceNo":"1","StockCode":"2","Quantity":1,"InvoiceDate":"2011-05-01",)"
                            R"("UnitPrice":1})"
                            "\n{\"InvoiceNo\":\"2\",\"StockCode\":\"" +
                                std::string(17 << 20, 'x') + "\"}\n");
    EXPECT_EQ(send(good).exit_code, 0);
    EXPECT_EQ(send(half).exit_code, 5) << "one quarantined";
    const CommandResult refused = send(large, {"--batch", "1"});
    EXPECT_EQ(refused.exit_code, 5) << "one request refused: " << refused.errors;
    EXPECT_EQ(number_of(must(json::parse(refused.output)), "failed"), 1);
    EXPECT_EQ(send(good, {"--stream", "nothing_of_that_name"}).exit_code, 1) << "all refused";
    EXPECT_EQ(send(folder().file("missing.csv")).exit_code, 1);
    const std::string url = server().url();
    stop();
    const CommandResult away = run_program({"send", good, "--server", url, "--output", "json"});
    EXPECT_EQ(away.exit_code, 75) << away.errors;
}

TEST_F(Send, TellsWhatItSentOfAFileThatIsDamaged) {
    start();
    Buffer packed;
    must(deflate(Encoding::gzip, sales(20'000, 300), packed));
    const std::string torn = put("torn.csv.gz", packed.view().substr(0, packed.size() * 3 / 4));
    const CommandResult whole = send(torn);
    EXPECT_EQ(whole.exit_code, 4);
    EXPECT_EQ(whole.output, "") << "it is read through for its event ids first";
    EXPECT_THAT(whole.errors, testing::HasSubstr("torn.csv.gz: compressed data ends in the middle"));
    EXPECT_EQ(stored(), 0);

    const CommandResult part = send(torn, {"--event-ids", "none", "--encoding", "utf-8"});
    EXPECT_EQ(part.exit_code, 4);
    EXPECT_THAT(part.errors, testing::HasSubstr("torn.csv.gz: compressed data ends in the middle"));
    const json::Value figures = must(json::parse(part.output));
    EXPECT_GT(number_of(figures, "accepted"), 0);
    EXPECT_EQ(number_of(figures, "accepted"), stored());
    EXPECT_EQ(number_of(figures, "sent"), stored());

    const std::string endless = put("endless.csv", kHeader + row(1, 9) + "536365,");
    std::filesystem::resize_file(endless, 65 << 20);
    const std::int64_t before = stored();
    const CommandResult cut = send(endless);
    EXPECT_EQ(cut.exit_code, 4);
    EXPECT_THAT(cut.errors, testing::HasSubstr("endless.csv: a record is longer than 64 MiB"));
    EXPECT_EQ(number_of(must(json::parse(cut.output)), "accepted"), 1);
    EXPECT_EQ(stored(), before + 1);
    expect_verified();
}

TEST_F(Send, RefusesBadOptions) {
    start();
    const std::string file = put("good.csv", kHeader + row(1, 9));
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
        {{"--limit", "0"}, "--limit"},
        {{"--limit", "-1"}, "--limit"},
        {{"--sample", "0"}, "--sample"},
        {{"--sample", "many"}, "--sample"},
        {{"--rate", "0"}, "--rate"},
        {{"--rate", "nan"}, "rate nan"},
        {{"--batch", "0"}, "--batch"},
        {{"--batch", "2000000"}, "batch of 2000000: give 1 to 1000000"},
        {{"--concurrency", "-1"}, "--concurrency"},
        {{"--concurrency", "5000"}, "concurrency 5000: give 1 to 1024"},
        {{"--from", "monday"}, "--from 'monday' is no time"},
        {{"--from", "2011-02-01", "--to", "2011-02-01"}, "no time lies between"},
        {{"--encoding", "ebcdic"}, "--encoding 'ebcdic' is unknown"},
        {{"--event-ids", "some"}, "--event-ids"},
        {{"--progress", "loud"}, "--progress"},
    };
    for (const auto& [options, message] : cases) {
        const CommandResult result = send(file, options);
        EXPECT_EQ(result.exit_code, 2) << options[0] << " " << options[1];
        EXPECT_NE(result.errors.find(message), std::string::npos) << options[0] << ": " << result.errors;
    }
    EXPECT_EQ(stored(), 0);
}

}  // namespace
}  // namespace tillstream
