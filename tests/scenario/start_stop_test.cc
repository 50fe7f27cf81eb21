// How the program starts, stops and refuses: what scripts and init systems rely on.
#include <fstream>
#include <sstream>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class StartStop : public Scenario {};

TEST_F(StartStop, TermDeliversEverythingAndExitsWithZero) {
    start();
    must(client().pause("warehouse"));
    for (int i = 0; i < 10; ++i) post(made_up_sales(1000 * i, 500));
    must(client().resume("warehouse"));
    ASSERT_EQ(stop(), 0);

    std::stringstream log;
    log << std::ifstream(data_dir() + ".log").rdbuf();
    EXPECT_EQ(log.str().find("drain time ran out"), std::string::npos) << log.str();

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
