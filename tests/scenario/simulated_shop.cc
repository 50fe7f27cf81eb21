#include "tests/scenario/simulated_shop.h"

#include <set>

#include "tests/scenario/guarded.h"
#include "tests/support/raw_objects.h"

namespace tillstream {

void SimulatedShop::simulate(const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"simulate", "--out", shop()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const CommandResult made = run_program(arguments);
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    recount_.add(read_whole(sales_file()));
    ASSERT_EQ(recount_.expected_json(), read_whole(shop() + "/expected.json"));
    expected_ = must(json::parse(read_whole(shop() + "/expected.json")));
}

json::Value SimulatedShop::send() {
    const CommandResult result =
        run_program({"send", sales_file(), "--server", server().url(), "--output", "json"});
    EXPECT_EQ(result.exit_code, 5) << result.errors;
    return must(json::parse(result.output));
}

void SimulatedShop::expect_everything() {
    const json::Value report = send();
    for (const char* figure : {"sent", "accepted", "quarantined", "duplicates"})
        EXPECT_EQ(text_of(report, figure), text_of(expected_, figure)) << figure;
    const json::Value verified = expect_verified();
    EXPECT_EQ(text_of(verified, "duplicates"), text_of(expected_, "duplicates"));
    expect_sql();
    expect_reads_by_key();
    expect_raw_objects();
}

void SimulatedShop::expect_sql() {
    EXPECT_EQ(value("SELECT count(*) FROM ops.quarantine"), text_of(expected_, "quarantined"));
    expect_sql_of_accepted();
}

void SimulatedShop::expect_sql_of_accepted() {
    EXPECT_EQ(value("SELECT count(*) FROM shop.sales"), text_of(expected_, "accepted"));
    EXPECT_EQ(value("SELECT sum(quantity) FROM shop.sales"), text_of(expected_, "quantity"));
    EXPECT_EQ(value("SELECT sum(line_total) FROM shop.sales"), text_of(expected_, "line_total"));
    EXPECT_EQ(value("SELECT count(DISTINCT invoice_no) FROM shop.sales"), text_of(expected_, "invoices"));
    EXPECT_EQ(value("SELECT count(DISTINCT customer_id) FROM shop.sales"), text_of(expected_, "customers"));
    expect_groups("by_day", "invoice_date::date");
    expect_groups("by_country", "country");
}

void SimulatedShop::expect_groups(const std::string& name, const std::string& key) {
    const json::Value& groups = *expected_.find(name);
    const auto rows = must(client().query(
        "SELECT (" + key + ")::text, count(*), sum(quantity), sum(line_total) FROM shop.sales GROUP BY 1"));
    EXPECT_EQ(rows.size(), groups.members.size()) << key;
    for (const json::Value& row : rows) {
        const json::Value* group = groups.find(row.items[0].text);
        ASSERT_TRUE(group) << key << " " << row.items[0].text;
        EXPECT_EQ(row.items[1].text, text_of(*group, "rows")) << row.items[0].text;
        EXPECT_EQ(row.items[2].text, text_of(*group, "quantity")) << row.items[0].text;
        EXPECT_EQ(row.items[3].text, text_of(*group, "line_total")) << row.items[0].text;
    }
}

void SimulatedShop::expect_codes() {
    std::set<std::string> codes;
    for (const json::Value& row : must(client().query(
             "SELECT DISTINCT unnest(json_extract_string(errors, '$[*].code')) FROM ops.quarantine")))
        codes.insert(row.items[0].text);
    codes.erase("size");
    EXPECT_EQ(codes, (std::set<std::string>{"syntax", "encoding", "type", "range", "scale", "format",
                                            "required", "duplicate_field", "rule", "depth"}));
}

void SimulatedShop::expect_reads_by_key() {
    const auto compare = [&](const std::string& target, const SalesRecount::Sum& sum) {
        const json::Value found = must(client().get_json(target));
        EXPECT_EQ(number_of(found, "lines"), sum.rows) << target;
        EXPECT_EQ(number_of(found, "units"), sum.quantity) << target;
        EXPECT_EQ(text_of(found, "total"), money_text(sum.line_total)) << target;
    };
    for (const auto& [invoice, sum] : recount_.by_invoice)
        compare("/v1/invoices/" + invoice + "?limit=1", sum);
    for (const auto& [customer, sum] : recount_.by_customer) compare("/v1/customers/" + customer, sum);
}

void SimulatedShop::expect_raw_objects() {
    must(client().post_json("/v1/streams/sales/seal", ""));
    SalesRecount raw;
    for (const RawObject& object : must(raw_objects(data_dir(), "sales")))
        raw.add(must(read_raw_object(object)));
    EXPECT_EQ(raw.duplicates, 0U);
    raw.duplicates = recount_.duplicates;
    raw.sent += recount_.duplicates;
    EXPECT_EQ(raw.expected_json(), recount_.expected_json());
}

}  // namespace tillstream
