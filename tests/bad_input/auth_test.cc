// Tokens that are missing, wrong, revoked, contradictory or without the scope: 401 or 403, and nothing is
// stored.
#include <gtest/gtest.h>

#include "tests/bad_input/case_tables.h"

namespace tillstream::bad_input {
namespace {

const std::string kUnknown = "the token is unknown; `tillstream token create` makes one";
const std::string kForm = "the Authorization header is not of the form 'Bearer TOKEN'";
const std::string kTwo = "the request carries two different tokens; send one";
const std::string kMissing =
    "a token is needed: send it as 'Authorization: Bearer TOKEN' or 'x-api-key: TOKEN'";

RequestCase unknown_caller(std::string name, Headers headers, std::string detail) {
    return {.name = std::move(name),
            .headers = std::move(headers),
            .body = sale(),
            .status = 401,
            .problem = "unauthenticated",
            .detail = std::move(detail)};
}

RequestCase may_not(std::string name, const std::string& token, Method method, std::string target,
                    std::string scope) {
    return {.name = std::move(name),
            .method = method,
            .target = std::move(target),
            .headers = {{"Authorization", "Bearer " + token}},
            .body = method == Method::post ? sale() : "",
            .status = 403,
            .problem = "forbidden",
            .detail = "this needs the scope " + scope + "; token "};
}

std::string with_other_end(std::string token) {
    if (!token.empty()) token.back() = token.back() == '0' ? '1' : '0';
    return token;
}

RequestCase at(RequestCase one, Method method, std::string target) {
    one.method = method;
    one.target = std::move(target);
    one.body.clear();
    return one;
}

}  // namespace

std::vector<RequestCase> auth_cases(const MadeTokens& tokens) {
    const std::string& till = tokens.till;
    const auto authorization = [](std::string value) { return Headers{{"Authorization", std::move(value)}}; };
    return {
        unknown_caller("no token", {}, kMissing),
        unknown_caller("another scheme", authorization("Basic dGlsbDpzdHJlYW0="), kForm),
        unknown_caller("a token without scheme", authorization(till), kForm),
        unknown_caller("a scheme without token", authorization("Bearer"), kForm),
        unknown_caller("no blank behind the scheme", authorization("Bearer" + till), kForm),
        unknown_caller("an empty token", {{"x-api-key", ""}}, kUnknown),
        unknown_caller("a word", authorization("Bearer open-sesame"), kUnknown),
        unknown_caller("a token cut short", authorization("Bearer " + till.substr(0, till.size() / 2)),
                       kUnknown),
        unknown_caller("a token with more behind it", authorization("Bearer " + till + "0"), kUnknown),
        unknown_caller("a wrong secret", authorization("Bearer " + with_other_end(till)), kUnknown),
        unknown_caller("bytes that are no UTF-8", authorization("Bearer \xFF\xFE"), kUnknown),
        unknown_caller("a revoked token", authorization("Bearer " + tokens.revoked), " was revoked"),
        unknown_caller("two Authorization headers",
                       {{"Authorization", "Bearer " + till}, {"Authorization", "Bearer " + tokens.reader}},
                       kTwo),
        unknown_caller("two x-api-keys", {{"x-api-key", till}, {"x-api-key", "x"}}, kTwo),
        unknown_caller("one header against the other",
                       {{"Authorization", "Bearer " + till}, {"x-api-key", tokens.reader}}, kTwo),
        unknown_caller("a good one beside another scheme",
                       {{"Authorization", "Basic x"}, {"x-api-key", till}}, kForm),
        at(unknown_caller("a token in the query", {}, kMissing), Method::get,
           "/v1/streams/sales?token=" + till),
        at(unknown_caller("no such path, and no token", {}, kMissing), Method::get, "/v2"),
        at(unknown_caller("no such stream, and no token", {}, kMissing), Method::get, "/v1/streams/nope"),
        may_not("a reader stores", tokens.reader, Method::post, kRecords, "ingest:sales"),
        may_not("a till at another stream", till, Method::post, "/v1/streams/nope/records", "ingest:nope"),
        may_not("a till reads", till, Method::get, "/v1/streams/sales", "read"),
        may_not("a till asks SQL", till, Method::post, "/v1/query", "query"),
        may_not("a reader seals", tokens.reader, Method::post, "/v1/streams/sales/seal", "admin"),
        may_not("a reader lists tokens", tokens.reader, Method::get, "/v1/tokens", "admin"),
    };
}

namespace {

class BadTokens : public ::testing::Test {
protected:
    void SetUp() override {
        door_ = Door::open();
        ASSERT_TRUE(door_);
        tokens_.admin = make({"--scope", "admin"});
        door_->use_token(tokens_.admin);
        tokens_.till = make({"--scope", "ingest:sales"});
        tokens_.reader = make({"--scope", "read"});
        tokens_.revoked = make({"--scope", "ingest:*"});
        const std::string id = tokens_.revoked.substr(3, 12);
        const Answer revoked =
            door_->send(Method::del, "/v1/tokens/" + id, {{"x-api-key", tokens_.admin}}, {});
        ASSERT_EQ(revoked.status, 200);
    }
    std::string make(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(),
                         {"token", "create", "--server", door_->url(), "--output", "json"});
        if (!tokens_.admin.empty()) arguments.insert(arguments.end(), {"--token", tokens_.admin});
        const CommandResult made = run_program(arguments);
        EXPECT_EQ(made.exit_code, 0) << made.errors;
        const auto document = json::parse(made.output);
        return document ? text_of(*document, "token") : "";
    }
    std::unique_ptr<Door> door_;
    MadeTokens tokens_;
};

TEST_F(BadTokens, AreRefusedAndNothingIsStored) {
    for (const RequestCase& one : auth_cases(tokens_)) expect_refused(*door_, one);
    EXPECT_EQ(door_->stored(), 0);
    const Answer good = door_->send(Method::post, kRecords, {{"x-api-key", tokens_.till}}, sale());
    EXPECT_EQ(good.text("accepted"), "1") << "the same request with the right token";
    door_->expect_verified();
    EXPECT_EQ(door_->terminate(), 0);
}

}  // namespace
}  // namespace tillstream::bad_input
