// How the program starts, stops and refuses: what scripts and init systems rely on.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "net/loopback_test.h"
#include "tests/scenario/scenario.h"
#include "tests/support/raw_objects.h"

namespace tillstream {
namespace {

class StartStop : public Scenario {
protected:
    ~StartStop() override {
        if (limited_) ::unsetenv("TILL_PROGRAM");
    }
    /// What is started from now on may have `limit` files open.
    void limit_open_files(int limit) {
        const std::string script = folder().file("limited.sh");
        std::ofstream(script) << "#!/bin/sh\nulimit -n " << limit << "\nexec '" << program_path()
                              << "' \"$@\"\n";
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        ::setenv("TILL_PROGRAM", script.c_str(), 1);
        limited_ = true;
    }
    testing::RawConnection connect() {
        const std::string& url = server().url();
        return testing::RawConnection(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
    }
    std::string log() const {
        std::ifstream file(data_dir() + ".log");
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

private:
    bool limited_ = false;
};

TEST_F(StartStop, TermDeliversEverythingAndExitsWithZero) {
    start();
    must(client().pause("warehouse"));
    for (int i = 0; i < 10; ++i) post(made_up_sales(1000 * i, 500));
    must(client().resume("warehouse"));
    ASSERT_EQ(stop(), 0);
    EXPECT_EQ(log().find("drain time ran out"), std::string::npos) << log();

    const CommandResult verified = run_program({"verify", "--data", data_dir(), "--output", "json"});
    EXPECT_EQ(verified.exit_code, 0) << verified.errors << verified.output;
    const json::Value document = must(json::parse(verified.output));
    EXPECT_EQ(number_of(document, "accepted"), 5'000);
    EXPECT_EQ(text_of(document, "ok"), "true");
}

TEST_F(StartStop, AStopDoesNotWaitForAPausedSink) {
    start({"--server.drain_timeout", "1s"});
    must(client().pause("warehouse"));
    post(made_up_sales(1, 500));
    EXPECT_EQ(stop(), 0);
    start();
    const json::Value held_back = must(client().verify("sales", 0));
    EXPECT_EQ(text_of(held_back, "ok"), "false") << "a pause survives a restart";
    must(client().resume("warehouse"));
    expect_verified();
}

TEST_F(StartStop, TheSameSignalTwiceAtOnceIsStillACleanStop) {
    start();
    post(made_up_sales(1, 500));
    const pid_t pid = server().pid();
    std::thread group([pid] {
        for (int i = 0; i < 20; ++i) {
            ::kill(pid, i % 2 == 0 ? SIGTERM : SIGINT);
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    });
    const int exit_code = stop();
    group.join();
    EXPECT_EQ(exit_code, 0);
    EXPECT_EQ(must(count_raw_lines(data_dir(), "sales")), 500U) << "all of it was sealed";
}

TEST_F(StartStop, ASecondSignalLaterEndsItAtOnce) {
    start();
    testing::RawConnection slow = connect();
    slow.send(
        "POST /v1/streams/sales/records HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n"
        "Expect: 100-continue\r\n\r\n");
    ASSERT_TRUE(slow.receive_bytes().starts_with("HTTP/1.1 100 ")) << "it is being read";
    ASSERT_EQ(::kill(server().pid(), SIGTERM), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    ASSERT_TRUE(server().running()) << "it waits for the request";
    // A busy machine may have heard the first one late.
    for (int i = 0; i < 9 && server().running(); ++i) {
        ASSERT_EQ(::kill(server().pid(), SIGTERM), 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    EXPECT_EQ(stop(), 128 + SIGTERM);
    start();
    expect_verified();
}

TEST_F(StartStop, WhoReadsTheLogMayGoAway) {
    const std::string log = data_dir() + ".log";
    ASSERT_EQ(::mkfifo(log.c_str(), 0600), 0);
    const int reader = ::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);
    start();
    ::close(reader);
    post(made_up_sales(1, 500));
    EXPECT_EQ(stop(), 0) << "its last lines go nowhere";
    EXPECT_EQ(must(count_raw_lines(data_dir(), "sales")), 500U);
}

TEST_F(StartStop, ACrowdTakesNoFilesFromTheStores) {
    constexpr int kFiles = 850;
    limit_open_files(kFiles);
    start();
    EXPECT_NE(log().find(R"("connections":82,"connections_max":4096,"open_files_max":850)"),
              std::string::npos)
        << log();
    std::vector<testing::RawConnection> crowd;
    for (int i = 0; i < kFiles; ++i) crowd.push_back(connect());
    // The scenario's own connection is one of those that go, maybe with a request on its way; the last one
    // to come stays.
    ShopClient last = must(ShopClient::open(server().url()));
    must(last.post_json("/v1/streams/sales/records", made_up_sales(1, 500),
                        {{"Content-Type", "application/json"}}));
    expect_verified();
    EXPECT_EQ(stop(), 0);
    EXPECT_EQ(must(count_raw_lines(data_dir(), "sales")), 500U);
    EXPECT_EQ(log().find("Too many open files"), std::string::npos) << log();
}

TEST_F(StartStop, TooFewFilesAreRefusedBeforeAnythingIsOpened) {
    limit_open_files(500);
    const CommandResult result = run_program({"serve", "--data", data_dir(), "--http", "127.0.0.1:0"});
    EXPECT_EQ(result.exit_code, 3) << result.errors;
    EXPECT_NE(result.errors.find("the process may open 500 files, 832 are needed: raise it with `ulimit -n`"),
              std::string::npos)
        << result.errors;
}

TEST_F(StartStop, ASecondProcessOnTheFolderExits75AndNamesTheOwner) {
    start();
    const CommandResult second = run_program({"serve", "--data", data_dir(), "--http", "127.0.0.1:0"});
    EXPECT_EQ(second.exit_code, 75);
    EXPECT_NE(second.errors.find(std::to_string(server().pid())), std::string::npos) << second.errors;
    EXPECT_EQ(number_of(post(made_up_sales(1, 10)), "accepted"), 10) << "the owner goes on";
}

TEST_F(StartStop, VerifyOpensTheFolderWhenNoServerRuns) {
    start();
    post(made_up_sales(1, 100, 10));
    ASSERT_EQ(stop(), 0);
    const CommandResult verified = run_program({"verify", "--data", data_dir(), "--output", "json"});
    ASSERT_EQ(verified.exit_code, 0) << verified.errors;
    const json::Value document = must(json::parse(verified.output));
    EXPECT_EQ(number_of(document, "received"), 100);
    EXPECT_EQ(number_of(document, "quarantined"), 10);
    start();
    expect_verified();
}

TEST_F(StartStop, VerifyFindsTheRunningServerByItsFolder) {
    start();
    post(made_up_sales(1, 100));
    const CommandResult verified = run_program({"verify", "--data", data_dir(), "--output", "json"});
    EXPECT_EQ(verified.exit_code, 0) << verified.errors;
    EXPECT_EQ(number_of(must(json::parse(verified.output)), "accepted"), 100);
}

TEST_F(StartStop, ConfigurationErrorsExitWith3AndNameTheOption) {
    const std::string file = folder().file("bad.toml");
    std::ofstream(file) << "[ingest]\nshards = \"many\"\n";
    struct Case {
        std::vector<std::string> arguments;
        std::string named;
    };
    const std::vector<Case> cases{
        {{"--ingest.shards", "0"}, "ingest.shards"},
        {{"--ingest.shard", "4"}, "ingest.shards"},
        {{"--http", "localhost:http"}, "http"},
        {{"--log.segment_bytes", "12 parsecs"}, "log.segment_bytes"},
        {{"--config", file}, "ingest.shards"},
        {{"--config", folder().file("absent.toml")}, "absent.toml"},
        {{"--http", "0.0.0.0:0"}, "--insecure"},
    };
    for (const Case& wrong : cases) {
        std::vector<std::string> arguments{"serve", "--data", data_dir()};
        arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
        const CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 3)
            << wrong.arguments[0] << " " << wrong.arguments[1] << ": " << result.errors;
        EXPECT_NE(result.errors.find(wrong.named), std::string::npos) << result.errors;
    }
}

}  // namespace
}  // namespace tillstream
