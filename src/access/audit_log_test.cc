#include "access/audit_log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/fault_env.h"
#include "core/memory_env.h"
#include "json/value.h"

namespace tillstream {
namespace {

using std::chrono::seconds;

std::vector<json::Value> lines_of(const std::string& text) {
    std::vector<json::Value> lines;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != text.npos; begin = end + 1) {
        auto line = json::parse(std::string_view(text).substr(begin, end - begin));
        EXPECT_TRUE(line) << text.substr(begin, end - begin);
        if (line) lines.push_back(std::move(*line));
    }
    EXPECT_TRUE(text.empty() || text.ends_with('\n'));
    return lines;
}

std::string text_of(const json::Value& line, std::string_view name) {
    const json::Value* value = line.find(name);
    return value ? value->text : "missing";
}

class AuditLogTest : public ::testing::Test {
protected:
    AuditLogTest() { EXPECT_TRUE(memory_.make_dirs("state")); }
    std::unique_ptr<AuditLog> open(AuditOptions options = {}) { return open_on(memory_, options); }
    std::unique_ptr<AuditLog> open_on(Filesystem& fs, AuditOptions options = {}) {
        auto log = AuditLog::open({fs, "state"}, clock_, options);
        if (!log) throw std::runtime_error(log.error().message);
        return std::move(*log);
    }
    std::string content(const std::string& name = "audit.log") {
        return *read_file(memory_, "state/" + name);
    }
    std::vector<json::Value> lines() { return lines_of(content()); }
    static AuditEntry refused(std::string_view peer, int status = 401) {
        return {.token = {},
                .peer = peer,
                .request_id = "r",
                .action = "GET /v1/query",
                .target = {},
                .status = status};
    }

    MemoryFilesystem memory_;
    ManualClock clock_{Timestamp{1'700'000'000'000'000}};
};

TEST_F(AuditLogTest, ALineTellsWhoDidWhatWithWhatOutcome) {
    const auto log = open();
    ASSERT_TRUE(log->record({.token = "0a1b2c3d4e5f",
                             .peer = "127.0.0.1",
                             .request_id = "r-1",
                             .action = "sink.pause",
                             .target = "ware\"house",
                             .status = 200}));
    ASSERT_TRUE(log->record({.token = {},
                             .peer = "::1",
                             .request_id = "r-2",
                             .action = "token.create",
                             .target = {},
                             .status = 403}));
    EXPECT_EQ(
        content(),
        R"({"time":"2023-11-14T22:13:20Z","token":"0a1b2c3d4e5f","peer":"127.0.0.1","request_id":"r-1",)"
        R"("action":"sink.pause","target":"ware\"house","outcome":"done","status":200,"repeats":1})"
        "\n"
        R"({"time":"2023-11-14T22:13:20Z","token":null,"peer":"::1","request_id":"r-2",)"
        R"("action":"token.create","target":null,"outcome":"refused","status":403,"repeats":1})"
        "\n");
}

TEST_F(AuditLogTest, WhatIsRecordedOutlivesALossOfPower) {
    const auto log = open();
    ASSERT_TRUE(log->record(refused("a")));
    memory_.crash(MemoryFilesystem::Loss::all);
    EXPECT_EQ(lines().size(), 1U);
    ASSERT_TRUE(open()->record(refused("b")));
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(AuditLogTest, ALineCutShortByACrashIsEndedAndTheNextIsWhole) {
    ASSERT_TRUE(open()->record(refused("a")));
    const std::string whole = content();
    ASSERT_TRUE(write_file_atomic(memory_, "state/audit.log", whole + R"({"time":"2023)"));
    ASSERT_TRUE(open()->record(refused("b")));
    const std::string text = content();
    EXPECT_EQ(text.substr(0, whole.size()), whole);
    EXPECT_EQ(lines_of(text.substr(text.find('\n', whole.size()) + 1)).size(), 1U);
}

TEST_F(AuditLogTest, RepeatedRefusalsAreCountedNotWritten) {
    const auto log = open();
    for (int i = 0; i < 1000; ++i) log->note_refusal(refused("a"));
    log->note_refusal(refused("b"));
    ASSERT_TRUE(log->flush());
    ASSERT_EQ(lines().size(), 2U);
    EXPECT_EQ(text_of(lines()[0], "repeats"), "1000");
    EXPECT_EQ(text_of(lines()[1], "repeats"), "1");
    for (int i = 0; i < 50; ++i) {
        log->note_refusal(refused("a"));
        clock_.advance(seconds(1));
        ASSERT_TRUE(log->flush());
    }
    EXPECT_EQ(lines().size(), 2U) << "within the window";
    clock_.advance(seconds(10));
    ASSERT_TRUE(log->flush());
    ASSERT_EQ(lines().size(), 3U);
    EXPECT_EQ(text_of(lines()[2], "repeats"), "50");
    ASSERT_TRUE(log->flush(true));
    EXPECT_EQ(lines().size(), 3U) << "nothing is told twice";
}

TEST_F(AuditLogTest, TheEndTellsWhatIsLeft) {
    const auto log = open();
    log->note_refusal(refused("a"));
    ASSERT_TRUE(log->flush());
    log->note_refusal(refused("a"));
    ASSERT_TRUE(log->flush());
    EXPECT_EQ(lines().size(), 1U);
    ASSERT_TRUE(log->flush(true));
    EXPECT_EQ(lines().size(), 2U);
}

TEST_F(AuditLogTest, AFloodFromEverywhereTakesBoundedRoomAndNoneIsUncounted) {
    const auto log = open();
    int noted = 0;
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 500; ++i, ++noted) log->note_refusal(refused("peer-" + std::to_string(noted)));
        ASSERT_TRUE(log->flush());
        clock_.advance(seconds(1));
    }
    ASSERT_TRUE(log->flush(true));
    EXPECT_LE(lines().size(), AuditLog::kDistinctMax + 2);
    std::int64_t told = 0;
    for (const json::Value& line : lines()) told += *line.find("repeats")->as_int64();
    EXPECT_EQ(told, noted);
}

TEST_F(AuditLogTest, FilesAreRotatedAndTheOldestGoes) {
    const auto log = open({.file_bytes_max = 1000, .files_max = 3});
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(log->record(refused("peer-" + std::to_string(i))));
    auto names = *memory_.list("state");
    EXPECT_EQ(names, (std::vector<std::string>{"audit.log", "audit.log.1", "audit.log.2"}));
    int expected = 99;
    for (const std::string& name : names) {
        EXPECT_LE(content(name).size(), 1000U);
        auto told = lines_of(content(name));
        std::reverse(told.begin(), told.end());
        for (const json::Value& line : told)
            EXPECT_EQ(text_of(line, "peer"), "peer-" + std::to_string(expected--));
    }
    EXPECT_LT(expected, 95) << "all three hold lines";
}

TEST_F(AuditLogTest, OneFileAloneStartsOver) {
    const auto log = open({.file_bytes_max = 1000, .files_max = 1});
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(log->record(refused("p")));
    EXPECT_EQ(memory_.list("state")->size(), 1U);
    EXPECT_LE(content().size(), 1000U);
}

TEST_F(AuditLogTest, AFailureIsReportedAndTheNextLineIsWhole) {
    FaultFilesystem faults(memory_);
    const auto log = open_on(faults, {.file_bytes_max = 600, .files_max = 3});
    int written = 0;
    for (std::uint64_t nth = 1; nth < 30; ++nth) {
        faults.fail(FileCall::any, 1 + nth % 7, {Errc::resource_exhausted, "injected"});
        for (int i = 0; i < 4; ++i) written += log->record(refused("p")) ? 1 : 0;
        faults.heal();
        ASSERT_TRUE(log->record(refused("q")));
        const std::vector<std::string> names = *memory_.list("state");
        for (const std::string& name : names) lines_of(content(name));
    }
    EXPECT_GT(written, 30);
}

}  // namespace
}  // namespace tillstream
