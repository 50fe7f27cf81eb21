// /metrics: complete, and in the form Prometheus asks for.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class MetricsPage : public Scenario {
protected:
    std::string page() { return must(client().get("/metrics")).body; }

    /// Value of a series; nothing if it is not there.
    static std::optional<double> value_of(const std::string& page, const std::string& series) {
        std::istringstream lines(page);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
        return std::nullopt;
    }
};

TEST_F(MetricsPage, TellsOfDoorsLogSinksAndTheProcess) {
    start();
    post(made_up_sales(1, 100, 10));
    ASSERT_TRUE(comes_level("warehouse") && comes_level("tables") && comes_level("quarantine"));
    const std::string text = page();
    for (const char* sink : {"warehouse", "tables", "quarantine"}) {
        const std::string label = std::string("{sink=\"") + sink + "\"}";
        EXPECT_EQ(value_of(text, "tillstream_consumer_lag_records" + label), 0);
        EXPECT_EQ(value_of(text, "tillstream_consumer_running" + label), 1);
        EXPECT_TRUE(value_of(text, "tillstream_consumer_lag_seconds" + label));
    }
    EXPECT_GT(value_of(text, "process_resident_memory_bytes").value_or(0), 1e6);
    EXPECT_GT(value_of(text, "process_cpu_seconds_total").value_or(0), 0);
    EXPECT_GT(value_of(text, "process_open_fds").value_or(0), 3);
    EXPECT_GT(value_of(text, "process_max_fds").value_or(0), 3);
    EXPECT_GT(value_of(text, "process_start_time_seconds").value_or(0), 1.6e9);
    EXPECT_NE(text.find("tillstream_build_info{version=\""), std::string::npos);
    must(client().pause("tables"));
    EXPECT_EQ(value_of(page(), "tillstream_consumer_running{sink=\"tables\"}"), 0);
    post(made_up_sales(1000, 7));
    EXPECT_EQ(value_of(page(), "tillstream_consumer_lag_records{sink=\"tables\"}"), 7);
}

/// Prometheus' naming rules, as far as they can be told from the page; promtool's own eyes: tests/outside.
TEST_F(MetricsPage, NamesFollowTheRules) {
    start();
    post(made_up_sales(1, 10, 5));
    const std::string text = page();
    std::map<std::string, std::string> types;
    std::set<std::string> helped;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string hash, word, name, type;
        words >> hash >> word >> name >> type;
        if (hash == "#" && word == "TYPE") {
            EXPECT_TRUE(types.emplace(name, type).second) << name << " twice";
        }
        if (hash == "#" && word == "HELP") {
            EXPECT_TRUE(helped.insert(name).second) << name;
            EXPECT_FALSE(type.empty()) << name << " has no help";
        }
    }
    EXPECT_GT(types.size(), 20U);
    for (const auto& [name, type] : types) {
        SCOPED_TRACE(name);
        EXPECT_TRUE(helped.contains(name));
        EXPECT_TRUE(name.starts_with("tillstream_") || name.starts_with("process_"));
        EXPECT_EQ(type == "counter", name.ends_with("_total"));
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos);
        for (const char* unit : {"_ms", "_us", "_kb", "_mb", "_minutes", "_percent"})
            EXPECT_FALSE(name.ends_with(unit)) << "not a base unit";
        if (type == "histogram") {
            EXPECT_TRUE(name.ends_with("_seconds") || name.ends_with("_bytes") || name.ends_with("_records"));
        }
    }
}

}  // namespace
}  // namespace tillstream
