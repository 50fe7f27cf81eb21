#include "producer/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "core/digest.h"
#include "producer/internal/fake_ingest.h"

namespace tillstream {
namespace {

using internal::FakeIngest;
using internal::RememberingObserver;
using testing::ElementsAre;
using testing::HasSubstr;

class Sender : public testing::Test {
protected:
    void SetUp() override {
        dir_ = testing::TempDir() + "sender_test_" + std::to_string(::getpid());
        std::filesystem::create_directories(dir_);
    }
    void TearDown() override { std::filesystem::remove_all(dir_); }

    std::string put(const std::string& name, std::string_view bytes) {
        std::ofstream(dir_ + "/" + name, std::ios::binary) << bytes;
        return dir_ + "/" + name;
    }

    Result<SendRun> send_all(const std::vector<std::string>& files, SendOptions options = {}) {
        return send_files(options, posix_filesystem(), files, server_.factory(), observer_);
    }
    /// To the end of each file, or an error.
    Result<SendReport> send(const std::vector<std::string>& files, SendOptions options = {}) {
        SendRun run = TILLSTREAM_TRY(send_all(files, options));
        if (run.input_error) return failure(std::move(*run.input_error));
        return std::move(run.report);
    }
    /// What was sent before `file` could be read no further.
    SendRun sent_before_an_error(const std::string& file, SendOptions options) {
        auto run = send_all({file}, options);
        EXPECT_TRUE(run) << run.error().message;
        if (!run) return {};
        EXPECT_TRUE(run->input_error);
        EXPECT_GT(run->report.sent, 0U);
        EXPECT_EQ(run->report.sent, server_.records().size());
        EXPECT_EQ(run->report.accepted, run->report.sent);
        EXPECT_THAT(run->input_error.value_or(Error{}).message, HasSubstr(file));
        return std::move(*run);
    }

    std::vector<std::string> sent(const std::string& file, SendOptions options = {}) {
        options.dispatch.concurrency = 1;
        const auto report = send({file}, options);
        EXPECT_TRUE(report) << report.error().message;
        return server_.records();
    }

    static SendOptions without_ids() {
        SendOptions options;
        options.event_ids = false;
        return options;
    }

    std::string dir_;
    FakeIngest server_;
    RememberingObserver observer_;
};

TEST_F(Sender, CsvRowsGetTheIdOfTheirFileAndRow) {
    const std::string text = "InvoiceNo,Quantity\r\n536365,6\r\n\r\n536366,1\r\n";
    const std::string id = sha256_hex(text).substr(0, 16);
    EXPECT_THAT(sent(put("a.csv", text)), ElementsAre(id + "-1,536365,6", id + "-2,536366,1"));
    EXPECT_EQ(server_.requests()[0].body.substr(0, 28), "event_id,InvoiceNo,Quantity\n");
    EXPECT_EQ(server_.requests()[0].content_type, "text/csv; charset=utf-8");
}

TEST_F(Sender, EveryLineEndAndAnUnfinishedLastLine) {
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        FakeIngest server;
        const std::string text = "invoice_no,n" + end + "1,a" + end + "2,\"x" + end + "y\"" + end + "3,c";
        SendOptions options = without_ids();
        options.dispatch.concurrency = 1;
        ASSERT_TRUE(
            send_files(options, posix_filesystem(), {put("e.csv", text)}, server.factory(), observer_));
        ASSERT_EQ(server.requests().size(), 1U);
        EXPECT_EQ(server.requests()[0].body, "invoice_no,n\n1,a\n2,\"x" + end + "y\"\n3,c\n");
    }
}

TEST_F(Sender, LineEndsMayBeMixed) {
    for (const std::string usual : {"\n", "\r\n", "\r"}) {
        const std::string text = "a,b" + usual + "1,x\r2,\"y\"\n3,\"z\nz\"\r\n4,\"w\"\r\r\n\n5,v\r";
        const std::string id = sha256_hex(text).substr(0, 16);
        FakeIngest server;
        SendOptions options;
        options.dispatch.concurrency = 1;
        ASSERT_TRUE(
            send_files(options, posix_filesystem(), {put("m.csv", text)}, server.factory(), observer_));
        EXPECT_THAT(server.records(), ElementsAre(id + "-1,1,x", id + "-2,2,\"y\"", id + "-3,3,\"z", "z\"",
                                                  id + "-4,4,\"w\"", id + "-5,5,v"));
    }
}

TEST_F(Sender, ABrokenQuoteCostsItsLineOnly) {
    const auto lines =
        sent(put("q.csv", "invoice_no,n\n1,\"open\n2,b\n3,\"ok, \"\"yes\"\"\"\n4,\"x\"y\n5,\"\"\n"),
             without_ids());
    EXPECT_THAT(lines, ElementsAre("1,\"open", "2,b", "3,\"ok, \"\"yes\"\"\"", "4,\"x\"y", "5,\"\""));
    // The broken ones end their requests, so that the server cannot read on into good rows.
    ASSERT_EQ(server_.requests().size(), 3U);
    EXPECT_THAT(server_.requests()[0].body, HasSubstr("1,\"open\n"));
    EXPECT_EQ(FakeIngest::lines_of(server_.requests()[1]).back(), "4,\"x\"y");
}

TEST_F(Sender, AQuoteThatSwallowsRowsCostsItsLineIfTheWidthIsWrong) {
    const std::string text =
        "InvoiceNo,\"a, b\",n\n1,\"two,three\n4,5,6\n7,8,9\"\n"
        "10,\"over\nlines\",11\n12,\"no end\n13,\"14\"\n";
    const std::string id = sha256_hex(text).substr(0, 16);
    EXPECT_THAT(sent(put("w.csv", text)),
                ElementsAre(id + "-1,1,\"two,three", id + "-2,4,5,6", id + "-3,7,8,9\"", id + "-4,10,\"over",
                            "lines\",11", id + "-5,12,\"no end", id + "-6,13,\"14\""));
    // The server would undo it too, but it must not meet the rows behind it as part of this one.
    EXPECT_EQ(FakeIngest::lines_of(server_.requests()[0]).size(), 1U);
    EXPECT_EQ(FakeIngest::lines_of(server_.requests()[1]).back(), id + "-5,12,\"no end");
}

TEST_F(Sender, CharsetsAreFoundOut) {
    const std::string latin1 = put("latin1.csv", "invoice_no,d\n1,\xA3 5\n");
    const std::string utf8 = put("utf8.csv", "\xEF\xBB\xBFinvoice_no,d\n2,\xC2\xA3 5\n");
    const std::string utf16 = put("utf16.csv", std::string("\xFF\xFEi\0n\0v\0o\0i\0c\0e\0_\0n\0o\0\n\0"
                                                           "3\0\n\0",
                                                           28));
    SendOptions options = without_ids();
    options.dispatch.concurrency = 1;
    ASSERT_TRUE(send({latin1, utf8, utf16}, options));
    EXPECT_THAT(server_.records(), ElementsAre("1,\xC2\xA3 5", "2,\xC2\xA3 5", "3"));
    ASSERT_EQ(observer_.notices.size(), 1U);
    EXPECT_THAT(observer_.notices[0], HasSubstr("latin1.csv: neither a byte order mark nor valid UTF-8"));
    for (const auto& request : server_.requests()) EXPECT_TRUE(request.body.starts_with("invoice_no"));
}

TEST_F(Sender, ANamedCharsetIsObeyed) {
    SendOptions options = without_ids();
    options.charset = Charset::latin1;
    EXPECT_THAT(sent(put("l.csv", "invoice_no\n\xC2\xA3\n"), options), ElementsAre("\xC3\x82\xC2\xA3"));
}

std::string gzip(const std::string& text) {
    std::string out(text.size() + 1'000, '\0');
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST_F(Sender, PackedFilesHaveTheIdsOfTheirContent) {
    const std::string text = "InvoiceNo\n1\n2\n";
    std::string zstd(ZSTD_compressBound(text.size()), '\0');
    zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), text.data(), text.size(), 3));
    const std::string id = sha256_hex(text).substr(0, 16);
    SendOptions options;
    options.dispatch.concurrency = 1;
    ASSERT_TRUE(send({put("a.csv.gz", gzip(text)), put("a.csv.zst", zstd)}, options));
    EXPECT_THAT(server_.records(), ElementsAre(id + "-1,1", id + "-2,2", id + "-1,1", id + "-2,2"));
}

TEST_F(Sender, JsonLinesGetAnIdUnlessTheyHaveOne) {
    const std::string text =
        "{\"a\":1}\n\n{}\r\n{\"event_id\":\"x\",\"a\":2}\n { \"b\" : 3 }\n[1]\n{\"cut\":\n{\n";
    const std::string id = "{\"event_id\":\"" + sha256_hex(text).substr(0, 16) + "-";
    EXPECT_THAT(sent(put("r.ndjson", text)),
                ElementsAre(id + "1\",\"a\":1}", id + "2\"}", "{\"event_id\":\"x\",\"a\":2}",
                            id + "4\", \"b\" : 3 }", "[1]", id + "6\",\"cut\":", id + "7\","));
    EXPECT_EQ(server_.requests()[0].content_type, "application/x-ndjson");
}

TEST_F(Sender, JsonDocumentsAreCutIntoRecords) {
    EXPECT_THAT(sent(put("d.json", "[ {\"a\":\"x]}\\\"\",\n \"b\":[1,{}]} ,\n{\"a\":2},3, \"t\"\n]\n"),
                     without_ids()),
                ElementsAre("{\"a\":\"x]}\\\"\",  \"b\":[1,{}]}", "{\"a\":2}", "3", "\"t\""));
}

TEST_F(Sender, ALineBreakInsideAJsonStringStaysAnError) {
    const std::string text =
        "[{\"a\":\"RED\nMUG\"},\n{\"a\":\n\"x\\\"y\r\nz\"},{\"a\":\"b\\\\\",\r\n\"c\":1},{\"a\":\"d\\\ne\"}]";
    const std::string id = "{\"event_id\":\"" + sha256_hex(text).substr(0, 16) + "-";
    EXPECT_THAT(sent(put("b.json", text)),
                ElementsAre(id + "1\",\"a\":\"RED\x01MUG\"}", id + "2\",\"a\": \"x\\\"y\x01\x01z\"}",
                            id + "3\",\"a\":\"b\\\\\",  \"c\":1}", id + "4\",\"a\":\"d\\\001e\"}"));
}

TEST_F(Sender, JsonDocumentsOfOneOrSeveralObjects) {
    EXPECT_THAT(sent(put("o.json", "{\"a\":1}{\"a\":2}\n{\"a\":3"), without_ids()),
                ElementsAre("{\"a\":1}", "{\"a\":2}", "{\"a\":3"));
}

TEST_F(Sender, AnExistingEventIdColumnIsKept) {
    EXPECT_THAT(sent(put("own.csv", "event_id,InvoiceNo\nx,1\n")), ElementsAre("x,1"));
    EXPECT_TRUE(server_.requests()[0].body.starts_with("event_id,InvoiceNo\n"));
}

TEST_F(Sender, FiltersLeaveRowNumbersAlone) {
    const std::string text =
        "InvoiceNo,InvoiceDate\n1,12/1/2010 8:26\n2,1-12-2010 9:00\n3,2010-12-01T10:00:00Z\n"
        "4,2010-12-01 23:30:00\n5,sometime\n6,2010-12-02\n";
    const std::string id = sha256_hex(text).substr(0, 16);
    SendOptions options;
    options.from = parse_rfc3339("2010-12-01T09:00:00Z");
    options.to = parse_rfc3339("2010-12-02T00:00:00Z");
    options.limit = 2;
    EXPECT_THAT(sent(put("f.csv", text), options),
                ElementsAre(id + "-2,2,1-12-2010 9:00", id + "-3,3,2010-12-01T10:00:00Z"));
    options.limit = {};
    FakeIngest again;
    ASSERT_TRUE(send_files(options, posix_filesystem(), {dir_ + "/f.csv"}, again.factory(), observer_));
    EXPECT_EQ(again.records().size(), 3U);
    EXPECT_THAT(observer_.notices, testing::Contains(HasSubstr("1 records have no readable time")));
}

TEST_F(Sender, SamplesAreExactRepeatableAndInOrder) {
    std::string text = "InvoiceNo\n";
    for (int i = 0; i < 1'000; ++i) text += std::to_string(i) + "\n";
    SendOptions options = without_ids();
    options.dispatch.concurrency = 1;
    options.sample = 100;
    const std::string file = put("s.csv", text);
    std::vector<std::vector<std::string>> runs;
    for (const std::uint64_t seed : {1U, 1U, 2U}) {
        FakeIngest server;
        options.sample_seed = seed;
        ASSERT_TRUE(send_files(options, posix_filesystem(), {file, file}, server.factory(), observer_));
        runs.push_back(server.records());
        EXPECT_EQ(runs.back().size(), 100U);
    }
    EXPECT_EQ(runs[0], runs[1]);
    EXPECT_NE(runs[0], runs[2]);
    int falls = 0;
    for (std::size_t i = 1; i < runs[0].size(); ++i)
        falls += std::stoi(runs[0][i]) <= std::stoi(runs[0][i - 1]);
    EXPECT_LE(falls, 1) << "the second file starts over once";
    options.sample = 5'000;
    FakeIngest server;
    ASSERT_TRUE(send_files(options, posix_filesystem(), {file}, server.factory(), observer_));
    EXPECT_EQ(server.records().size(), 1'000U);
}

TEST_F(Sender, OrderHoldsPerInvoiceOverManyConnections) {
    std::string text = "StockCode,\"InvoiceNo\",Description\n";
    for (int i = 0; i < 5'000; ++i) {
        text += std::to_string(i) + "," + std::to_string(500'000 + i * 7 % 300) + ",\"a, \"\"b\"\" " +
                std::to_string(i) + "\"\n";
    }
    SendOptions options = without_ids();
    options.dispatch = {.batch_records = 11, .concurrency = 8};
    ASSERT_TRUE(send({put("o.csv", text)}, options));
    std::map<std::string, int> last;
    for (const std::string& row : server_.records()) {
        const std::string invoice = row.substr(row.find(',') + 1, 6);
        const int number = std::stoi(row);
        const auto [it, first] = last.emplace(invoice, number);
        EXPECT_TRUE(first || number > it->second) << invoice;
        it->second = number;
    }
    EXPECT_EQ(last.size(), 300U);
    EXPECT_EQ(server_.records().size(), 5'000U);
}

TEST_F(Sender, TheSameInvoiceAsTextAndNumberSharesAConnection) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        const std::string no = std::to_string(100 + i);
        text += "{\"InvoiceNo\":\"" + no + "\"}\n{\"invoice_no\":" + no + "}\n{\"InvoiceNo\":" + no + ".0}\n";
    }
    SendOptions options = without_ids();
    options.dispatch = {.batch_records = 1, .concurrency = 8};
    ASSERT_TRUE(send({put("k.ndjson", text)}, options));
    std::map<std::string, std::set<int>> connections;
    for (const auto& request : server_.requests()) {
        const std::size_t digit = request.body.find_first_of("0123456789");
        connections[request.body.substr(digit, 3)].insert(request.connection);
    }
    EXPECT_EQ(connections.size(), 40U);
    for (const auto& [invoice, used] : connections) EXPECT_EQ(used.size(), 1U) << invoice;
}

TEST_F(Sender, WithoutKeyColumnOneConnectionIsUsed) {
    SendOptions options = without_ids();
    options.dispatch = {.batch_records = 1, .concurrency = 4};
    ASSERT_TRUE(send({put("n.csv", "id\n1\n2\n3\n4\n5\n6\n7\n8\n")}, options));
    EXPECT_THAT(server_.records(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8"));
    EXPECT_THAT(observer_.notices, ElementsAre(HasSubstr("no column invoice_no")));
}

TEST_F(Sender, BadFilesAreNamed) {
    const auto missing = send({dir_ + "/none.csv"});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
    const auto unknown = send({put("a.txt", "x")});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::invalid_argument) << "of a name, before the file is looked at";
    EXPECT_THAT(unknown.error().message, HasSubstr("a.txt"));
    const auto torn = send({put("t.csv.gz", gzip("InvoiceNo\n1\n2\n").substr(0, 20))});
    ASSERT_FALSE(torn);
    EXPECT_EQ(torn.error().code, Errc::corruption);
    EXPECT_THAT(torn.error().message, HasSubstr("t.csv.gz"));
    EXPECT_FALSE(send({}));
}

TEST_F(Sender, AFileThatEndsInTheMiddleReportsWhatWasSent) {
    std::string text = "InvoiceNo,Description\n";
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + ",mug\n";
    const std::string packed = gzip(text);
    SendOptions options = without_ids();
    options.charset = Charset::utf8;
    const std::string file = put("t.csv.gz", packed.substr(0, packed.size() * 3 / 4));
    const SendRun run = sent_before_an_error(file, options);
    EXPECT_EQ(run.input_error.value_or(Error{}).code, Errc::corruption);
    EXPECT_LT(run.report.sent, 100'000U);
}

TEST_F(Sender, ARecordWithoutEndReportsWhatWasSent) {
    const std::string file = put("l.csv", "InvoiceNo\n1\n2\n3");
    std::filesystem::resize_file(file, 65 << 20);
    const SendRun run = sent_before_an_error(file, {});
    EXPECT_EQ(run.input_error.value_or(Error{}).code, Errc::unsupported);
    EXPECT_EQ(run.report.sent, 2U);
}

TEST_F(Sender, EmptyFilesSendNothing) {
    for (const char* name : {"e.csv", "e.ndjson", "e.json"}) {
        const auto report = send({put(name, "")});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->sent, 0U);
    }
    ASSERT_TRUE(send({put("h.csv", "InvoiceNo\n")}));
    EXPECT_TRUE(server_.requests().empty());
}

TEST_F(Sender, ASimulationIsSentAsItIsWritten) {
    const SimulationOptions shop{.seed = 9, .rows = 3'000, .repeat_share = 0.02};
    const auto run = simulate_and_send(shop, {.concurrency = 1, .rate = 100'000}, posix_filesystem(),
                                       dir_ + "/sim", server_.factory(), observer_);
    ASSERT_TRUE(run) << run.error().message;
    std::string all;
    for (const std::string& line : server_.records()) all += line + "\n";
    EXPECT_EQ(all, *read_file(posix_filesystem(), dir_ + "/sim/sales.ndjson"));
    EXPECT_EQ(run->report.sent, run->figures.sent);
    // Sent or only written, at any rate: the same bytes.
    ASSERT_TRUE(simulate(shop, posix_filesystem(), dir_ + "/alone"));
    for (const char* name : {"/sales.ndjson", "/expected.json"}) {
        EXPECT_EQ(*read_file(posix_filesystem(), dir_ + "/sim" + name),
                  *read_file(posix_filesystem(), dir_ + "/alone" + name));
    }
}

TEST_F(Sender, AGivenUpSimulationAnswersForWhatItMade) {
    server_.answer_with([](const RecordBatch&, std::uint64_t) -> Result<PostAnswer> {
        return PostAnswer{.status = 401, .detail = "no token"};
    });
    const auto run = simulate_and_send({.seed = 9, .rows = 1'000'000}, {.concurrency = 1}, posix_filesystem(),
                                       dir_ + "/sim", server_.factory(), observer_);
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(exit_code(run->report), 1);
    EXPECT_LT(run->figures.sent, 1'000'000U);
    const std::string text = *read_file(posix_filesystem(), dir_ + "/sim/sales.ndjson");
    EXPECT_EQ(static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')), run->figures.sent);
}

TEST_F(Sender, RealQuirks) {
    const char* folder = std::getenv("TILL_SHARED_DATA");
    const std::string path =
        std::string(folder != nullptr ? folder : "../shared/data") + "/online_retail/quirks_sample.csv";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path << "; set TILL_SHARED_DATA";
    EXPECT_EQ(sent(path).size(), 113U);
    EXPECT_EQ(observer_.notices.size(), 1U) << "ISO-8859-1";
}

}  // namespace
}  // namespace tillstream
