// Every endpoint of /openapi.json with every kind of caller, and the exact answer each must get.
#include <fmt/format.h>

#include "tests/scenario/guarded.h"

namespace tillstream {
namespace {

/// One method of one path, as the document describes it.
struct Endpoint {
    Method method = Method::get;
    std::string target;   ///< with names that nothing has
    std::string scope;    ///< "" for everybody; "ingest:no_such_thing" if the path names the stream
    int open_status = 0;  ///< what it answers while no token is defined
};

struct Caller {
    std::string name;
    Headers headers;
    std::vector<std::string> scopes;  ///< empty: nobody known
};

Method method_of(const std::string& name) {
    for (const Method method : {Method::get, Method::post, Method::put, Method::patch, Method::del}) {
        if (equal_ignoring_case(to_string(method), name)) return method;
    }
    throw std::runtime_error("no such method: " + name);
}

class AccessMatrix : public Guarded {
protected:
    void begin_with_aliases() { begin({"--config", config_file(kTwoAliases)}); }

    /// From the document alone: a new endpoint is in the matrix by itself.
    std::vector<Endpoint> endpoints() {
        std::vector<Endpoint> all;
        const json::Value document = must(json::parse(call(Method::get, "/openapi.json").body));
        for (const json::Member& path : document.find("paths")->members) {
            for (const json::Member& method : path.value.members) {
                all.push_back({method_of(method.name), made_up(path.name), made_up(scope_of(method.value))});
            }
        }
        return all;
    }

    static std::string made_up(std::string text) {
        for (std::size_t at; (at = text.find('{')) != std::string::npos;)
            text.replace(at, text.find('}') + 1 - at, "no_such_thing");
        return text;
    }

    static std::string scope_of(const json::Value& operation) {
        const json::Value* security = operation.find("security");
        if (!security) throw std::runtime_error("an operation says nothing of security");
        if (security->items.empty()) return "";
        const std::string scope = security->items.at(0).find("bearer")->items.at(0).text;
        EXPECT_EQ(security->items.at(1).find("apiKey")->items.at(0).text, scope);
        return scope;
    }

    std::vector<Caller> callers(const MadeToken& admin) {
        const MadeToken revoked = make_token(admin, {"--scope", "admin"});
        EXPECT_EQ(run_verb({"token", "revoke", revoked.id, "--token", admin.text}).exit_code, 0);
        std::string wrong = admin.text;
        wrong.back() = wrong.back() == '0' ? '1' : '0';
        std::vector<Caller> all{{"no token", {}, {}},
                                {"a wrong token", bearer(wrong), {}},
                                {"a revoked token", bearer(revoked.text), {}},
                                {"another scheme", {{"Authorization", "Basic dGlsbDpzdHJlYW0="}}, {}},
                                {"an empty token", {{"x-api-key", ""}}, {}},
                                {"admin", bearer(admin.text), {"admin"}}};
        for (const std::string scope :
             {"ingest:sales", "ingest:no_such_thing", "ingest:*", "files", "read", "query", "repair"}) {
            const MadeToken made = make_token(admin, {"--scope", scope});
            all.push_back({scope, bearer(made.text), {scope}});
            all.push_back({scope + " as x-api-key", {{"x-api-key", made.text}}, {scope}});
        }
        const MadeToken two = make_token(admin, {"--scope", "read", "--scope", "ingest:sales"});
        all.push_back({"read and ingest:sales", bearer(two.text), {"read", "ingest:sales"}});
        return all;
    }

    /// By the rules of FACES alone.
    static int expected(const Endpoint& endpoint, const Caller& caller) {
        if (endpoint.scope.empty()) return endpoint.open_status;
        if (caller.scopes.empty()) return 401;
        for (const std::string& held : caller.scopes) {
            const bool ingest = endpoint.scope.starts_with("ingest:") && held == "ingest:*";
            if (held == "admin" || held == endpoint.scope || ingest) return endpoint.open_status;
        }
        return 403;
    }
};

TEST_F(AccessMatrix, EveryEndpointAnswersEveryCallerAsItsScopeSays) {
    begin_with_aliases();
    std::vector<Endpoint> all = endpoints();
    for (Endpoint& endpoint : all) {
        endpoint.open_status = status_of(endpoint.method, endpoint.target);
        EXPECT_TRUE(endpoint.open_status < 500 && endpoint.open_status != 401 &&
                    endpoint.open_status != 403 && endpoint.open_status != 429)
            << endpoint.target << ": " << endpoint.open_status;
    }
    const MadeToken admin = make_token({"--scope", "admin"});
    int asked = 0;
    for (const Caller& caller : callers(admin)) {
        for (const Endpoint& endpoint : all) {
            const ClientResponse answer = call(endpoint.method, endpoint.target, caller.headers);
            EXPECT_EQ(answer.status, expected(endpoint, caller))
                << caller.name << " at " << to_string(endpoint.method) << " " << endpoint.target << ": "
                << answer.body;
            EXPECT_EQ(answer.find("WWW-Authenticate").value_or(""), answer.status == 401 ? "Bearer" : "");
            ++asked;
        }
    }
    EXPECT_GE(asked, 18 * 21);
}

/// The document could be wrong as a whole: what FACES names is written down here once more.
TEST_F(AccessMatrix, TheDocumentDeclaresTheScopesOfTheContract) {
    begin_with_aliases();
    std::map<std::string, std::string> declared;
    for (const Endpoint& endpoint : endpoints())
        declared[std::string(to_string(endpoint.method)) + " " + endpoint.target] = endpoint.scope;
    const std::map<std::string, std::string> contract{
        {"GET /livez", ""},
        {"GET /readyz", ""},
        {"GET /openapi.json", ""},
        {"GET /metrics", "read"},
        {"GET /v1/verify", "read"},
        {"GET /v1/streams/no_such_thing", "read"},
        {"GET /v1/streams/no_such_thing/records", "read"},
        {"GET /v1/quarantine", "read"},
        {"GET /v1/invoices/no_such_thing", "read"},
        {"GET /v1/customers/no_such_thing", "read"},
        {"GET /v1/customers/no_such_thing/invoices", "read"},
        {"GET /v1/sinks/no_such_thing/replay", "read"},
        {"POST /v1/query", "query"},
        {"POST /v1/streams/no_such_thing/records", "ingest:no_such_thing"},
        {"POST /prod/main", "ingest:sales"},
        {"PUT /prod/main", "ingest:sales"},
        {"GET /prod/main", "read"},
        {"POST /tills", "ingest:sales"},
        {"PUT /tills", "ingest:sales"},
        {"GET /tills", "read"},
        {"POST /v1/streams/no_such_thing/seal", "admin"},
        {"POST /v1/sinks/no_such_thing/pause", "admin"},
        {"POST /v1/sinks/no_such_thing/resume", "admin"},
        {"POST /v1/sinks/no_such_thing/replay", "admin"},
        {"GET /v1/tokens", "admin"},
        {"POST /v1/tokens", "admin"},
        {"DELETE /v1/tokens/no_such_thing", "admin"},
    };
    for (const auto& [endpoint, scope] : contract) {
        ASSERT_TRUE(declared.count(endpoint)) << endpoint;
        EXPECT_EQ(declared[endpoint], scope) << endpoint;
    }
    for (const auto& [endpoint, scope] : declared) {
        const bool get = endpoint.starts_with("GET ") && !endpoint.starts_with("GET /v1/tokens");
        const bool open =
            endpoint == "GET /livez" || endpoint == "GET /readyz" || endpoint == "GET /openapi.json";
        if (get) {
            EXPECT_EQ(scope, open ? "" : "read") << endpoint;
        } else {
            EXPECT_NE(scope, "") << endpoint;
        }
    }
}

TEST_F(AccessMatrix, WhatDoesNotExistIsNotToldToStrangers) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken till = make_token(admin, {"--scope", "ingest:sales"});
    EXPECT_EQ(status_of(Method::get, "/nope"), 401);
    EXPECT_EQ(status_of(Method::get, "/nope", bearer(till.text)), 404);
    EXPECT_EQ(status_of(Method::del, "/v1/query"), 401);
    EXPECT_EQ(status_of(Method::del, "/v1/query", bearer(till.text)), 405);
    EXPECT_EQ(status_of(Method::options, "/livez"), 401);
    EXPECT_EQ(status_of(Method::head, "/livez"), 200);
    EXPECT_EQ(status_of(Method::head, "/metrics"), 401);
    EXPECT_EQ(status_of(Method::get, "/livez", bearer("nonsense")), 200) << "open to all";
    EXPECT_EQ(status_of(Method::get, "/v1/streams/sales", bearer(till.text)), 403);
    EXPECT_EQ(status_of(Method::get, "/v1/streams/nope", bearer(till.text)), 403) << "not 404";
    EXPECT_EQ(status_of(Method::post, "/v1/streams/nope/records", bearer(till.text), "[]"), 403) << "not 404";
    EXPECT_EQ(status_of(Method::post, "/v1/streams/sales/records", bearer(till.text), "[]"), 200);
    EXPECT_EQ(status_of(Method::post, "/v1/streams/s%61les/records", bearer(till.text), "[]"), 200);
    EXPECT_EQ(status_of(Method::post, "/v1/streams/sales%2F/records", bearer(till.text), "[]"), 403);
}

TEST_F(AccessMatrix, TokensMayComeInEitherHeaderButNotInContradiction) {
    begin();
    const MadeToken admin = make_token({"--scope", "admin"});
    const MadeToken other = make_token(admin, {"--scope", "admin"});
    const std::string& token = admin.text;
    struct Case {
        Headers headers;
        int status;
    };
    const std::vector<Case> cases{
        {{{"Authorization", "Bearer " + token}}, 200},
        {{{"authorization", "bearer " + token}}, 200},
        {{{"Authorization", "BEARER   " + token + "  "}}, 200},
        {{{"X-API-Key", token}}, 200},
        {{{"Authorization", "Bearer " + token}, {"x-api-key", token}}, 200},
        {{{"x-api-key", token}, {"x-api-key", token}}, 200},
        {{{"Authorization", "Bearer " + token}, {"x-api-key", other.text}}, 401},
        {{{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + other.text}}, 401},
        {{{"x-api-key", token}, {"x-api-key", "x"}}, 401},
        {{{"Authorization", "Basic x"}, {"x-api-key", token}}, 401},
        {{{"Authorization", ""}}, 401},
        {{{"Authorization", "Bearer"}}, 401},
        {{{"Authorization", "Bearer "}}, 401},
        {{{"Authorization", token}}, 401},
        {{{"Authorization", "Bearer" + token}}, 401},
        {{{"Authorization", "Bearer " + token + " " + token}}, 401},
        {{{"Authorization", "Bearer " + token + "," + token}}, 401},
        {{{"Authorization", "Bearer\t" + token}}, 401},
        {{{"Authorization", "Bearer " + token.substr(0, 79)}}, 401},
        {{{"Authorization", "Bearer " + std::string(12'000, 'a')}}, 401},
        {{{"Authorization", "Bearer " + std::string(20'000, 'a')}}, 431},
        {{{"Authorization", "Bearer \xff\xfe"}}, 401},
        {{{"Cookie", "token=" + token}}, 401},
    };
    for (const Case& given : cases) {
        std::string shown;
        for (const auto& [name, value] : given.headers) shown += name + ": " + value.substr(0, 90) + "; ";
        EXPECT_EQ(status_of(Method::get, "/v1/tokens", given.headers), given.status) << shown;
    }
    EXPECT_EQ(status_of(Method::get, "/v1/tokens?token=" + token), 401);
    EXPECT_EQ(status_of(Method::get, "/v1/tokens?access_token=" + token), 401);
}

}  // namespace
}  // namespace tillstream
