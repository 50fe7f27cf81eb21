// Datasets are files: a TOML dropped into the data folder makes a stream and its table, and a changed one
//                     widens it. What
// was stored before stays as it was judged.
#include <filesystem>
#include <fstream>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

constexpr const char* kReturns = R"(
name = "returns"
description = "goods brought back"
partition_key = "return_no"
event_time = "returned_at"
zone = "UTC"
unknown = "keep"
measures = ["units"]

[[column]]
name = "return_no"
type = "string"
required = true
description = "number of the return"

[[column]]
name = "units"
type = "int64"
required = true
description = "units brought back"

[[column]]
name = "returned_at"
type = "timestamp"
required = true
description = "when"
)";

constexpr const char* kReason = R"(
[[column]]
name = "reason"
type = "string"
description = "why, in the customer's words"

[[rule]]
name = "units_positive"
sql = "units > 0"
severity = "quarantine"
)";

class ContractChange : public Scenario {
protected:
    void write_dataset(const std::string& toml) {
        std::filesystem::create_directories(data_dir() + "/datasets");
        std::ofstream(data_dir() + "/datasets/returns.toml") << toml;
    }
    std::string value(const std::string& sql) { return must(client().query_value(sql)); }
};

TEST_F(ContractChange, AFileMakesAStreamAndAnAddedColumnWidensIt) {
    start();
    EXPECT_EQ(must(client().post("/v1/streams/returns/records", "[]")).status, 404);
    ASSERT_EQ(stop(), 0);

    write_dataset(kReturns);
    start();
    post(R"([{"return_no":"R1","units":2,"returned_at":"2011-05-01","reason":"broken"},
             {"return_no":"R2","units":-1,"returned_at":"2011-05-02"},
             {"return_no":"R3","units":"x","returned_at":"2011-05-03"}])",
         "application/json", "returns");
    EXPECT_EQ(number_of(expect_verified("returns"), "accepted"), 2);
    EXPECT_EQ(value("SELECT sum(units) FROM shop.returns"), "1");
    EXPECT_EQ(value("SELECT extra::json->>'reason' FROM shop.returns WHERE return_no = 'R1'"), "broken");
    ASSERT_EQ(stop(), 0);

    write_dataset(std::string(kReturns) + kReason);
    start();
    post(R"([{"return_no":"R4","units":1,"returned_at":"2011-05-04","reason":"too small"},
             {"return_no":"R5","units":-1,"returned_at":"2011-05-05"}])",
         "application/json", "returns");
    const json::Value verified = expect_verified("returns");
    EXPECT_EQ(number_of(verified, "accepted"), 3);
    EXPECT_EQ(number_of(verified, "quarantined"), 2) << "the new rule judges new records only";
    EXPECT_EQ(value("SELECT string_agg(return_no || ':' || coalesce(reason, '-'), ' ' ORDER BY return_no) "
                    "FROM shop.returns"),
              "R1:- R2:- R4:too small");
}

TEST_F(ContractChange, ARebuildJudgesNothingAgain) {
    write_dataset(kReturns);
    start();
    post(R"([{"return_no":"R1","units":-2,"returned_at":"2011-05-01"}])", "application/json", "returns");
    expect_verified("returns");
    ASSERT_EQ(stop(), 0);
    write_dataset(std::string(kReturns) + kReason);
    std::filesystem::remove(data_dir() + "/warehouse.duckdb");
    start();
    EXPECT_EQ(number_of(expect_verified("returns"), "accepted"), 1) << "the verdict of its day holds";
    EXPECT_EQ(value("SELECT sum(units) FROM shop.returns"), "-2");
}

TEST_F(ContractChange, ABrokenFileStopsTheStartAndNamesTheLine) {
    write_dataset("name = \"returns\"\ncolour = \"red\"\n");
    const CommandResult result = run_program({"serve", "--data", data_dir(), "--http", "127.0.0.1:0"});
    EXPECT_EQ(result.exit_code, 3) << result.errors;
    EXPECT_NE(result.errors.find("returns.toml"), std::string::npos) << result.errors;
    EXPECT_NE(result.errors.find("colour"), std::string::npos) << result.errors;
}

}  // namespace
}  // namespace tillstream
