// What a verb does about the folder it is named, the server it finds there, and the environment; what it
// prints.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

/// For the commands run while it lives.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
    ~Variable() { ::unsetenv(name_); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    const char* name_;
};

class CommandLine : public Scenario {
protected:
    std::string other_dir() const { return folder().file("other"); }
    static std::string log_of(const std::string& dir) {
        std::ifstream file(dir + ".log");
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }
    std::int64_t received(const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"verify", "--output", "json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const CommandResult verified = run_program(arguments);
        EXPECT_EQ(verified.exit_code, 0) << verified.errors << verified.output;
        return number_of(must(json::parse(verified.output)), "received");
    }
    CommandResult refused_to_serve(const std::vector<std::string>& more) {
        std::vector<std::string> arguments{"serve", "--data", other_dir()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 3) << result.errors;
        EXPECT_EQ(result.output.find("ready"), std::string::npos);
        return result;
    }
};

TEST_F(CommandLine, AnAddressThatAKilledServerLeftBehindIsNotBelieved) {
    start();
    post(made_up_sales(1, 10));
    server().kill_now();
    const ServerProcess other = must(ServerProcess::start(other_dir()));
    ShopClient neighbour = must(ShopClient::open(other.url()));
    must(neighbour.post_json("/v1/streams/sales/records", made_up_sales(1, 25),
                             {{"Content-Type", "application/json"}}));
    const std::string left_behind = data_dir() + "/state/server.url";
    ASSERT_TRUE(std::filesystem::exists(left_behind));
    std::ofstream(left_behind, std::ios::trunc) << other.url();
    EXPECT_EQ(received({"--data", data_dir()}), 10) << "the folder's own figures";
    EXPECT_EQ(received({"--data", other_dir()}), 25) << "its server is found all the same";

    std::ofstream(left_behind, std::ios::trunc) << other.url();
    const CommandResult unnamed = run_program({"logs", "level", "--data", data_dir()});
    EXPECT_EQ(unnamed.exit_code, 75) << "no server runs there: " << unnamed.output;
    start();
    EXPECT_EQ(received({"--data", data_dir()}), 10);
}

TEST_F(CommandLine, AMistypedVerbIsNamed) {
    const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
        {{"verfy", "--output", "json"}, "unknown verb 'verfy'; did you mean 'verify'?"},
        {{"frobnicate"}, "unknown verb 'frobnicate'; there are serve, send, simulate, query, verify, "},
        {{"token", "lst"}, "unknown verb 'lst'; did you mean 'list'?"},
        {{"token", "frobnicate"}, "unknown verb 'frobnicate'; there are create, list, revoke"},
        {{"config", "chek"}, "unknown verb 'chek'; did you mean 'check'?"},
        {{}, "A subcommand is required"},
        {{"token"}, "A subcommand is required"}};
    for (const auto& [arguments, problem] : cases) {
        const CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 2) << problem << ": " << result.errors;
        EXPECT_NE(result.errors.find(problem), std::string::npos) << problem << ": " << result.errors;
        EXPECT_EQ(result.output, "") << problem;
    }
}

TEST_F(CommandLine, AFolderThatIsNoneIsRefusedAndNotMade) {
    const std::string absent = folder().file("typo");
    const std::string empty = folder().file("empty");
    std::filesystem::create_directory(empty);
    const std::vector<std::vector<std::string>> verbs{{"verify"},
                                                      {"query", "SELECT 1"},
                                                      {"replay", "--sink", "tables"},
                                                      {"token", "list"},
                                                      {"token", "revoke", "x"}};
    for (const std::vector<std::string>& verb : verbs) {
        for (const std::string& dir : {absent, empty}) {
            std::vector<std::string> arguments = verb;
            arguments.insert(arguments.end(), {"--data", dir});
            const CommandResult result = run_program(arguments);
            EXPECT_EQ(result.exit_code, 1) << verb[0] << ": " << result.output << result.errors;
            EXPECT_NE(result.errors.find(dir), std::string::npos) << result.errors;
            EXPECT_NE(result.errors.find("tillstream serve"), std::string::npos) << result.errors;
        }
    }
    EXPECT_EQ(run_program({"doctor", "--data", absent}).exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(absent));
    EXPECT_TRUE(std::filesystem::is_empty(empty));
}

TEST_F(CommandLine, SendMakesTheFolderItBringsDataTo) {
    const std::string file = folder().file("sales.json");
    std::ofstream(file) << made_up_sales(1, 10);
    const CommandResult sent = run_program({"send", file, "--data", data_dir()});
    EXPECT_EQ(sent.exit_code, 0) << sent.output << sent.errors;
    EXPECT_EQ(received({"--data", data_dir()}), 10);
}

TEST_F(CommandLine, AnAddressThatCannotBeListenedAtIsAMatterOfConfiguration) {
    start();
    const std::string taken = server().url().substr(std::string("http://").size());
    const CommandResult in_use = refused_to_serve({"--http", taken});
    EXPECT_NE(in_use.errors.find(taken), std::string::npos) << in_use.errors;
    EXPECT_NE(in_use.errors.find("in use"), std::string::npos) << in_use.errors;
    EXPECT_NE(in_use.errors.find("--http"), std::string::npos) << in_use.errors;
    // Of a network that is for documents only: no machine has it.
    const CommandResult foreign = refused_to_serve({"--http", "192.0.2.1:0", "--insecure"});
    EXPECT_NE(foreign.errors.find("192.0.2.1:0"), std::string::npos) << foreign.errors;
}

TEST_F(CommandLine, ANameIsListenedAtIfItStandsForAnAddress) {
    const ServerProcess local = must(ServerProcess::start(data_dir(), {"--http", "localhost:0"}));
    ShopClient client = must(ShopClient::open(local.url()));
    EXPECT_EQ(must(client.get("/livez")).status, 200) << local.url();
    const std::string nobody(64, 'x');  // one more than a label of a name may have
    EXPECT_NE(refused_to_serve({"--http", nobody + ":0"}).errors.find(nobody), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(other_dir()));
}

TEST_F(CommandLine, VariablesOfOthersAreNotedAndMisspeltOptionsRefused) {
    {
        const Variable url("TILLSTREAM_URL", "http://till.example");
        const Variable home("TILLSTREAM_HOME", "/opt/till");
        start();
        EXPECT_NE(log_of(data_dir()).find("TILLSTREAM_URL"), std::string::npos);
        EXPECT_NE(log_of(data_dir()).find("TILLSTREAM_HOME"), std::string::npos);
        post(made_up_sales(1, 10));
        ASSERT_EQ(stop(), 0);
        EXPECT_EQ(received({"--data", data_dir()}), 10) << "a verb does not mind them";
    }
    const Variable misspelt("TILLSTREAM_LOG_BUDGETBYTES", "1GiB");
    const CommandResult refused = refused_to_serve({"--http", "127.0.0.1:0"});
    EXPECT_NE(refused.errors.find("TILLSTREAM_LOG_BUDGET_BYTES"), std::string::npos) << refused.errors;
}

TEST_F(CommandLine, TheFolderMayBeNamedByTheEnvironmentAndTheFlagComesFirst) {
    start();
    post(made_up_sales(1, 10));
    {
        const Variable dir("TILLSTREAM_DATA_DIR", data_dir());
        EXPECT_EQ(received({}), 10) << "of the server that runs on it";
        ASSERT_EQ(stop(), 0);
        EXPECT_EQ(received({}), 10) << "opened for this one command";
    }
    const Variable dir("TILLSTREAM_DATA_DIR", other_dir());
    EXPECT_EQ(received({"--data", data_dir()}), 10);
    EXPECT_FALSE(std::filesystem::exists(other_dir()));
}

TEST_F(CommandLine, VerifyWaitsLongerThanTheDoorDoesAndNamesItsBounds) {
    start();
    post(made_up_sales(1, 10));
    EXPECT_EQ(received({"--data", data_dir(), "--wait", "20m"}), 10);
    for (const char* wait : {"25h", "soon", "-1s"}) {
        const CommandResult result = run_program({"verify", "--data", data_dir(), "--wait", wait});
        EXPECT_EQ(result.exit_code, 2) << wait << ": " << result.errors;
        EXPECT_NE(result.errors.find("--wait"), std::string::npos) << result.errors;
    }
    const CommandResult bounds = run_program({"verify", "--data", data_dir(), "--wait", "25h"});
    EXPECT_NE(bounds.errors.find("0s to 24h"), std::string::npos) << bounds.errors;
}

TEST_F(CommandLine, ATextWithANulIsPrintedWhole) {
    start();
    const std::string text{"a\0b", 3};
    const auto output = [&](const char* form) {
        return run_program({"query", "SELECT 'a' || chr(0) || 'b' AS t, 7 AS n", "--data", data_dir(),
                            "--output", form})
            .output;
    };
    EXPECT_EQ(output("csv"), "t,n\n" + text + ",7\n");
    EXPECT_NE(output("table").find(text + "  7\n"), std::string::npos);
}

TEST_F(CommandLine, WholeNumbersAmongTheParametersKeepTheirDigits) {
    start();
    const auto types_and_values = [&](const std::string& number) {
        const json::Value result =
            must(client().post_json("/v1/query", R"({"sql":"SELECT $1 AS a","params":[)" + number + "]}"));
        return text_of(result.find("columns")->items.at(0), "type") + " " +
               result.find("rows")->items.at(0).items.at(0).text;
    };
    for (const char* number :
         {"9223372036854775808", "-9223372036854775809", "170141183460469231731687303715884105727"})
        EXPECT_EQ(types_and_values(number), std::string("hugeint ") + number);
    EXPECT_EQ(types_and_values("-9223372036854775808"), "bigint -9223372036854775808");
    const std::string wider = "170141183460469231731687303715884105728";
    EXPECT_EQ(types_and_values(wider), "text " + wider);
    EXPECT_EQ(types_and_values("2.5"), "double 2.5");
}

TEST_F(CommandLine, LimitsAreOptions) {
    start({"--ingest.records_per_body", "3", "--query.answer_bytes_max", "1KiB", "--query.waiting_max", "0",
           "--query.waiting_time_max", "1s", "--http.body_rate_min", "2KiB", "--http.body_rate_window", "3s",
           "--http.connections_per_address", "50"});
    EXPECT_EQ(number_of(post(made_up_sales(1, 3)), "accepted"), 3);
    EXPECT_EQ(must(client().post("/v1/streams/sales/records", made_up_sales(100, 4),
                                 {{"Content-Type", "application/json"}}))
                  .status,
              413);
    const std::string many = R"j({"sql":"SELECT * FROM range(10000)"})j";
    const json::Value cut = must(client().post_json("/v1/query", many));
    EXPECT_EQ(text_of(cut, "truncated"), "true");
}

}  // namespace
}  // namespace tillstream
