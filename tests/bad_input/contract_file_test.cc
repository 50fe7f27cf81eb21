// Contract files that are wrong: the server does not start, and says where and what was meant.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/bad_input/case_tables.h"
#include "tests/support/server_process.h"

namespace tillstream::bad_input {
namespace {

const std::string kHead = R"toml(name = "shop"
[[column]]
name = "price"
type = "decimal(18,4)"
aliases = ["Price"]
)toml";

std::string rule(const std::string& sql, const std::string& more = "") {
    return kHead + "[[rule]]\nname = \"r\"\nsql = \"" + sql + "\"\n" + more;
}

std::string column(const std::string& more) { return kHead + "[[column]]\nname = \"other\"\n" + more; }

}  // namespace

std::vector<ContractCase> contract_cases() {
    return {
        {"no TOML", kHead + "[x\n", {":6: "}},
        {"no column", "name = \"shop\"\n", {":1: column: a contract declares at least one [[column]]"}},
        {"unknown key", kHead + "requred = true\n", {":6: requred: unknown key; did you mean 'required'?"}},
        {"value of another type",
         kHead + "required = \"yes\"\n",
         {":6: required: expected a boolean, found a string"}},
        {"unknown type",
         column("type = \"timestmp\"\n"),
         {":8: type: unknown type 'timestmp'; did you mean 'timestamp'?"}},
        {"decimal out of bounds",
         column("type = \"decimal(39,4)\"\n"),
         {":8: type: decimal(39,4) is out of bounds"}},
        {"type missing", column(""), {":6: type: is missing"}},
        {"name no SQL takes",
         kHead + "[[column]]\nname = \"Other\"\ntype = \"int64\"\n",
         {":7: name: 'Other' is no name"}},
        {"name every table has",
         kHead + "[[column]]\nname = \"shard\"\ntype = \"int64\"\n",
         {":7: name: 'shard' is a name every table has already"}},
        {"column twice",
         kHead + "[[column]]\nname = \"price\"\ntype = \"int64\"\n",
         {":7: name: 'price' is taken by column 'price' already"}},
        {"alias of two columns",
         column("type = \"int64\"\naliases = [\"Price\"]\n"),
         {":9: aliases: 'Price' is taken by column 'price' already"}},
        {"partition key of no column",
         "partition_key = \"prize\"\n" + kHead,
         {":1: partition_key: unknown column 'prize'; did you mean 'price'?"}},
        {"event time of no time",
         "event_time = \"price\"\n" + kHead,
         {":1: event_time: must be a timestamp column"}},
        {"unknown zone",
         "zone = \"Europe/Lundon\"\n" + kHead,
         {":1: zone: unknown time zone 'Europe/Lundon'; did you mean 'Europe/London'?"}},
        {"unknown word",
         "unknown = \"kep\"\n" + kHead,
         {":1: unknown: 'kep' is none of keep, ignore, quarantine; did you mean 'keep'?"}},
        {"key that may be null",
         "key = [\"price\"]\n" + kHead,
         {":1: key: column 'price' must be required to be part of the key"}},
        {"rule over no column",
         rule("prise > 0"),
         {":8: sql: position 1: unknown column 'prise'; did you mean 'price'?"}},
        {"rule that is no condition",
         rule("price + 1"),
         {":8: sql: position 1: a rule is a condition, this is a number"}},
        {"rule in SQL beyond the subset", rule("price in (SELECT 1)"), {":8: sql: position "}},
        {"unknown severity",
         rule("price > 0", "severity = \"fatal\"\n"),
         {":9: severity: 'fatal' is none of warn, quarantine"}},
        {"three problems, all told",
         "zone = \"Nowhere/Land\"\n" + column("type = \"int\"\nbogus = 1\n"),
         {":1: zone: unknown time zone 'Nowhere/Land'", ":9: type: unknown type 'int'",
          ":10: bogus: unknown key"}},
    };
}

namespace {

std::string text_of_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(BadContracts, StopTheStartAndSayFileLineKeyAndNearestName) {
    for (const ContractCase& one : contract_cases()) {
        SCOPED_TRACE(one.name);
        const TemporaryFolder folder;
        const std::string datasets = folder.file("data") + "/datasets";
        std::filesystem::create_directories(datasets);
        std::ofstream(datasets + "/shop.toml") << one.toml;
        const auto server = ServerProcess::start(folder.file("data"));
        ASSERT_FALSE(server) << "it started";
        const std::string log = text_of_file(folder.file("data") + ".log");
        EXPECT_NE(server.error().message.find("exit code 3"), std::string::npos) << server.error().message;
        for (const std::string& problem : one.problems)
            EXPECT_NE(log.find("shop.toml" + problem), std::string::npos) << log;
    }
}

}  // namespace
}  // namespace tillstream::bad_input
