#include "contract/contract_file.h"

#include <gtest/gtest.h>

#include <random>

#include "contract/decode_fixture.h"

namespace tillstream {
namespace {

std::string problems_of(const std::string& toml) {
    auto contract = parse_contract(toml, "shop.toml");
    if (contract) return "";
    EXPECT_EQ(contract.error().code, Errc::invalid_argument);
    return contract.error().message;
}

/// A good contract of 5 lines with `more` from line 6 on.
std::string with(const std::string& more) {
    return "name = \"shop\"\n[[column]]\nname = \"price\"\ntype = \"decimal(18,4)\"\naliases = "
           "[\"Price\"]\n" +
           more;
}

TEST(ContractFile, SalesIsBuiltIn) {
    const ContractPtr sales = sales_contract();
    EXPECT_EQ(sales->name, "sales");
    EXPECT_EQ(sales->version.size(), 16U);
    EXPECT_EQ(sales->id(), "sales@" + sales->version);
    ASSERT_EQ(sales->columns.size(), 8U);
    EXPECT_EQ(sales->columns[5].type.name(), "decimal(18,4)");
    EXPECT_TRUE(sales->columns[5].required);
    EXPECT_FALSE(sales->columns[6].required);
    EXPECT_EQ(sales->find_column("line_total"), 8U);
    EXPECT_EQ(sales->column_type(8).name(), "decimal(38,4)");
    EXPECT_EQ(sales->find_column("InvoiceNo"), std::nullopt);
    EXPECT_EQ(sales->partition_key, 0U);
    EXPECT_EQ(sales->event_time, 4U);
    EXPECT_EQ(sales->measures, (std::vector<std::string>{"quantity", "line_total"}));
    EXPECT_EQ(sales->on_same_file_name, "replace");
    EXPECT_TRUE(sales->event_id);
}

TEST(ContractFile, DefaultsAndEveryKey) {
    const ContractPtr small = contract_of(with(""));
    EXPECT_EQ(small->zone, "UTC");
    EXPECT_EQ(small->unknown, UnknownFields::keep);
    EXPECT_EQ(small->partition_key, std::nullopt);
    EXPECT_EQ(small->on_same_file_name, "replace");

    const ContractPtr full = contract_of(R"toml(name = "orders"
description = "d"
partition_key = "order_id"
event_time = "created_at"
zone = "Europe/Berlin"
unknown = "ignore"
event_id = false
key = "order_id"
version = ["created_at"]
measures = ["order_id"]
[[column]]
name = "order_id"
type = "int64"
required = true
[[column]]
name = "created_at"
type = "timestamp"
[[column]]
name = "cost"
type = "decimal(10,2)"
round = true
[[rule]]
name = "warned"
sql = "cost >= 0"
severity = "warn"
)toml");
    EXPECT_EQ(full->key, std::vector<std::string>{"order_id"});
    EXPECT_EQ(full->ordering, std::vector<std::string>{"created_at"});
    EXPECT_EQ(full->on_same_file_name, "upsert");
    EXPECT_EQ(full->unknown, UnknownFields::ignore);
    EXPECT_FALSE(full->event_id);
    EXPECT_TRUE(full->columns[2].round);
    EXPECT_EQ(full->rules[0].severity, RuleSeverity::warn);
    EXPECT_NE(full->version, small->version);
}

TEST(ContractFile, OneProblem) {
    struct Case {
        std::string toml, problem;
    };
    const std::vector<Case> cases = {
        {"name = \"shop\"\n", "shop.toml:1: column: a contract declares at least one [[column]]"},
        {with("[x\n"), "shop.toml:6: "},
        {with("requred = true\n"), "shop.toml:6: requred: unknown key; did you mean 'required'?"},
        {with("required = \"yes\"\n"), "shop.toml:6: required: expected a boolean, found a string"},
        {with("[[column]]\nname = \"price\"\ntype = \"int64\"\n"),
         "shop.toml:7: name: 'price' is taken by column 'price' already"},
        {with("[[column]]\nname = \"other\"\ntype = \"int64\"\naliases = [\"Price\"]\n"),
         "shop.toml:9: aliases: 'Price' is taken by column 'price' already"},
        {with("[[column]]\nname = \"other\"\ntype = \"int64\"\naliases = [\"price\"]\n"),
         "shop.toml:9: aliases: 'price' is taken by column 'price' already"},
        {with("[[column]]\nname = \"shard\"\ntype = \"int64\"\n"),
         "shop.toml:7: name: 'shard' is a name every table has already; choose another"},
        {with("[[column]]\nname = \"Other\"\ntype = \"int64\"\n"),
         "shop.toml:7: name: 'Other' is no name: lower-case letters, digits and _, at most 63"},
        {with("[[column]]\nname = \"other\"\ntype = \"timestmp\"\n"),
         "shop.toml:8: type: unknown type 'timestmp'; did you mean 'timestamp'?"},
        {with("[[column]]\nname = \"other\"\ntype = \"decimal\"\n"),
         "shop.toml:8: type: 'decimal' is no type; write decimal(18,4)"},
        {with("[[column]]\nname = \"other\"\ntype = \"decimal(39,4)\"\n"),
         "shop.toml:8: type: decimal(39,4) is out of bounds: precision 1 to 38, scale 0 to the precision"},
        {with("[[column]]\nname = \"other\"\ntype = \"decimal(4,5)\"\n"),
         "shop.toml:8: type: decimal(4,5) is out of bounds: precision 1 to 38, scale 0 to the precision"},
        {with("[[column]]\nname = \"other\"\n"), "shop.toml:6: type: is missing"},
        {with("[[column]]\nname = \"other\"\ntype = \"int64\"\nround = true\n"),
         "shop.toml:9: round: only decimals are rounded, not int64"},
        {with("[[column]]\nname = \"other\"\ntype = \"string\"\naliases = [\"event_id\"]\n"),
         "shop.toml:9: aliases: 'event_id' is the id of the event; set event_id = false to use the name"},
        {"partition_key = \"prize\"\n" + with(""),
         "shop.toml:1: partition_key: unknown column 'prize'; did you mean 'price'?"},
        {"event_time = \"price\"\n" + with(""), "shop.toml:1: event_time: must be a timestamp column"},
        {"zone = \"Europe/Lundon\"\n" + with(""),
         "shop.toml:1: zone: unknown time zone 'Europe/Lundon'; did you mean 'Europe/London'?"},
        {"unknown = \"kep\"\n" + with(""),
         "shop.toml:1: unknown: 'kep' is none of keep, ignore, quarantine; did you mean 'keep'?"},
        {"key = [\"price\"]\n" + with(""),
         "shop.toml:1: key: column 'price' must be required to be part of the key"},
        {"version = [\"price\"]\n" + with(""),
         "shop.toml:1: version: orders rows of the same key, but there is no key"},
        {"on_same_file_name = \"upsert\"\n" + with(""), "shop.toml:1: on_same_file_name: upsert needs a key"},
        {"measures = [\"name\"]\n" + with("[[column]]\nname = \"name\"\ntype = \"string\"\n"),
         "shop.toml:1: measures: 'name' has no exact sum; measures are int64 or decimal"},
        {"measures = [1]\n" + with(""), "shop.toml:1: measures: expected texts, found a integer"},
        {with("[[rule]]\nname = \"r\"\nsql = \"prise > 0\"\n"),
         "shop.toml:8: sql: position 1: unknown column 'prise'; did you mean 'price'?"},
        {with("[[rule]]\nname = \"r\"\nsql = \"price + 1\"\n"),
         "shop.toml:8: sql: position 1: a rule is a condition, this is a number"},
        {with("[[rule]]\nname = \"r\"\nsql = \"price > 0\"\nseverity = \"fatal\"\n"),
         "shop.toml:9: severity: 'fatal' is none of warn, quarantine"},
        {with("[[rule]]\nname = \"r\"\nsql = \"price > 0\"\n[[rule]]\nname = \"r\"\nsql = \"price > 0\"\n"),
         "shop.toml:10: name: a rule 'r' exists already"},
        {with("[[derived]]\nname = \"price\"\ntype = \"int64\"\nsql = \"1\"\n"),
         "shop.toml:7: name: 'price' is taken by column 'price' already"},
        {with("[[derived]]\nname = \"twice\"\ntype = \"int64\"\nsql = \"price * 2\"\n"),
         "shop.toml:9: sql: position 1: the expression has 4 decimals, int64 holds 0"},
    };
    for (const Case& one : cases) {
        const std::string found = problems_of(one.toml);
        EXPECT_EQ(found.substr(0, std::max<std::size_t>(one.problem.size(), 1)), one.problem) << one.toml;
        EXPECT_EQ(found.find('\n'), std::string::npos) << found;
    }
}

TEST(ContractFile, AllProblemsInTheOrderOfTheLines) {
    EXPECT_EQ(problems_of(R"toml(nam = "shop"
zone = "Nowhere/Land"
[[column]]
name = "price"
type = "decimel(18,4)"
[[rule]]
name = "r"
sql = "price >"
)toml"),
              "shop.toml:1: nam: unknown key; did you mean 'name'?\n"
              "shop.toml:1: name: is missing\n"
              "shop.toml:2: zone: unknown time zone 'Nowhere/Land'\n"
              "shop.toml:5: type: unknown type 'decimel(18,4)'; did you mean 'decimal(18,4)'?\n"
              "shop.toml:8: sql: position 8: found the end where a value was expected");
}

/// Any damage to a good file is an error or a contract, never a crash.
TEST(ContractFile, DamagedFiles) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    const std::string good(embedded_datasets()[0].text);
    static constexpr std::string_view kBytes = "\"'[]{}=,.#\n\\x0-(\xC3";
    int errors = 0;
    for (int i = 0; i < 2000; ++i) {
        std::string bad = good;
        for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
            const std::size_t at = random() % bad.size();
            if (random() % 2 == 0)
                bad[at] = kBytes[random() % kBytes.size()];
            else
                bad.erase(at, random() % 20);
        }
        errors += parse_contract(bad, "bad.toml") ? 0 : 1;
    }
    EXPECT_GT(errors, 100);
}

}  // namespace
}  // namespace tillstream
