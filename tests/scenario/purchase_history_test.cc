// What a customer bought and what an invoice holds: the same by REST, by SQL and in the raw lake's objects,
// also while sales arrive.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>
#include <thread>

#include "codec/compressed_file.h"
#include "tests/scenario/history.h"
#include "tests/scenario/scenario.h"
#include "tests/scenario/upload_forms.h"
#include "tests/support/raw_objects.h"

namespace tillstream {
namespace {

constexpr int kNewest = 20;

/// One sale; `customer` as JSON.
std::string sale(const std::string& invoice, int item, const std::string& time, const std::string& customer) {
    return fmt::format(R"({{"invoice_no":"{}","stock_code":"{}","description":"CUP","quantity":2,)"
                       R"("invoice_date":"{}","unit_price":"1.50","customer_id":{},"country":"Malta"}})",
                       invoice, item, time, customer);
}

/// `invoices` of one customer with two lines each, a minute apart; numbers run against time.
std::string history_of(int customer, int invoices, int first_minute = 0) {
    std::string body = "[";
    for (int i = 0; i < invoices; ++i) {
        const int minute = first_minute + i;
        const std::string time = fmt::format("2011-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440,
                                             minute / 60 % 24, minute % 60);
        const std::string invoice = fmt::format("{}-{:05}", customer, 99'999 - minute);
        for (int item = 0; item < 2; ++item)
            body += (body.size() > 1 ? "," : "") + sale(invoice, item, time, std::to_string(customer));
    }
    return body + "]";
}

class PurchaseHistory : public Scenario {
protected:
    int status(const std::string& target) { return must(client().get(target)).status; }
    json::Value get(const std::string& target) { return must(client().get_json(target)); }
    void seal() { must(client().post_json("/v1/streams/sales/seal", "")); }
    /// Line by line; the lines of every object.
    void for_each_raw_line(const std::function<void(const json::Value&)>& visit) {
        for (const RawObject& object : must(raw_objects(data_dir(), "sales"))) {
            std::istringstream lines(must(read_raw_object(object)));
            for (std::string line; std::getline(lines, line);) visit(must(json::parse(line)));
        }
    }
};

TEST_F(PurchaseHistory, OfMadeUpSalesIsTheSameByRestSqlAndRawObjects) {
    start();
    for (int i = 0; i < 10; ++i) post(made_up_sales(1000 * i, 1'000, 40));
    post(history_of(77, 150));
    expect_verified();
    const HistoryCount count = compare_histories(client(), kNewest);
    EXPECT_EQ(count.problem, "");
    EXPECT_EQ(count.invoices, 2'150U);
    EXPECT_EQ(count.customers, 51U);

    seal();
    std::set<std::string> lines;
    std::size_t read = 0;
    for_each_raw_line([&](const json::Value& line) {
        ++read;
        lines.insert(text_of(line, "invoice_no") + "/" + text_of(line, "stock_code"));
    });
    EXPECT_EQ(read, 10'300U);
    EXPECT_EQ(lines.size(), 10'300U) << "a line lies in the raw lake twice";
}

TEST_F(PurchaseHistory, PagesAreStableWhileSalesArrive) {
    start();
    post(history_of(5, 400, 1000));
    expect_verified();
    const std::vector<InvoiceHead> before = invoices_of(client(), "5", "limit=1000");
    ASSERT_EQ(before.size(), 400U);

    std::atomic<bool> stopping{false};
    std::thread shop([&, url = server().url()] {
        auto seller = must(ShopClient::open(url));
        for (int i = 0; !stopping && i < 900; ++i) {
            must(seller.post_json("/v1/streams/sales/records", history_of(5, 1, i)));
            must(seller.post_json("/v1/streams/sales/records", history_of(5, 1, 2000 + i)));
        }
    });
    for (const char* order : {"order=desc", "order=asc"}) {
        std::vector<InvoiceHead> seen = invoices_of(client(), "5", std::string(order) + "&limit=7");
        if (order == std::string_view("order=asc")) std::reverse(seen.begin(), seen.end());
        const auto newer = [](const InvoiceHead& a, const InvoiceHead& b) { return a.time > b.time; };
        EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(), newer));
        std::set<std::string> numbers;
        for (const InvoiceHead& head : seen)
            EXPECT_TRUE(numbers.insert(head.invoice_no).second) << head << " twice";
        for (const InvoiceHead& head : before)
            EXPECT_EQ(std::count(seen.begin(), seen.end(), head), 1) << head << ", " << order;
    }
    stopping = true;
    shop.join();
    expect_verified();
    EXPECT_EQ(compare_histories(client(), kNewest).problem, "");
}

TEST_F(PurchaseHistory, LinesOfAnInvoiceArePagedWhileMoreArrive) {
    start();
    const auto lines = [](int first, int count) {
        std::string body = "[";
        for (int i = 0; i < count; ++i)
            body += (i ? "," : "") + sale("long", first + i, "2011-03-01T10:00:00Z", "8");
        return body + "]";
    };
    must(client().get_json("/v1/customers/8/invoices?limit=1&after=" +
                           text_of(post(lines(0, 500)), "position")));
    std::vector<json::Value> items;
    std::string cursor;
    for (int page = 0; page < 400; ++page) {
        const json::Value answer = get("/v1/invoices/long?limit=13" + cursor);
        for (const json::Value& item : answer.find("items")->items) items.push_back(item);
        if (answer.find("next")->is_null()) break;
        cursor = "&cursor=" + answer.find("next")->text;
        if (page < 50) post(lines(500 + 5 * page, 5));
    }
    ASSERT_GE(items.size(), 500U);
    for (std::size_t i = 0; i < items.size(); ++i) {
        EXPECT_EQ(number_of(items[i], "line"), static_cast<std::int64_t>(i + 1));
        EXPECT_EQ(text_of(items[i], "stock_code"), std::to_string(i)) << "not the order of arrival";
    }
}

TEST_F(PurchaseHistory, OrdersAndBoundsOfTime) {
    start();
    post(history_of(9, 60));
    post("[" + sale("9-tie-a", 1, "2011-03-01T00:30:00Z", "9") + "," +
         sale("9-tie-b", 1, "2011-03-01T00:30:00Z", "9") + "]");
    expect_verified();
    std::vector<InvoiceHead> newest = invoices_of(client(), "9");
    ASSERT_EQ(newest.size(), 62U);
    const std::string from = "2011-03-01T00:10:00Z";
    const std::string to = "2011-03-01T00:31:00Z";
    const auto bounded = invoices_of(client(), "9", "from=" + from + "&to=" + to + "&limit=4");
    std::vector<InvoiceHead> expected;
    for (const InvoiceHead& head : newest)
        if (head.time >= from && head.time < to) expected.push_back(head);
    EXPECT_EQ(expected.size(), 23U);
    EXPECT_EQ(bounded, expected);
    EXPECT_EQ(bounded.at(0).invoice_no, "9-tie-b") << "the higher number is the newer of two at one time";
    EXPECT_EQ(invoices_of(client(), "9", "from=2011-03-02").size(), 0U);
    EXPECT_EQ(invoices_of(client(), "9", "from=2011-03-01&to=2011-03-02").size(), 62U);

    const auto oldest = invoices_of(client(), "9", "order=asc&limit=11");
    std::reverse(newest.begin(), newest.end());
    EXPECT_EQ(oldest, newest);
}

TEST_F(PurchaseHistory, UnknownThingsAre404AndBadParameters400) {
    start();
    const std::string position = text_of(post(history_of(3, 3)), "position");
    const std::string cursor = text_of(get("/v1/customers/3/invoices?limit=1&after=" + position), "next");
    for (const char* target :
         {"/v1/invoices/536365", "/v1/invoices/%20", "/v1/invoices/3-99999%20", "/v1/customers/4",
          "/v1/customers/-3", "/v1/customers/three", "/v1/customers/3x", "/v1/customers/3.0",
          "/v1/customers/99999999999999999999", "/v1/customers/4/invoices", "/v1/customers/three/invoices"}) {
        const ClientResponse answer = must(client().get(target));
        EXPECT_EQ(answer.status, 404) << target << ": " << answer.body;
        EXPECT_NE(answer.body.find("detail"), std::string::npos) << answer.body;
    }
    const std::string invoice = "/v1/invoices/3-99999?";
    const std::string list = "/v1/customers/3/invoices?";
    for (const std::string& target :
         {invoice + "limit=0", invoice + "limit=10001", invoice + "limit=many", invoice + "limit=-1",
          invoice + "cursor=nonsense", invoice + "cursor=" + cursor, invoice + "after=nonsense",
          list + "limit=0", list + "limit=10001", list + "limit=", list + "order=newest", list + "order=",
          list + "from=yesterday", list + "to=2011-02-30", list + "from=2011-13-01T00:00:00Z",
          list + "cursor=nonsense", list + "cursor=" + cursor + "x", list + "after=nonsense"}) {
        const ClientResponse answer = must(client().get(target));
        EXPECT_EQ(answer.status, 400) << target << ": " << answer.body;
    }
    EXPECT_EQ(status(list + "limit=1&cursor=" + cursor), 200);
}

TEST_F(PurchaseHistory, AWriterReadsItsInvoicesAndCustomersAtOnce) {
    start();
    for (int i = 0; i < 200; ++i) {
        const std::string position = text_of(post(history_of(60, 1, i)), "position");
        const std::string invoice = fmt::format("60-{:05}", 99'999 - i);
        ASSERT_EQ(number_of(get("/v1/invoices/" + invoice + "?after=" + position), "lines"), 2) << i;
        if (i % 2 == 0)
            ASSERT_EQ(number_of(get("/v1/customers/60?after=" + position), "invoices"), i + 1);
        else
            ASSERT_EQ(get("/v1/customers/60/invoices?after=" + position + "&limit=1")
                          .find("invoices")
                          ->items.at(0)
                          .find("invoice_no")
                          ->text,
                      invoice);
    }
    must(client().pause("tables"));
    const std::string position = text_of(post(history_of(61, 1)), "position");
    const ClientResponse late = must(client().get("/v1/customers/61?after=" + position));
    EXPECT_EQ(late.status, 503) << late.body;
    EXPECT_TRUE(late.find("Retry-After"));
}

TEST_F(PurchaseHistory, ASaleWithoutCustomerBelongsToNone) {
    start();
    const std::string position =
        text_of(post("[" + sale("C1", 1, "2011-03-01T10:00:00Z", "null") + "]"), "position");
    const json::Value invoice = get("/v1/invoices/C1?after=" + position);
    ASSERT_TRUE(invoice.find("customer_id"));
    EXPECT_TRUE(invoice.find("customer_id")->is_null());
    EXPECT_EQ(number_of(invoice, "lines"), 1);
    expect_verified();
    EXPECT_EQ(must(client().query_value("SELECT customer_id FROM shop.sales")), "null");
    EXPECT_EQ(status("/v1/customers/0"), 404);
}

/// Reads the real file by its own rules: the sum of the hashes of its rows tells whether a set of rows is the
/// same, each once.
class RealRows {
public:
    explicit RealRows(const std::string& path) {
        auto file = must(CompressedFile::open(posix_filesystem(), path));
        std::string block(std::size_t{4} << 20, '\0');
        std::string rest;
        while (const std::size_t got = must(file.read(block.data(), block.size()))) {
            rest.append(block, 0, got);
            take(rest, whole_rows(rest));
        }
        take(rest, rest.size());
    }
    const std::vector<std::string>& header() const { return header_; }
    std::size_t rows() const { return rows_; }
    std::size_t hash() const { return hash_; }
    static std::size_t hash_of(const std::vector<std::string>& row) {
        std::string joined;
        for (const std::string& cell : row) joined += cell + '\x1f';
        return std::hash<std::string>{}(joined);
    }

private:
    /// Behind the last line end that lies in no quotes.
    static std::size_t whole_rows(const std::string& text) {
        bool quoted = false;
        std::size_t end = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '"') quoted = !quoted;
            if (text[i] == '\n' && !quoted) end = i + 1;
        }
        return end;
    }
    void take(std::string& text, std::size_t bytes) {
        TextTable table = parse_latin1_csv(std::string_view(text).substr(0, bytes));
        text.erase(0, bytes);
        for (std::vector<std::string>& row : table) {
            if (header_.empty()) {
                header_ = std::move(row);
                continue;
            }
            ++rows_;
            hash_ += hash_of(row);
        }
    }

    std::vector<std::string> header_;
    std::size_t rows_ = 0;
    std::size_t hash_ = 0;
};

class RealPurchaseHistory : public PurchaseHistory {
protected:
    void expect_raw_lines(const std::string& file) {
        const RealRows rows(file);
        ASSERT_EQ(rows.rows(), 541'909U);
        std::size_t read = 0;
        std::size_t hash = 0;
        std::vector<std::string> codes;
        for_each_raw_line([&](const json::Value& line) {
            std::vector<std::string> row;
            for (const std::string& name : rows.header()) row.push_back(text_of(line, name));
            ++read;
            hash += RealRows::hash_of(row);
            if (row.at(0) == "536365") codes.push_back(row.at(1));
        });
        EXPECT_EQ(read, rows.rows());
        EXPECT_EQ(hash, rows.hash()) << "the raw lake's lines are not those of the file";
        EXPECT_LE(must(raw_objects(data_dir(), "sales")).size(), 64U);
        std::vector<std::string> by_rest;
        for (const json::Value& item : get("/v1/invoices/536365").find("items")->items)
            by_rest.push_back(text_of(item, "stock_code"));
        EXPECT_EQ(by_rest, codes);
    }
    void expect_known_figures() {
        const auto value = [&](const std::string& sql) { return must(client().query_value(sql)); };
        EXPECT_EQ(value("SELECT sum(line_total) FROM shop.sales"), "9747747.934");
        EXPECT_EQ(value("SELECT count(DISTINCT customer_id) FROM shop.sales"), "4372");
        EXPECT_EQ(value("SELECT string_agg(stock_code, ' ' ORDER BY \"offset\") FROM shop.sales WHERE "
                        "invoice_no = '536365'"),
                  "85123A 71053 84406B 84029G 84029E 22752 21730");
        const json::Value invoice = get("/v1/invoices/536365");
        EXPECT_EQ(number_of(invoice, "customer_id"), 17'850);
        EXPECT_EQ(number_of(invoice, "lines"), 7);
        EXPECT_EQ(number_of(invoice, "units"), 40);
        EXPECT_EQ(text_of(invoice, "total"), "139.12");
        EXPECT_EQ(text_of(invoice, "time"), "2010-12-01T08:26:00Z");
        const json::Value customer = get("/v1/customers/17850");
        const auto rows = must(client().query(
            "SELECT count(DISTINCT invoice_no), count(*), sum(quantity), sum(line_total), min(invoice_date), "
            "max(invoice_date) FROM shop.sales WHERE customer_id = 17850"));
        std::size_t column = 0;
        for (const char* name : {"invoices", "lines", "units", "total", "first", "last"})
            EXPECT_EQ(text_of(customer, name), rows.at(0).items.at(column++).text) << name;
    }
};

TEST_F(RealPurchaseHistory, IsTheSameByRestSqlAndRawObjects) {
    const auto file = shared_data_file("online_retail/data.csv.zst");
    if (!file) GTEST_SKIP() << "online_retail/data.csv.zst is not there: set TILL_SHARED_DATA";
    start();
    const CommandResult sent = run_program({"send", *file, "--server", server().url(), "--output", "json"});
    ASSERT_EQ(sent.exit_code, 0) << sent.errors;
    const json::Value report = must(json::parse(sent.output));
    EXPECT_EQ(number_of(report, "sent"), 541'909);
    EXPECT_EQ(number_of(report, "accepted"), 541'909);
    EXPECT_EQ(number_of(report, "failed"), 0);
    seal();
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "accepted"), 541'909);
    EXPECT_EQ(number_of(*verified.find("raw"), "records"), 541'909);
    const HistoryCount count = compare_histories(client(), kNewest);
    EXPECT_EQ(count.problem, "");
    EXPECT_EQ(count.invoices, 25'900U);
    EXPECT_EQ(count.customers, 4'372U);
    expect_known_figures();
    expect_raw_lines(*file);
}

}  // namespace
}  // namespace tillstream
