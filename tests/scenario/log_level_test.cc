// What the server logs, changed while it runs.
#include <gtest/gtest.h>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class LogLevels : public Scenario {
protected:
    std::string level_of(const json::Value& answer, std::string_view component) {
        for (const json::Value& entry : answer.find("levels")->items)
            if (entry.find("component")->text == component) return entry.find("level")->text;
        return "";
    }
};

TEST_F(LogLevels, AreReadAndChangedOneByOneOrAllAtOnce) {
    start();
    const json::Value before = *json::parse(must(client().get("/v1/log-levels")).body);
    EXPECT_EQ(level_of(before, ""), "info");
    EXPECT_EQ(level_of(before, "http"), "info");
    const auto one = must(client().post("/v1/log-levels", R"({"level":"debug","component":"http"})"));
    ASSERT_EQ(one.status, 200) << one.body;
    EXPECT_EQ(level_of(*json::parse(one.body), "http"), "debug");
    EXPECT_EQ(level_of(*json::parse(one.body), ""), "info");
    const auto all = must(client().post("/v1/log-levels", R"({"level":"error"})"));
    ASSERT_EQ(all.status, 200) << all.body;
    for (const json::Value& entry : json::parse(all.body)->find("levels")->items)
        EXPECT_EQ(entry.find("level")->text, "error");
    for (const char* bad :
         {R"({"level":"loud"})", R"({"component":"http"})", R"({"level":1})", "[]", "", "{"})
        EXPECT_EQ(must(client().post("/v1/log-levels", bad)).status, 400) << bad;
    for (const char* bad : {R"({"level":"info","component":"nobody"})", R"({"level":"info","component":7})"})
        EXPECT_EQ(must(client().post("/v1/log-levels", bad)).status, 404) << bad;
}

}  // namespace
}  // namespace tillstream
