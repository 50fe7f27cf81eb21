#include "app/internal/log_filter.h"

#include <gtest/gtest.h>

namespace tillstream::app {
namespace {

constexpr std::string_view kLine =
    R"({"ts":"2026-03-01T10:00:00.250Z","level":"warn","msg":"a sink fails","component":"delivery",)"
    R"("fields":{"sink":"tables","error":"disk full","lag":17,"request_id":"r-1"}})";

bool picks(const LogFilter& filter, std::string_view line = kLine) {
    return filter.pick(line, false).has_value();
}

TEST(LogFilter, WritesALineForPeopleOrAsItWas) {
    EXPECT_EQ(LogFilter{}.pick(kLine, false),
              "2026-03-01T10:00:00.250Z warn  delivery: a sink fails sink=tables error=\"disk full\" lag=17 "
              "request_id=r-1");
    EXPECT_EQ(LogFilter{}.pick(kLine, true), kLine);
}

TEST(LogFilter, PicksByLevelComponentRequestAndText) {
    EXPECT_TRUE(picks({.least = LogLevel::warn}));
    EXPECT_FALSE(picks({.least = LogLevel::error}));
    EXPECT_TRUE(picks({.component = "delivery"}));
    EXPECT_FALSE(picks({.component = "deliver"}));
    EXPECT_TRUE(picks({.request_id = "r-1"}));
    EXPECT_FALSE(picks({.request_id = "r-12"}));
    EXPECT_TRUE(picks({.text = "disk"}));
    EXPECT_FALSE(picks({.text = "Disk"}));
}

TEST(LogFilter, PicksByTimeFromInclusiveToExclusive) {
    const auto at = parse_rfc3339("2026-03-01T10:00:00.25Z");
    const auto later = parse_rfc3339("2026-03-01T10:00:00.251Z");
    EXPECT_TRUE(picks({.since = at}));
    EXPECT_FALSE(picks({.since = later}));
    EXPECT_FALSE(picks({.until = at}));
    EXPECT_TRUE(picks({.until = later}));
}

TEST(LogFilter, KeepsStrangeLinesUnlessAskedForMore) {
    for (const std::string_view strange :
         {"Aborted (core dumped)", "", "[]", "{}", R"({"ts":1,"level":"warn"})",
          R"({"level":"loud","ts":"x"})", "{\"ts\":", "\xff\xfe"}) {
        EXPECT_EQ(LogFilter{}.pick(strange, false), strange);
        EXPECT_FALSE(picks({.least = LogLevel::info}, strange)) << strange;
        EXPECT_FALSE(picks({.component = "delivery"}, strange)) << strange;
    }
    EXPECT_TRUE(picks({.text = "core"}, "Aborted (core dumped)"));
}

TEST(LogFilter, NoContentForgesASecondLine) {
    const auto line =
        LogFilter{}.pick(R"({"ts":"2026-03-01T10:00:00.250Z","level":"info","msg":"a\nb","component":"x\r",)"
                         R"("fields":{"k":"v\n"}})",
                         false);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->find_first_of("\r\n"), std::string::npos) << *line;
}

}  // namespace
}  // namespace tillstream::app
