#include "core/log.h"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/time.h"

namespace tillstream {
namespace {

/// What `write` makes a logger put on stderr.
template <class Write>
std::string logged(Logger::Format format, LogLevel least, Write write) {
    testing::internal::CaptureStderr();
    write(Logger::to_stderr(format, least));
    return testing::internal::GetCapturedStderr();
}

/// The lines with TIME for each time stamp of the promised form: RFC 3339, UTC, always milliseconds.
std::string without_time(const std::string& lines) {
    constexpr std::size_t kLength = 24;
    std::string out;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        const std::size_t at = line.starts_with("{\"ts\":\"") ? 7 : 0;
        const std::string time = line.substr(at, kLength);
        const bool expected =
            time.size() == kLength && time[19] == '.' && time.back() == 'Z' && parse_rfc3339(time);
        out += expected ? line.replace(at, kLength, "TIME") : line;
        out += '\n';
    }
    return out;
}

TEST(Logger, WritesOneJsonObjectALine) {
    const std::string out = logged(Logger::Format::json, LogLevel::info, [](const Logger& log) {
        log.named("ingest").warn("disk is nearly full", {{"path", "/data"},
                                                         {"free", std::uint64_t{17}},
                                                         {"share", 0.5},
                                                         {"stopped", false},
                                                         {"ratio", std::numeric_limits<double>::infinity()}});
        log.info("no fields");
    });
    EXPECT_EQ(without_time(out),
              R"({"ts":"TIME","level":"warn","msg":"disk is nearly full","component":"ingest",)"
              R"("fields":{"path":"/data","free":17,"share":0.5,"stopped":false,"ratio":null}})"
              "\n"
              R"({"ts":"TIME","level":"info","msg":"no fields","component":""})"
              "\n");
}

TEST(Logger, ChangesTheLevelOfOneComponentOrOfAll) {
    const std::string out = logged(Logger::Format::text, LogLevel::warn, [](const Logger& log) {
        const Logger http = log.named("http");
        const Logger ingest = log.named("ingest");
        http.info("too low");
        EXPECT_TRUE(log.set_level("http", LogLevel::info));
        EXPECT_FALSE(log.set_level("nobody", LogLevel::info));
        http.info("one");
        log.named("http").info("the same component, named again");
        ingest.info("another component");
        log.set_levels(LogLevel::debug);
        ingest.debug("all");
        log.named("later").debug("named afterwards");
        EXPECT_EQ(log.levels().size(), 4U);
        EXPECT_EQ(log.levels().front(), std::pair(std::string(), LogLevel::debug));
    });
    EXPECT_EQ(without_time(out),
              "TIME info  http: one\n"
              "TIME info  http: the same component, named again\n"
              "TIME debug ingest: all\n"
              "TIME debug later: named afterwards\n");
}

TEST(Logger, KnowsItsLevelsByName) {
    EXPECT_EQ(log_level_named("warn"), LogLevel::warn);
    EXPECT_EQ(to_string(LogLevel::debug), "debug");
    EXPECT_FALSE(log_level_named("WARN"));
    EXPECT_FALSE(log_level_named(""));
    EXPECT_FALSE(Logger::silent().set_level("", LogLevel::info));
}

TEST(Logger, LetsNoContentForgeALineOrBreakTheJson) {
    const std::string out = logged(Logger::Format::json, LogLevel::info, [](const Logger& log) {
        log.info("a\"b\\c\nd", {{"k", "\x01\x7f\xff \xc3\xa9 \xc3 \xed\xa0\x80 \xf0\x9f\x92\xb6"}});
    });
    EXPECT_EQ(without_time(out),
              R"({"ts":"TIME","level":"info","msg":"a\"b\\c\u000ad","component":"","fields":)"
              R"({"k":"\u0001\u007f\ufffd )"
              "\xc3\xa9"
              R"( \ufffd \ufffd\ufffd\ufffd )"
              "\xf0\x9f\x92\xb6"
              "\"}}\n");
}

TEST(Logger, WritesTextForPeople) {
    const std::string out = logged(Logger::Format::text, LogLevel::debug, [](const Logger& log) {
        log.named("sink").debug("caught up", {{"lag", 0}, {"sink", "lake\n"}});
    });
    EXPECT_EQ(without_time(out), "TIME debug sink: caught up lag=0 sink=\"lake\\u000a\"\n");
}

TEST(Logger, DropsWhatIsBelowItsLevel) {
    const std::string out = logged(Logger::Format::text, LogLevel::warn, [](const Logger& log) {
        log.debug("no");
        log.info("no");
        log.warn("yes");
        log.error("yes");
        Logger::silent().error("no");
    });
    EXPECT_EQ(without_time(out), "TIME warn  yes\nTIME error yes\n");
}

TEST(Logger, KeepsLinesOfManyThreadsWhole) {
    constexpr int kThreads = 4;
    constexpr int kLines = 200;
    const std::string out = logged(Logger::Format::text, LogLevel::info, [](const Logger& log) {
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; ++i)
            threads.emplace_back([log] {
                for (int line = 0; line < kLines; ++line) log.info(std::string(100, 'x'));
            });
        for (std::thread& thread : threads) thread.join();
    });
    std::string line = "TIME info  " + std::string(100, 'x') + "\n";
    std::string expected;
    for (int i = 0; i < kThreads * kLines; ++i) expected += line;
    EXPECT_EQ(without_time(out), expected);
}

}  // namespace
}  // namespace tillstream
