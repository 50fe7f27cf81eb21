// Producers of the original systems post what they always posted to the path they know, and find it again
// there.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "codec/compression.h"
#include "tests/scenario/guarded.h"

namespace tillstream {
namespace {

constexpr const char* kSeed = "/prod/main";
constexpr const char* kPlain = "/tills";
constexpr const char* kRecords = "/v1/streams/sales/records";

/// One line of invoice 536365 as the original client writes it.
std::string row(const std::string& code, int quantity, const std::string& invoice = "\"536365\"") {
    return fmt::format(
        R"({{"InvoiceNo":{},"StockCode":"{}","Description":"WHITE METAL LANTERN","Quantity":{},)"
        R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850.0,)"
        R"("Country":"United Kingdom"}})",
        invoice, code, quantity);
}

class Alias : public Guarded {
protected:
    void start_with_aliases(std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--config", config_file(kTwoAliases)});
        begin(more);
    }
    ClientResponse post(const std::string& path, std::string_view body, const Headers& headers = {}) {
        return call(Method::post, path, headers, body);
    }
    ClientResponse get(const std::string& target) { return call(Method::get, target); }
    static std::string header(const ClientResponse& answer, std::string_view name) {
        return std::string(answer.find(name).value_or("none"));
    }
    /// A 200 with the posted bytes and this status; the position, for ?after=.
    std::string expect_echo(const ClientResponse& answer, std::string_view body, const std::string& status) {
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.body, body);
        EXPECT_EQ(header(answer, "Tillstream-Status"), status) << body;
        return header(answer, "Tillstream-Position");
    }
    void expect_problem(const ClientResponse& answer, int status, const std::string& part = "") {
        EXPECT_EQ(answer.status, status) << answer.body;
        EXPECT_TRUE(header(answer, "Content-Type").starts_with("application/problem+json")) << answer.body;
        EXPECT_EQ(header(answer, "Tillstream-Status"), "none");
        const auto problem = json::parse(answer.body);
        ASSERT_TRUE(problem) << answer.body;
        EXPECT_EQ(number_of(*problem, "status"), status);
        EXPECT_NE(text_of(*problem, "detail").find(part), std::string::npos) << answer.body;
    }
    /// The attribute's text of an item; a test failure if the item has another shape.
    std::string attribute(const std::string& invoice, const std::string& name, const std::string& position) {
        const ClientResponse answer = get(fmt::format("{}?InvoiceNo={}&after={}", kSeed, invoice, position));
        EXPECT_EQ(answer.status, 200) << answer.body;
        const auto item = json::parse(answer.body);
        const json::Value* value = item ? item->find(name) : nullptr;
        EXPECT_TRUE(value && value->find("S")) << name << " in " << answer.body;
        return value && value->find("S") ? value->find("S")->text : "";
    }
    std::int64_t stored() { return number_of(expect_verified(), "received"); }
};

Buffer packed_as(Encoding encoding, std::string_view text) {
    Buffer out;
    must(deflate(encoding, text, out));
    return out;
}

struct Producer {
    const char* name;
    std::string body;
    std::string invoice;
    std::string code;
    std::string fields;  ///< text of the attribute
};

/// What the clients of the original systems send, with numbers and texts as pandas writes them.
std::vector<Producer> producers() {
    return {
        {"the course's sample",
         R"({"InvoiceNo":536365,"StockCode":"84029E",)"
         R"("Description":"RED WOOLLY HOTTIE WHITE HEART.","Quantity":6,)"
         R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":3.39,"CustomerID":17850,)"
         R"("Country":"United Kingdom"})",
         "536365", "84029E",
         R"({"Description":"RED WOOLLY HOTTIE WHITE HEART.","Quantity":6,"InvoiceDate":"12/1/2010 8:26",)"
         R"("UnitPrice":3.39,"CustomerID":17850,"Country":"United Kingdom"})"},
        {"a column with a null: customers are doubles",
         R"({"InvoiceNo":"C536379","StockCode":"D","Description":"Discount","Quantity":-1,)"
         R"("InvoiceDate":"12\/1\/2010 9:41","UnitPrice":27.5,"CustomerID":14527.0,)"
         R"("Country":"United Kingdom"})",
         "C536379", "D",
         R"({"Description":"Discount","Quantity":-1,"InvoiceDate":"12/1/2010 9:41","UnitPrice":27.5,)"
         R"("CustomerID":14527.0,"Country":"United Kingdom"})"},
        {"no customer and no description",
         R"({"InvoiceNo":"536414","StockCode":22139,"Description":null,"Quantity":56,)"
         R"("InvoiceDate":"12\/1\/2010 11:52","UnitPrice":0.0,"CustomerID":null,"Country":"United Kingdom"})",
         "536414", "22139",
         R"({"Description":null,"Quantity":56,"InvoiceDate":"12/1/2010 11:52","UnitPrice":0.0,)"
         R"("CustomerID":null,)"
         R"("Country":"United Kingdom"})"},
        {"numbers as texts, quotes and backslashes in a text",
         R"({"InvoiceNo":"536367","StockCode":"22745",)"
         R"("Description":"POPPY'S \"PLAYHOUSE\" \\ BEDROOM ","Quantity":"6",)"
         R"("InvoiceDate":"12\/1\/2010 8:34","UnitPrice":"2.1","CustomerID":"13047.0",)"
         R"("Country":"United Kingdom"})",
         "536367", "22745",
         R"({"Description":"POPPY'S \"PLAYHOUSE\" \\ BEDROOM ","Quantity":"6",)"
         R"("InvoiceDate":"12/1/2010 8:34",)"
         R"("UnitPrice":"2.1","CustomerID":"13047.0","Country":"United Kingdom"})"},
        {"the direct producer's names, times and types",
         R"({"invoice_no": "536370", "stock_code": "22728", "description": "ALARM CLOCK BAKELIKE PINK", )"
         R"("quantity": 24, "unit_price": 3.75, "invoice_date": "2010-12-01 08:45:00",)"
         R"( "customer_id": 12583, )"
         R"("country": "France"})",
         "536370", "22728",
         R"({"description":"ALARM CLOCK BAKELIKE PINK","quantity":24,"unit_price":3.75,)"
         R"("invoice_date":"2010-12-01 08:45:00","customer_id":12583,"country":"France"})"},
        {"an invoice number that was read as a double, a price printed in full",
         R"({"InvoiceNo":536371.0,"StockCode":"22086",)"
         R"("Description":"PAPER CHAIN KIT 50'S CHRISTMAS \u00a3","Quantity":80,)"
         R"("InvoiceDate":"12\/1\/2010 9:00","UnitPrice":2.5499999999999998,"CustomerID":13748.0,)"
         R"("Country":"EIRE"})",
         "536371", "22086",
         "{\"Description\":\"PAPER CHAIN KIT 50'S CHRISTMAS \xc2\xa3\",\"Quantity\":80,"
         R"("InvoiceDate":"12/1/2010 9:00","UnitPrice":2.5499999999999998,"CustomerID":13748.0,)"
         R"("Country":"EIRE"})"},
    };
}

TEST_F(Alias, EveryOriginalProducerIsTakenByteForByteAndFoundAgain) {
    start_with_aliases();
    for (const Producer& producer : producers()) {
        SCOPED_TRACE(producer.name);
        const std::string position = expect_echo(post(kSeed, producer.body), producer.body, "accepted");
        EXPECT_EQ(attribute(producer.invoice, "InvoiceNo", position), producer.invoice);
        EXPECT_EQ(attribute(producer.invoice, producer.code, position), producer.fields);
    }
    const json::Value verified = expect_verified();
    EXPECT_EQ(number_of(verified, "accepted"), static_cast<std::int64_t>(producers().size()));
    EXPECT_EQ(must(client().query_value("SELECT sum(unit_price) FROM shop.sales")), "39.29");
}

TEST_F(Alias, AnItemIsTheOriginalsOwnFormWithTheLastLineOfARepeatedCode) {
    start_with_aliases();
    for (const char* code : {"85123A", "71053"})
        expect_echo(post(kSeed, row(code, 6)), row(code, 6), "accepted");
    const std::string again = row("85123A", 8, "536365");
    const ClientResponse put = call(Method::put, kSeed, {{"Content-Type", "application/json"}}, again);
    const std::string position = expect_echo(put, again, "accepted");
    const ClientResponse item = get(fmt::format("{}?InvoiceNo=536365&after={}", kSeed, position));
    const auto text = [](int quantity) {
        return fmt::format(
            R"("{{\"Description\":\"WHITE METAL LANTERN\",\"Quantity\":{},\"InvoiceDate\":\"12/1/2010 )"
            R"(8:26\",\"UnitPrice\":3.39,\"CustomerID\":17850.0,\"Country\":\"United Kingdom\"}}")",
            quantity);
    };
    EXPECT_EQ(item.body, R"({"InvoiceNo":{"S":"536365"},"71053":{"S":)" + text(6) + R"(},"85123A":{"S":)" +
                             text(8) + "}}");
    EXPECT_EQ(header(item, "Content-Type"), "application/json");
    EXPECT_EQ(header(item, "Tillstream-Lines-From-Tables"), "none");
    EXPECT_EQ(must(client().get_json("/v1/invoices/536365")).find("items")->items.size(), 3U);
    EXPECT_EQ(call(Method::head, std::string(kSeed) + "?InvoiceNo=536365").status, 200);
    // The same from the raw lake, and after a kill.
    must(client().post_json("/v1/streams/sales/seal", ""));
    EXPECT_EQ(get(std::string(kSeed) + "?InvoiceNo=536365").body, item.body);
    server().kill_now();
    start_with_aliases();
    EXPECT_EQ(get(fmt::format("{}?InvoiceNo=536365&after={}", kSeed, position)).body, item.body);
}

TEST_F(Alias, ARecordThatRetentionTookIsGivenAsTheTablesKnowIt) {
    const std::vector<std::string> forgetful{"--log.retain", "1s", "--log.keep_bytes", "0B"};
    start_with_aliases(forgetful);
    const std::string position = expect_echo(post(kSeed, row("71053", 6)), row("71053", 6), "accepted");
    const std::string from_tables =
        R"({"Description":"WHITE METAL LANTERN","Quantity":6,"InvoiceDate":"2010-12-01T08:26:00Z",)"
        R"("UnitPrice":3.39})";
    const std::string as_received = attribute("536365", "71053", position);
    // What lies in the newest file of the journal stays; each seal lets retention look.
    EXPECT_EQ(stop(), 0);
    start_with_aliases(forgetful);
    std::string lost = "none";
    for (int i = 0; i < 400 && lost == "none"; ++i) {
        must(client().post_json(kRecords, made_up_sales(1000 + i, 1)));
        must(client().post_json("/v1/streams/sales/seal", ""));
        lost = header(get(std::string(kSeed) + "?InvoiceNo=536365"), "Tillstream-Lines-From-Tables");
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    EXPECT_EQ(lost, "1");
    EXPECT_NE(as_received, from_tables);
    EXPECT_EQ(attribute("536365", "71053", position), from_tables);
}

TEST_F(Alias, BadRowsAreEchoedAndQuarantined) {
    start_with_aliases();
    for (const std::string body : {R"({"InvoiceNo":"536365","StockCode":"85123A","Quantity":"six",)"
                                   R"("InvoiceDate":"12\/1\/2010 8:26","UnitPrice":2.55})",
                                   R"({"InvoiceNo":"536365"})", "{}", "[7]", "[{}]"})
        expect_echo(post(kSeed, body), body, "quarantined");
    expect_echo(post(kSeed, "{\"InvoiceNo\":1\n", {{"Content-Type", "application/x-ndjson"}}),
                "{\"InvoiceNo\":1\n", "quarantined");
    expect_problem(get(std::string(kSeed) + "?InvoiceNo=536365"), 404, "536365");
    EXPECT_EQ(number_of(expect_verified(), "quarantined"), 6);
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM ops.quarantine")), "6");
}

TEST_F(Alias, RepetitionsCountOnce) {
    start_with_aliases();
    std::string body = row("71053", 6);
    body.insert(1, R"("event_id":"till-7/1",)");
    expect_echo(post(kSeed, body), body, "accepted");
    const std::string position = expect_echo(post(kSeed, body), body, "duplicate");
    EXPECT_EQ(attribute("536365", "71053", position).substr(0, 24), R"({"event_id":"till-7/1",")");
    EXPECT_EQ(number_of(must(client().post_json(kRecords, body)), "duplicates"), 1);

    const Headers key{{"Idempotency-Key", "k-1"}};
    const std::string keyed = row("84029E", 1);
    const ClientResponse first = post(kSeed, keyed, key);
    expect_echo(first, keyed, "accepted");
    EXPECT_EQ(header(first, "Idempotent-Replayed"), "none");
    server().kill_now();
    start_with_aliases();
    const ClientResponse again = post(kSeed, keyed, key);
    expect_echo(again, keyed, "accepted");
    EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
    EXPECT_EQ(header(again, "Tillstream-Position"), header(first, "Tillstream-Position"));
    expect_problem(post(kSeed, row("84029E", 2), key), 422, "Idempotency-Key");
    expect_problem(post(kSeed, keyed, {{"Idempotency-Key", std::string(256, 'k')}}), 400, "255");
    // One key is one request, by whatever path: the answer is then the receipt.
    const ClientResponse elsewhere = post(kRecords, keyed, key);
    EXPECT_EQ(number_of(must(json::parse(elsewhere.body)), "accepted"), 1) << elsewhere.body;
    EXPECT_EQ(header(elsewhere, "Idempotent-Replayed"), "true");
    EXPECT_EQ(stored(), 4) << "two, and two copies";
}

TEST_F(Alias, BytesAreGivenBackAsTheyWerePosted) {
    start_with_aliases();
    const std::string body = " " + row("71053", 6) + "\r\n";
    for (const Encoding encoding : {Encoding::gzip, Encoding::zstd}) {
        const Buffer packed = packed_as(encoding, body);
        const std::string name(to_string(encoding));
        const ClientResponse answer = post(kSeed, packed.view(), {{"Content-Encoding", name}});
        expect_echo(answer, packed.view(), "accepted");
        EXPECT_EQ(header(answer, "Content-Encoding"), name);
        EXPECT_EQ(header(answer, "Content-Type"), "application/json");
    }
    const std::string csv =
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice\n1,71053,1,12/1/2010 8:26,2.55\n";
    const ClientResponse table = post(kSeed, csv, {{"Content-Type", "text/csv; charset=iso-8859-1"}});
    EXPECT_EQ(header(table, "Content-Type"), "text/csv; charset=iso-8859-1");
    EXPECT_EQ(attribute("1", "71053", expect_echo(table, csv, "accepted")),
              R"({"Quantity":"1","InvoiceDate":"12/1/2010 8:26","UnitPrice":"2.55"})");
    EXPECT_EQ(stored(), 3);
}

TEST_F(Alias, WhatIsRefusedIsAProblemAndStoresNothing) {
    start_with_aliases({"--ingest.body_bytes_max", "64KiB"});
    const std::string two = "[" + row("71053", 6) + "," + row("84029E", 6) + "]";
    expect_problem(post(kSeed, two), 422, "one record");
    EXPECT_NE(post(kSeed, two).body.find(kRecords), std::string::npos) << "the way out";
    expect_problem(call(Method::put, kSeed, {}, two), 422, "not 2");
    expect_problem(post(kSeed, two, {{"Idempotency-Key", "k"}}), 422, "not 2");
    expect_problem(post(kSeed, "[]"), 422, "not 0");
    expect_problem(post(kSeed, "\n\n", {{"Content-Type", "application/x-ndjson"}}), 422, "not 0");
    for (const std::string path : {kSeed, kPlain}) {
        expect_problem(post(path, ""), 400, "empty");
        expect_problem(post(path, "not json"), 400);
        expect_problem(post(path, "{\"InvoiceNo\":"), 400);
        expect_problem(post(path, row("71053", 6), {{"Content-Type", "application/x-www-form-urlencoded"}}),
                       415);
        expect_problem(post(path, row("71053", 6), {{"Content-Encoding", "br"}}), 415);
        expect_problem(post(path, "no gzip", {{"Content-Encoding", "gzip"}}), 400);
        expect_problem(post(path, std::string(70'000, ' ')), 413);
        for (const Method method : {Method::del, Method::patch, Method::options}) {
            const ClientResponse answer = call(method, path);
            expect_problem(answer, 405);
            EXPECT_EQ(header(answer, "Allow"), "POST, PUT, GET, HEAD");
        }
        expect_problem(get(path), 400, "InvoiceNo");
        expect_problem(get(path + "?InvoiceNo="), 400, "InvoiceNo");
        expect_problem(get(path + "?CustomerID=17850"), 400, "/v1/customers/");
        expect_problem(get(path + "?invoiceno=536365"), 400, "InvoiceNo");
        expect_problem(get(path + "?InvoiceNo=536365"), 404, "536365");
        expect_problem(get(path + "?InvoiceNo=%00"), 400);
        expect_problem(get(path + "?InvoiceNo=536365&after=nonsense"), 400);
        expect_problem(get(path + "/?InvoiceNo=536365"), 404);
    }
    expect_problem(post(std::string(kPlain) + "?detail=some", row("71053", 6)), 400, "detail");
    expect_problem(get(std::string(kPlain) + "?InvoiceNo=1&limit=0"), 400, "limit");
    EXPECT_EQ(stored(), 0);
    // A refusal claims no key.
    expect_echo(post(kSeed, row("71053", 6), {{"Idempotency-Key", "k"}}), row("71053", 6), "accepted");
}

TEST_F(Alias, WithoutSeedItIsAnotherPathOfTheStreamAndOfItsInvoices) {
    start_with_aliases();
    const std::string body = "[" + row("71053", 6) + "," + row("84029E", 1) + R"(,{"InvoiceNo":"x"}])";
    const ClientResponse posted = post(kPlain, body);
    ASSERT_EQ(posted.status, 200) << posted.body;
    const json::Value receipt = must(json::parse(posted.body));
    EXPECT_EQ(number_of(receipt, "accepted"), 2);
    EXPECT_EQ(receipt.find("records")->items.size(), 1U);
    const ClientResponse put = call(Method::put, std::string(kPlain) + "?detail=all", {}, row("22752", 2));
    const json::Value whole = must(json::parse(put.body));
    EXPECT_EQ(whole.find("records")->items.size(), 1U) << put.body;
    EXPECT_EQ(header(put, "Tillstream-Status"), "none");
    const ClientResponse invoice =
        get(fmt::format("{}?InvoiceNo=536365&after={}", kPlain, text_of(whole, "position")));
    EXPECT_EQ(invoice.status, 200);
    EXPECT_EQ(invoice.body, get("/v1/invoices/536365").body);
    const json::Value page = must(client().get_json(std::string(kPlain) + "?InvoiceNo=536365&limit=2"));
    EXPECT_EQ(page.find("items")->items.size(), 2U);
    EXPECT_EQ(
        must(client().get_json(std::string(kPlain) + "?InvoiceNo=536365&cursor=" + text_of(page, "next")))
            .find("items")
            ->items.size(),
        1U);
}

TEST_F(Alias, TokensQuotasAndPausesHoldAsAtTheStreamsOwnRoute) {
    start_with_aliases();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken till =
        make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "1", "--name", "till"});
    const MadeToken other = make_token(admin, {"--scope", "ingest:orders"});
    const MadeToken reader = make_token(admin, {"--scope", "read"});
    const std::string body = row("71053", 6);
    EXPECT_EQ(post(kSeed, body).status, 401);
    EXPECT_EQ(post(kSeed, body, bearer(other.text)).status, 403);
    EXPECT_EQ(post(kSeed, body, bearer(reader.text)).status, 403);
    EXPECT_EQ(call(Method::get, kSeed, bearer(till.text)).status, 403);
    EXPECT_EQ(call(Method::get, kSeed, bearer(reader.text)).status, 400);
    int refused = 0;
    for (int i = 0; i < 20 && refused == 0; ++i) {
        const ClientResponse answer = post(kSeed, body, bearer(till.text));
        if (answer.status == 200) continue;
        expect_problem(answer, 429);
        EXPECT_NE(header(answer, "Retry-After"), "none");
        ++refused;
    }
    EXPECT_EQ(refused, 1);
}

TEST_F(Alias, AReadWaitsForTheTablesAndSaysSoIfTheyDoNotCome) {
    start_with_aliases();
    must(client().pause("tables"));
    const std::string position = expect_echo(post(kSeed, row("71053", 6)), row("71053", 6), "accepted");
    for (const char* path : {kSeed, kPlain}) {
        const ClientResponse late = get(fmt::format("{}?InvoiceNo=536365&after={}", path, position));
        expect_problem(late, 503, "tables");
        EXPECT_NE(header(late, "Retry-After"), "none");
    }
    must(client().resume("tables"));
    EXPECT_NE(attribute("536365", "71053", position), "");
}

TEST_F(Alias, AStreamWithoutInvoicesTakesRowsAndHasNothingToLookUp) {
    const std::string datasets = folder().file("datasets");
    std::filesystem::create_directory(datasets);
    std::ofstream(datasets + "/visits.toml")
        << "name = \"visits\"\n[[column]]\nname = \"page\"\ntype = \"string\"\n";
    begin({"--data.datasets_dir", datasets, "--config",
           config_file("[[http.alias]]\npath = \"/visits\"\nstream = \"visits\"\nresponse = \"seed\"\n")});
    const std::string body = R"({"page":"/"})";
    expect_echo(post("/visits", body), body, "accepted");
    expect_problem(get("/visits?InvoiceNo=1"), 404, "stream visits holds no invoices");
}

TEST_F(Alias, AMistakeInTheFileKeepsItFromStartingAndNamesTheWayOut) {
    struct Mistake {
        std::string toml;
        std::string message;
    };
    const std::string good = "[[http.alias]]\npath = \"/prod/main\"\nstream = \"sales\"\n";
    const std::vector<Mistake> mistakes{
        {"[[http.alias]]\npath = \"prod/main\"\nstream = \"sales\"\n",
         ":2: http.alias.path: 'prod/main' does not"},
        {good + good, ":5: http.alias.path: '/prod/main' is an alias already, by line 2"},
        {"[[http.alias]]\npath = \"/v1/streams\"\nstream = \"sales\"\n",
         ":2: http.alias.path: '/v1/streams' is one"},
        {"[[http.alias]]\npath = \"/metrics\"\nstream = \"sales\"\n",
         ":2: http.alias.path: '/metrics' is one of"},
        {"[[http.alias]]\npath = \"/livez\"\nstream = \"sales\"\n", "choose another"},
        {"[[http.alias]]\npath = \"/prod\"\nstream = \"sale\"\n",
         ":1: http.alias.stream: no stream named 'sale'"},
        {"[[http.alias]]\npath = \"/prod\"\nstream = \"sale\"\n", "did you mean 'sales'?"},
        {good + "response = \"seeds\"\n",
         ":4: http.alias.response: 'seeds' is none of stream, seed; did you mean"},
        {good + "reponse = \"seed\"\n", ":4: http.alias.reponse: unknown key; did you mean 'response'?"},
        {"[http]\nlisen = 1\n" + good + "x = 1\n",
         ":2: http.lisen: unknown option; did you mean 'http.listen'?"},
    };
    for (const Mistake& mistake : mistakes) {
        const std::string file = config_file(mistake.toml);
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"config", "check", "--config", file},
              std::vector<std::string>{"serve", "--data", data_dir(), "--http", "127.0.0.1:0", "--config",
                                       file}}) {
            const CommandResult result = run_program(command);
            EXPECT_EQ(result.exit_code, 3) << mistake.toml << result.output;
            EXPECT_NE(result.errors.find(mistake.message), std::string::npos) << result.errors;
            EXPECT_NE(result.errors.find(file), std::string::npos) << result.errors;
        }
    }
}

TEST_F(Alias, TheConfigurationShowsThem) {
    const CommandResult shown =
        run_program({"config", "show", "--output", "json", "--config", config_file(kTwoAliases)});
    ASSERT_EQ(shown.exit_code, 0) << shown.errors;
    const json::Value settings = must(json::parse(shown.output));
    std::vector<std::string> aliases;
    for (const json::Value& setting : settings.items)
        if (text_of(setting, "name") == "http.alias")
            aliases.push_back(text_of(setting, "value") + " from " + text_of(setting, "origin"));
    const std::string file = folder().file("tillstream.toml");
    EXPECT_EQ(aliases, (std::vector<std::string>{
                           R"(path = "/prod/main", stream = "sales", response = "seed" from )" + file + ":1",
                           R"(path = "/tills", stream = "sales", response = "stream" from )" + file + ":5"}));
    const CommandResult checked = run_program({"config", "check", "--config", file});
    EXPECT_EQ(checked.exit_code, 0) << checked.errors;
}

TEST_F(Alias, WithoutConfigurationThereIsNone) {
    begin();
    expect_problem(post(kSeed, row("71053", 6)), 404);
    EXPECT_EQ(get("/openapi.json").body.find("aliases"), std::string::npos);
}

}  // namespace
}  // namespace tillstream
