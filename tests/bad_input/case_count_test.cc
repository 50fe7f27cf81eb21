// The suite as a whole: enough cases of every class, counted from the tables that the tests run.
#include <gtest/gtest.h>

#include <map>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

TEST(BadInput, HasThreeCasesOfEveryClassAndEightyInAll) {
    std::map<std::string, std::size_t> counts;
    for (const auto& table : {value_cases(), malformed_cases(), content_cases(), too_large_cases(),
                              element_cases(), csv_header_cases(), csv_row_cases(), record_limit_cases()}) {
        for (const IngestCase& one : table) ++counts[class_of(one)];
    }
    counts.erase("");  // nothing is wrong with those
    counts["header"] += header_cases().size() + head_cases().size();
    counts["auth"] += auth_cases({}).size();
    counts["limits"] += limit_cases().size() + limit_head_cases().size() + quota_cases("").size();
    counts["contract"] += contract_cases().size();
    counts["config"] += config_cases().size();
    std::size_t all = request_cases().size();
    for (const auto& [name, count] : counts) {
        std::printf("%-16s %3zu\n", name.c_str(), count);
        all += count;
    }
    std::printf("%-16s %3zu\n", "all", all);
    for (const char* name : {"encoding", "syntax", "type", "range", "required", "size", "depth",
                             "duplicate_field", "header", "auth", "limits", "contract", "config"})
        EXPECT_GE(counts[name], 3U) << name;
    EXPECT_GE(all, 80U);
}

}  // namespace
}  // namespace tillstream::bad_input
