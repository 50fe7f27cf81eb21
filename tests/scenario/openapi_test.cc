// The program's own description of its door: whole, true, and enough to call everything it names.
#include <algorithm>
#include <set>

#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

class OpenApi : public Scenario {
protected:
    void SetUp() override {
        start({"--config", config_file(kTwoAliases)});
        document_ = must(client().get_json("/openapi.json"));
    }
    const json::Value& paths() const { return *document_.find("paths"); }
    /// A path of the document with names that nothing has.
    static std::string made_up(std::string path) {
        for (std::size_t open = 0; (open = path.find('{')) != std::string::npos;)
            path.replace(open, path.find('}', open) + 1 - open, "no-such-thing");
        return path;
    }
    /// With a stream and a customer's id that pass, so that the query is looked at.
    static std::string with_known_names(std::string path) {
        if (const auto at = path.find("{stream}"); at != std::string::npos) path.replace(at, 8, "sales");
        if (const auto at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, "1");
        return path;
    }
    /// Names of an operation's parameters at one place.
    static std::set<std::string> parameters(const json::Value& operation, std::string_view place) {
        std::set<std::string> names;
        const json::Value* list = operation.find("parameters");
        for (const json::Value& parameter : list ? list->items : std::vector<json::Value>{}) {
            if (text_of(parameter, "in") == place) names.insert(text_of(parameter, "name"));
        }
        return names;
    }
    const json::Value& operation(const std::string& path, std::string_view method) const {
        const json::Value* methods = paths().find(path);
        const json::Value* found = methods ? methods->find(method) : nullptr;
        if (!found) throw std::runtime_error("not described: " + path);
        return *found;
    }
    void expect_problem(const std::string& target, const ClientResponse& answer) {
        const json::Value problem = must(json::parse(answer.body));
        for (const char* member : {"type", "title", "status", "detail", "request_id", "errors"})
            EXPECT_TRUE(problem.find(member)) << target << " without " << member << ": " << answer.body;
        EXPECT_EQ(number_of(problem, "status"), answer.status);
        const std::string_view type = answer.find("Content-Type").value_or("");
        EXPECT_TRUE(type.starts_with("application/problem+json")) << target << ": " << type;
    }

    json::Value document_;
};

TEST_F(OpenApi, IsADocumentOfVersion31ThatNamesEveryParameterOfItsPaths) {
    EXPECT_EQ(text_of(document_, "openapi"), "3.1.0");
    ASSERT_TRUE(document_.find("info"));
    std::set<std::string> ids;
    for (const json::Member& path : paths().members) {
        for (const json::Member& method : path.value.members) {
            EXPECT_TRUE(ids.insert(text_of(method.value, "operationId")).second) << path.name;
            EXPECT_FALSE(text_of(method.value, "summary").empty()) << path.name;
            ASSERT_TRUE(method.value.find("responses")->find("200")) << path.name;
            ASSERT_TRUE(method.value.find("responses")->find("default")) << path.name;
            for (const std::string& name : parameters(method.value, "path"))
                EXPECT_NE(path.name.find('{' + name + '}'), std::string::npos) << path.name << " " << name;
            EXPECT_EQ(std::count(path.name.begin(), path.name.end(), '{'),
                      static_cast<std::ptrdiff_t>(parameters(method.value, "path").size()));
        }
    }
}

TEST_F(OpenApi, EveryGetAnswersWhatIsDocumented) {
    int called = 0;
    for (const json::Member& path : paths().members) {
        if (!path.value.find("get")) continue;
        const std::string target = made_up(path.name);
        const ClientResponse answer = must(client().get(target));
        ++called;
        EXPECT_TRUE(answer.status < 500 || answer.status == 503) << target << ": " << answer.body;
        EXPECT_NE(answer.status, 405) << target;
        if (answer.status != 200) expect_problem(target, answer);
        EXPECT_TRUE(answer.status != 404 || answer.body.find("no-such-thing") != std::string::npos)
            << target << " has no route: " << answer.body;
    }
    EXPECT_GE(called, 12);
}

TEST_F(OpenApi, EveryPathAnswersOtherMethodsWith405AndNamesItsOwn) {
    for (const json::Member& path : paths().members) {
        const std::string target = made_up(path.name);
        const ClientResponse answer = must(client().send(Method::patch, target));
        EXPECT_EQ(answer.status, 405) << target << ": " << answer.body;
        expect_problem(target, answer);
        const std::string allowed(answer.find("Allow").value_or(""));
        for (const json::Member& method : path.value.members) {
            std::string name = method.name;
            for (char& c : name) c = static_cast<char>(c & ~0x20);
            EXPECT_NE(allowed.find(name), std::string::npos) << target << ": " << allowed;
        }
    }
}

TEST_F(OpenApi, EveryPostWithoutABodyIsAnsweredAndNever5xx) {
    for (const json::Member& path : paths().members) {
        if (!path.value.find("post")) continue;
        const std::string target = made_up(path.name);
        const ClientResponse answer = must(client().post(target, ""));
        EXPECT_TRUE(answer.status >= 400 && answer.status < 500) << target << ": " << answer.body;
        EXPECT_NE(answer.status, 405) << target;
        expect_problem(target, answer);
    }
}

TEST_F(OpenApi, NamesTheParametersThatTheDoorReads) {
    using Names = std::set<std::string>;
    const auto query = [&](const std::string& path, std::string_view method) {
        return parameters(operation(path, method), "query");
    };
    EXPECT_EQ(query("/v1/streams/{stream}/records", "post"), Names{"detail"});
    for (const char* method : {"post", "put"}) {
        EXPECT_EQ(query("/tills", method), Names{"detail"});
        EXPECT_EQ(query("/prod/main", method), Names{});
    }
    EXPECT_EQ(query("/tills", "get"), (Names{"InvoiceNo", "limit", "cursor", "after"}));
    EXPECT_EQ(query("/prod/main", "get"), (Names{"InvoiceNo", "after"}));
    EXPECT_EQ(query("/v1/streams/{stream}/records", "get"),
              (Names{"shard", "from", "limit", "cursor", "after"}));
    EXPECT_EQ(query("/v1/streams/{stream}", "get"), Names{"after"});
    EXPECT_EQ(query("/v1/invoices/{no}", "get"), (Names{"limit", "cursor", "after"}));
    EXPECT_EQ(query("/v1/customers/{id}", "get"), Names{"after"});
    EXPECT_EQ(query("/v1/customers/{id}/invoices", "get"),
              (Names{"from", "to", "order", "limit", "cursor", "after"}));
    EXPECT_EQ(query("/v1/quarantine", "get"),
              (Names{"dataset", "reason", "state", "limit", "cursor", "after"}));
    EXPECT_EQ(query("/v1/query", "post"), Names{"after"});
    EXPECT_EQ(query("/v1/verify", "get"), (Names{"stream", "wait"}));
    EXPECT_EQ(query("/v1/sinks/{sink}/replay", "post"), (Names{"from", "to"}));
    for (const char* path :
         {"/v1/streams/{stream}/seal", "/v1/sinks/{sink}/pause", "/v1/sinks/{sink}/resume"})
        EXPECT_EQ(query(path, "post"), Names{}) << path;
}

TEST_F(OpenApi, NamesTheHeadersOfEveryRouteThatTakesRecords) {
    using Names = std::set<std::string>;
    int takers = 0;
    for (const json::Member& path : paths().members) {
        for (const json::Member& method : path.value.members) {
            const bool takes = path.name == "/v1/streams/{stream}/records" || path.name == "/tills" ||
                               path.name == "/prod/main";
            const bool expected = takes && method.name != "get";
            EXPECT_EQ(parameters(method.value, "header"),
                      expected ? (Names{"Idempotency-Key", "Content-Encoding"}) : Names{})
                << method.name << " " << path.name;
            const json::Value* headers = method.value.find("responses")->find("200")->find("headers");
            EXPECT_EQ(headers && headers->find("Idempotent-Replayed"), expected) << path.name;
            EXPECT_EQ(headers && headers->find("Tillstream-Status"), expected && path.name == "/prod/main");
            takers += expected ? 1 : 0;
        }
    }
    EXPECT_EQ(takers, 5);
}

TEST_F(OpenApi, ADocumentedParameterIsReadNotIgnored) {
    int refused = 0;
    for (const json::Member& path : paths().members) {
        const json::Value* get = path.value.find("get");
        if (!get) continue;
        const json::Value* list = get->find("parameters");
        for (const json::Value& parameter : list ? list->items : std::vector<json::Value>{}) {
            const std::string name = text_of(parameter, "name");
            const bool text =
                name == "dataset" || name == "reason" || name == "stream" || name == "InvoiceNo";
            if (text_of(parameter, "in") != "query" || text) continue;
            const std::string target =
                made_up(with_known_names(path.name)) + "?InvoiceNo=1&" + name + "=no%20such%20value";
            const ClientResponse answer = must(client().get(target));
            EXPECT_EQ(answer.status, 400) << target;
            EXPECT_EQ(answer.body.find("InvoiceNo"), std::string::npos) << target << ": " << answer.body;
            ++refused;
        }
    }
    EXPECT_GE(refused, 20);
}

}  // namespace
}  // namespace tillstream
