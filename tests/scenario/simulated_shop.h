// simulated_shop.h - a simulated shop's file, the simulator's own answer to it, and what SQL, the reads by
// key and the raw lake's objects say of it.
//
// Why:        the file is recounted by somebody who never saw the program (tests/support/sales_recount.h),
//             the answer is held against that recount, and each of the three readers against the answer.
// Lifecycle:  simulate -> start -> send -> expect_...
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/scenario.h"
#include "tests/support/sales_recount.h"

namespace tillstream {

class SimulatedShop : public Scenario {
protected:
    /// Writes the folder shop().
    void simulate(const std::vector<std::string>& options);
    std::string shop() const { return folder().file("shop"); }
    std::string sales_file() const { return shop() + "/sales.ndjson"; }

    /// Its report; exit code 5, since some records are bad.
    json::Value send();
    std::string value(const std::string& sql) { return must(client().query_value(sql)); }

    /// Sends, and compares the report and all three readers.
    void expect_everything();
    void expect_sql();
    /// Broken JSON carries no event id: sent again it is quarantined again.
    void expect_sql_of_accepted();
    /// Every code that a record can get but for size, whose record of a megabyte is rare.
    void expect_codes();
    void expect_reads_by_key();
    /// Seals, then counts what lies in the raw lake, again by somebody who never saw the program.
    void expect_raw_objects();

    json::Value expected_;
    SalesRecount recount_;

private:
    /// expected.json's groups against the same grouping in SQL.
    void expect_groups(const std::string& name, const std::string& key);
};

}  // namespace tillstream
