// Tokens at work: made, used, revoked, over the command line and the door; quotas; the audit log; no secret
// anywhere.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/scenario/guarded.h"

namespace tillstream {
namespace {

class AccessScenario : public Guarded {
protected:
    std::int64_t received(const MadeToken& admin) {
        const ClientResponse answer = call(Method::get, "/v1/verify?wait=60", bearer(admin.text));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return number_of(must(json::parse(answer.body)), "received");
    }
    ClientResponse store(const MadeToken& token, int first_invoice, int rows) {
        return call(Method::post, "/v1/streams/sales/records", bearer(token.text),
                    made_up_sales(first_invoice, rows));
    }
};

TEST_F(AccessScenario, TheFirstTokenClosesTheDoorAtOnceAndForGood) {
    begin();
    EXPECT_EQ(status_of(Method::get, "/metrics"), 200);
    const MadeToken admin = make_token({"--scope", "admin"});
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401);
    EXPECT_EQ(status_of(Method::get, "/metrics", bearer(admin.text)), 200);
    server().kill_now();
    begin();
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401) << "also after a crash";
    EXPECT_EQ(status_of(Method::get, "/metrics", bearer(admin.text)), 200);
    EXPECT_EQ(run_verb({"token", "revoke", admin.id, "--token", admin.text}).exit_code, 0);
    EXPECT_EQ(status_of(Method::get, "/metrics", bearer(admin.text)), 401) << "from the next request on";
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401) << "revoking the last one opens nothing";
    stop();
    begin();
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401);
}

TEST_F(AccessScenario, StartUpSaysThatNoTokenIsDefined) {
    begin();
    EXPECT_NE(server_log().find("no token is defined"), std::string::npos) << server_log();
    make_token({"--scope", "admin"});
    stop();
    std::ofstream(data_dir() + ".log", std::ios::trunc).close();
    begin();
    EXPECT_EQ(server_log().find("no token is defined"), std::string::npos) << server_log();
}

TEST_F(AccessScenario, TheCommandLineMakesListsAndRevokes) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin", "--name", "the office"});
    EXPECT_TRUE(admin.text.starts_with("ts_" + admin.id + "_"));
    const MadeToken till =
        make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "50", "--name", "till 7"});
    const CommandResult listed = run_verb({"token", "list", "--token", admin.text, "--output", "json"});
    ASSERT_EQ(listed.exit_code, 0) << listed.errors;
    const json::Value list = must(json::parse(listed.output));
    ASSERT_EQ(list.find("tokens")->items.size(), 2U);
    const json::Value& second = list.find("tokens")->items[1];
    EXPECT_EQ(text_of(second, "id"), till.id);
    EXPECT_EQ(text_of(second, "name"), "till 7");
    EXPECT_EQ(number_of(second, "records_per_second"), 50);
    EXPECT_TRUE(second.find("bytes_per_second")->is_null());
    EXPECT_TRUE(second.find("revoked")->is_null());
    EXPECT_TRUE(list.find("next")->is_null());

    for (int times = 0; times < 2; ++times) {
        const CommandResult revoked = run_verb({"token", "revoke", till.id, "--token", admin.text});
        EXPECT_EQ(revoked.exit_code, 0) << revoked.errors;
        EXPECT_NE(revoked.output.find(till.id), std::string::npos);
    }
    const CommandResult table = run_verb({"token", "list", "--token", admin.text});
    EXPECT_NE(table.output.find("the office"), std::string::npos) << table.output;
    EXPECT_EQ(run_verb({"token", "revoke", "no_such_id", "--token", admin.text}).exit_code, 1);
}

TEST_F(AccessScenario, TokenCreateShowsTheTokenOnceAndSaysWhatMatters) {
    begin();
    const CommandResult reader = run_verb({"token", "create", "--scope", "read"});
    ASSERT_EQ(reader.exit_code, 0) << reader.errors;
    EXPECT_NE(reader.output.find("ts_"), std::string::npos);
    EXPECT_EQ(reader.errors.find("ts_"), std::string::npos);
    EXPECT_NE(reader.errors.find("not shown again"), std::string::npos);
    EXPECT_NE(reader.errors.find("--scope admin"), std::string::npos) << "nobody can make more now";
    EXPECT_EQ(run_verb({"token", "create", "--scope", "read"}).exit_code, 1);
    stop();
    const CommandResult admin =
        run_program({"token", "create", "--scope", "admin", "--data", data_dir(), "--output", "json"});
    ASSERT_EQ(admin.exit_code, 0) << admin.errors;
    EXPECT_EQ(admin.errors.find("--scope admin"), std::string::npos) << admin.errors;
    const std::string token = text_of(must(json::parse(admin.output)), "token");
    begin();
    EXPECT_EQ(status_of(Method::get, "/v1/tokens", bearer(token)), 200);
}

TEST_F(AccessScenario, WithTheServerStoppedTheFolderIsEnough) {
    const CommandResult made =
        run_program({"token", "create", "--scope", "admin", "--data", data_dir(), "--output", "json"});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    const json::Value token = must(json::parse(made.output));
    begin();
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401) << "made before the first start";
    EXPECT_EQ(store({"", text_of(token, "token")}, 1, 50).status, 200);
    const CommandResult running = run_program({"token", "create", "--scope", "read", "--data", data_dir()});
    EXPECT_EQ(running.exit_code, 1) << "a running server is asked, and asks for a token";
    EXPECT_NE(running.errors.find("token"), std::string::npos) << running.errors;
    stop();
    const CommandResult verified = run_program({"verify", "--data", data_dir(), "--output", "json"});
    EXPECT_EQ(verified.exit_code, 0) << verified.errors;
    EXPECT_EQ(number_of(must(json::parse(verified.output)), "received"), 50);
    const CommandResult revoked =
        run_program({"token", "revoke", text_of(token, "id"), "--data", data_dir()});
    EXPECT_EQ(revoked.exit_code, 0) << revoked.errors;
    const CommandResult listed = run_program({"token", "list", "--data", data_dir(), "--output", "json"});
    EXPECT_FALSE(must(json::parse(listed.output)).find("tokens")->items.at(0).find("revoked")->is_null());
    EXPECT_EQ(run_program({"token", "list", "--data", folder().file("absent")}).exit_code, 1);
    EXPECT_FALSE(std::filesystem::exists(folder().file("absent")));
}

TEST_F(AccessScenario, EveryVerbSendsItsToken) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const std::string file = folder().file("sales.json");
    std::ofstream(file) << made_up_sales(1, 100);
    const std::vector<std::vector<std::string>> verbs{{"send", file},
                                                      {"query", "select count(*) from sales"},
                                                      {"verify"},
                                                      {"replay", "--sink", "warehouse"},
                                                      {"token", "list"}};
    for (const std::vector<std::string>& verb : verbs) {
        std::vector<std::string> with_flag = verb;
        with_flag.insert(with_flag.end(), {"--token", admin.text});
        const CommandResult flag = run_verb(with_flag);
        EXPECT_EQ(flag.exit_code, 0) << verb[0] << ": " << flag.errors;
        ::setenv("TILLSTREAM_TOKEN", admin.text.c_str(), 1);
        const CommandResult variable = run_verb(verb);
        ::unsetenv("TILLSTREAM_TOKEN");
        EXPECT_EQ(variable.exit_code, 0) << verb[0] << ": " << variable.errors;
        const CommandResult without = run_verb(verb);
        EXPECT_NE(without.exit_code, 0) << verb[0];
        EXPECT_NE(without.errors.find("token"), std::string::npos) << verb[0] << ": " << without.errors;
    }
    const auto simulate = [&](const char* out) {
        return run_verb({"simulate", "--rows", "50", "--corrupt", "0", "--out", folder().file(out)});
    };
    EXPECT_NE(simulate("stranger").exit_code, 0);
    ::setenv("TILLSTREAM_TOKEN", admin.text.c_str(), 1);
    const CommandResult simulated = simulate("shop");
    ::unsetenv("TILLSTREAM_TOKEN");
    EXPECT_EQ(simulated.exit_code, 0) << simulated.errors;
    const CommandResult doctor = run_verb({"doctor", "--data", data_dir(), "--token", admin.text});
    EXPECT_EQ(doctor.exit_code, 0) << doctor.output;
}

TEST_F(AccessScenario, BadArgumentsAreUsageErrorsAndBadBodies400) {
    begin();
    const std::vector<std::vector<std::string>> usage{
        {"token"},
        {"token", "create"},
        {"token", "create", "--scope", "everything"},
        {"token", "create", "--scope", "ingest:"},
        {"token", "create", "--scope", ""},
        {"token", "create", "--scope", "read", "--records-per-second", "0"},
        {"token", "create", "--scope", "read", "--records-per-second", "-1"},
        {"token", "create", "--scope", "read", "--bytes-per-second", "many"},
        {"token", "create", "--scope", "read", "--name", std::string(101, 'x')},
        {"token", "revoke"},
        {"token", "shout"},
    };
    for (const auto& arguments : usage) {
        const CommandResult result = run_program(arguments);
        EXPECT_EQ(result.exit_code, 2) << fmt::format("{}", fmt::join(arguments, " ")) << result.errors;
    }
    for (const std::string body :
         {"", "{", "[]", R"({"scopes":["write"]})", R"({"scopes":["read"],"quota":1})"})
        EXPECT_EQ(status_of(Method::post, "/v1/tokens", {}, body), 400) << body;
    EXPECT_EQ(status_of(Method::post, "/v1/tokens", {}, std::string(100'000, ' ')), 413);
    EXPECT_EQ(status_of(Method::del, "/v1/tokens/x"), 404);
    EXPECT_EQ(status_of(Method::get, "/metrics"), 200) << "nothing was made";
}

TEST_F(AccessScenario, OverTheQuotaNothingIsStoredAndRetryAfterSaysWhen) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken till = make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "100"});
    const MadeToken other = make_token(admin, {"--scope", "ingest:sales"});
    const ClientResponse large = store(till, 1, 500);
    ASSERT_EQ(large.status, 200) << "a full quota lets a larger request through: " << large.body;
    const ClientResponse refused = store(till, 1'000, 10);
    ASSERT_EQ(refused.status, 429) << refused.body;
    EXPECT_EQ(text_of(must(json::parse(refused.body)), "type"), "/problems/too-many-requests");
    const int seconds = std::stoi(std::string(refused.find("Retry-After").value_or("0")));
    EXPECT_GE(seconds, 1);
    EXPECT_LE(seconds, 5);
    EXPECT_EQ(store(other, 2'000, 10).status, 200) << "quotas are each token's own";
    EXPECT_EQ(received(admin), 510);

    const MadeToken bytes = make_token(admin, {"--scope", "ingest:*", "--bytes-per-second", "1000"});
    EXPECT_EQ(store(bytes, 3'000, 1000).status, 200);
    EXPECT_EQ(store(bytes, 4'000, 1).status, 429);
    const std::string metrics = call(Method::get, "/metrics", bearer(admin.text)).body;
    EXPECT_NE(metrics.find("tillstream_token_records_total{token=\"" + till.id + "\"} 500"),
              std::string::npos);
    EXPECT_NE(metrics.find("tillstream_token_throttled_total{token=\"" + till.id + "\"} 1"),
              std::string::npos);
}

TEST_F(AccessScenario, ARequestThatIsOverTheQuotaByItselfIsNotStoredInPart) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken till = make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "100"});
    EXPECT_EQ(store(till, 1, 60).status, 200);
    const ClientResponse second = store(till, 1'000, 100);
    EXPECT_EQ(second.status, 429) << "60 of 100 are gone; refused behind the decoder: " << second.body;
    EXPECT_EQ(received(admin), 60);
}

TEST_F(AccessScenario, TheAuditLogTellsChangesActionsAndRefusals) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken till = make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "1"});
    const Headers as_admin = bearer(admin.text);
    EXPECT_EQ(status_of(Method::post, "/v1/sinks/warehouse/pause", as_admin), 200);
    EXPECT_EQ(status_of(Method::post, "/v1/sinks/warehouse/resume", as_admin), 200);
    EXPECT_EQ(status_of(Method::post, "/v1/sinks/nope/pause", as_admin), 404);
    EXPECT_EQ(status_of(Method::post, "/v1/streams/sales/seal", as_admin), 200);
    EXPECT_EQ(status_of(Method::post, "/v1/sinks/tables/replay", as_admin), 200);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(Method::get, "/metrics"), 401);
    EXPECT_EQ(status_of(Method::post, "/v1/query", bearer(till.text), "{}"), 403);
    EXPECT_EQ(store(till, 1, 50).status, 200);
    EXPECT_EQ(store(till, 2, 50).status, 429);
    EXPECT_EQ(run_verb({"token", "revoke", till.id, "--token", admin.text}).exit_code, 0);
    // What changed something is there at once, also after a crash.
    std::vector<std::string> told;
    for (const json::Value& line : audit_lines()) {
        if (text_of(line, "outcome") == "refused" && text_of(line, "action").find(' ') != std::string::npos)
            continue;
        told.push_back(text_of(line, "token") + " " + text_of(line, "action") + " " +
                       text_of(line, "target") + " " + text_of(line, "outcome"));
        EXPECT_EQ(text_of(line, "peer"), "127.0.0.1");
        EXPECT_FALSE(text_of(line, "request_id").empty());
    }
    const std::string by = admin.id + " ";
    EXPECT_EQ(told, (std::vector<std::string>{
                        "null token.create " + admin.id + " done", by + "token.create " + till.id + " done",
                        by + "sink.pause warehouse done", by + "sink.resume warehouse done",
                        by + "sink.pause nope refused", by + "stream.seal sales done",
                        by + "sink.replay tables done", by + "token.revoke " + till.id + " done"}));
    ASSERT_EQ(stop(), 0);
    std::map<std::string, std::int64_t> refusals;
    for (const json::Value& line : audit_lines()) {
        refusals[text_of(line, "status") + " " + text_of(line, "token") + " " + text_of(line, "action")] +=
            number_of(line, "repeats");
    }
    EXPECT_EQ(refusals["401 null GET /metrics"], 20);
    EXPECT_EQ(refusals["403 " + till.id + " POST /v1/query"], 1);
    EXPECT_EQ(refusals["429 " + till.id + " POST /v1/streams/{stream}/records"], 1);
}

TEST_F(AccessScenario, NoSecretIsInAnyFileLogMetricOrAnswer) {
    begin({"--server.log_level", "debug"});
    std::vector<MadeToken> made{make_token({"--scope", "admin"})};
    const MadeToken admin = made[0];
    made.push_back(make_token(admin, {"--scope", "ingest:sales", "--records-per-second", "1"}));
    made.push_back(make_token(admin, {"--scope", "read"}));
    for (const MadeToken& token : made) {
        for (const std::string target :
             {"/metrics", "/v1/tokens", "/nope", "/v1/streams/sales", "/v1/invoices/1"})
            call(Method::get, target, bearer(token.text));
        call(Method::post, "/v1/query", {{"x-api-key", token.text}}, R"({"sql":"select 1"})");
        call(Method::post, "/v1/tokens", bearer(token.text + "x"), "{");
        call(Method::get, "/metrics", {{"Authorization", "Basic " + token.text}});
        call(Method::get, "/metrics", {{"x-api-key", token.text}, {"Authorization", "Bearer other"}});
        store(token, 1, 20);
        store(token, 1, 20);
    }
    EXPECT_EQ(run_verb({"token", "revoke", made[2].id, "--token", admin.text}).exit_code, 0);
    call(Method::get, "/metrics", bearer(made[2].text));
    call(Method::get, "/metrics", bearer(admin.text));
    call(Method::get, "/v1/tokens", bearer(admin.text));
    ASSERT_EQ(stop(), 0);

    std::vector<std::pair<std::string, std::string>> places{{"the server's log", server_log()}};
    for (const std::string& answer : answers) places.emplace_back("an answer", answer);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data_dir())) {
        if (!entry.is_regular_file()) continue;
        places.emplace_back(entry.path().string(), read_whole(entry.path().string()));
        ++files;
    }
    EXPECT_GT(files, 5U);
    for (const auto& [name, content] : places) {
        for (const MadeToken& token : made)
            EXPECT_EQ(content.find(token.text.substr(16, 32)), std::string::npos) << name;
    }
    EXPECT_NE(read_whole(data_dir() + "/state/tokens").find(admin.id), std::string::npos)
        << "the search finds things";
}

TEST_F(AccessScenario, TokensThatCannotBeReadKeepTheServerFromStarting) {
    begin();
    make_token({"--scope", "admin"});
    stop();
    const std::string file = data_dir() + "/state/tokens";
    const std::string good = read_whole(file);
    EXPECT_EQ(std::filesystem::status(file).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::string flipped = good;
    flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
    for (const std::string& bad :
         {std::string(), good.substr(0, good.size() / 2), flipped, std::string("{}\n")}) {
        std::ofstream(file, std::ios::trunc) << bad;
        for (const std::vector<std::string>& command :
             {std::vector<std::string>{"serve", "--data", data_dir(), "--http", "127.0.0.1:0"},
              std::vector<std::string>{"token", "create", "--scope", "admin", "--data", data_dir()}}) {
            const CommandResult result = run_program(command);
            EXPECT_EQ(result.exit_code, 4) << result.errors;
            EXPECT_NE(result.errors.find(file), std::string::npos) << result.errors;
            EXPECT_NE(result.errors.find("token create"), std::string::npos)
                << "the way out: " << result.errors;
        }
    }
    std::ofstream(file, std::ios::trunc) << good;
    begin();
    EXPECT_EQ(status_of(Method::get, "/metrics"), 401);
}

}  // namespace
}  // namespace tillstream
