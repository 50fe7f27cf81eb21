// Configuration that is wrong, in a file, a variable or a flag: exit code 3, and every problem with its
// place, what was expected and what was found. Nothing is made in the data folder.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

ConfigCase in_file(std::string name, std::string toml, std::vector<std::string> problems) {
    return {.name = std::move(name), .toml = std::move(toml), .problems = std::move(problems)};
}

ConfigCase by_flags(std::string name, std::vector<std::string> arguments, std::vector<std::string> problems,
                    bool of_serve = false) {
    return {.name = std::move(name),
            .arguments = std::move(arguments),
            .problems = std::move(problems),
            .of_serve = of_serve};
}

const std::string kSize = "write a count with B, KiB, MiB, GiB or TiB, like 64MiB";
const std::string kDuration = "write a count with us, ms, s, m, h or d, like 5s";

}  // namespace

std::vector<ConfigCase> config_cases() {
    return {
        // names
        in_file("an unknown key", "[http]\nlitsen = \"127.0.0.1:0\"\n",
                {"@:2: http.litsen: unknown option; did you mean 'http.listen'?"}),
        in_file("an unknown section", "[htpp]\nlisten = \"127.0.0.1:0\"\n",
                {"@:1: htpp: unknown option; did you mean 'http'?"}),
        in_file("a key of no section", "listen = \"127.0.0.1:0\"\n", {"@:1: listen: unknown option"}),
        by_flags("an unknown flag", {"--ingest.shard", "2"},
                 {"--ingest.shard: unknown option; did you mean 'ingest.shards'?"}),
        {.name = "an unknown variable",
         .variables = {{"TILLSTREAM_HTTP_LITSEN", "127.0.0.1:0"}},
         .problems = {"TILLSTREAM_HTTP_LITSEN: unknown option; did you mean 'TILLSTREAM_HTTP_LISTEN'?"}},
        // types
        in_file("a text for a number", "[ingest]\nshards = \"four\"\n",
                {"@:2: ingest.shards: 'four' is no integer; write digits, with a sign if need be"}),
        in_file("a fraction for a number", "[ingest]\nshards = 1.5\n",
                {"@:2: ingest.shards: expected a integer, found a float"}),
        in_file("an array for an address", "[http]\nlisten = [\"127.0.0.1:0\"]\n",
                {"@:2: http.listen: expected a address, found a array"}),
        in_file("a word for a bool", "[http]\ninsecure = \"maybe\"\n",
                {"@:2: http.insecure: 'maybe' is no bool; write true or false"}),
        in_file("a host without port", "[http]\nlisten = \"localhost\"\n",
                {"@:2: http.listen: 'localhost' is no address; write host:port or [v6]:port"}),
        by_flags("a port that is none", {"--http.listen", "127.0.0.1:70000"},
                 {"'127.0.0.1:70000' is no address; write host:port or [v6]:port"}),
        // bounds
        in_file("too few", "[ingest]\nshards = 0\n", {"@:2: ingest.shards: 0 is out of bounds: 1 to 256"}),
        in_file("too large", "[ingest]\nbody_bytes_max = \"1GiB\"\n",
                {"@:2: ingest.body_bytes_max: 1GiB is out of bounds: 1KiB to 32MiB"}),
        {.name = "too short, in a variable",
         .variables = {{"TILLSTREAM_HTTP_HEAD_TIMEOUT", "1ms"}},
         .problems = {"TILLSTREAM_HTTP_HEAD_TIMEOUT: http.head_timeout: 1ms is out of bounds: 100ms to 10m"}},
        in_file(
            "none of a few words", "[server]\nlog_level = \"debag\"\n",
            {"@:2: server.log_level: 'debag' is none of debug, info, warn, error; did you mean 'debug'?"}),
        // units
        in_file("a time for a size", "[ingest]\nbody_bytes_max = \"16s\"\n",
                {"@:2: ingest.body_bytes_max: '16s' is no size; " + kSize}),
        in_file("a duration without unit", "[query]\ntimeout = 30\n",
                {"@:2: query.timeout: '30' is no duration; " + kDuration}),
        by_flags("a unit in the wrong case", {"--query.timeout", "30S"},
                 {"--query.timeout: query.timeout: '30S' is no duration; " + kDuration}),
        // files, and what belongs together
        in_file("no TOML", "[http\n", {"@:1: "}),
        in_file("a key twice", "[ingest]\nshards = 2\nshards = 3\n", {"@:", "shards"}),
        by_flags("a file that is not there", {"--config", "/nowhere/tillstream.toml"},
                 {"/nowhere/tillstream.toml"}),
        by_flags("a flag without its value", {"--ingest.shards"}, {"--ingest.shards: a value must follow"}),
        by_flags("a word too many", {"now"}, {"unexpected argument now; options begin with --"}),
        by_flags("a certificate without its key", {"--tls-cert", "/nowhere/cert.pem"},
                 {"http.tls_cert and http.tls_key belong together: http.tls_key is not given"}, true),
        by_flags("an address for the world, with neither token nor TLS", {"--http", "0.0.0.0:0"},
                 {"http.listen 0.0.0.0 is beyond loopback, but no token is defined", "--insecure"}, true),
        in_file("three problems, all told",
                "[http]\nlitsen = 1\n[ingest]\nshards = 0\n[query]\ntimeout = 1\n",
                {"@:2: http.litsen: unknown option", "@:4: ingest.shards: 0 is out of bounds",
                 "@:6: query.timeout: '1' is no duration"}),
    };
}

namespace {

class BadConfiguration : public ::testing::Test {
protected:
    /// The verb with the case's file, flags and variables.
    CommandResult run(std::vector<std::string> command, const ConfigCase& one) const {
        if (!one.toml.empty()) command.insert(command.end(), {"--config", file()});
        command.insert(command.end(), one.arguments.begin(), one.arguments.end());
        for (const auto& [name, value] : one.variables) ::setenv(name.c_str(), value.c_str(), 1);
        CommandResult result = run_program(command);
        for (const auto& [name, value] : one.variables) ::unsetenv(name.c_str());
        return result;
    }
    void expect_told(const CommandResult& result, const ConfigCase& one) const {
        EXPECT_EQ(result.exit_code, 3) << result.errors;
        EXPECT_EQ(result.output, "");
        for (std::string problem : one.problems) {
            if (problem.starts_with('@')) problem.replace(0, 1, file());
            EXPECT_NE(result.errors.find(problem), std::string::npos) << problem << "\nin: " << result.errors;
        }
    }
    std::string file() const { return folder_.file("tillstream.toml"); }
    std::string data_dir() const { return folder_.file("data"); }
    TemporaryFolder folder_;
};

TEST_F(BadConfiguration, KeepsTheServerFromStartingAndSaysWhereAndWhatWasMeant) {
    for (const ConfigCase& one : config_cases()) {
        SCOPED_TRACE(one.name);
        std::ofstream(file()) << one.toml;
        expect_told(run({"serve", "--data", data_dir(), "--http", "127.0.0.1:0"}, one), one);
        EXPECT_FALSE(std::filesystem::exists(data_dir() + "/log")) << "nothing of it was made";
        if (!one.of_serve) expect_told(run({"config", "check", "--output", "json"}, one), one);
    }
}

}  // namespace
}  // namespace tillstream::bad_input
