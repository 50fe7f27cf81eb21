#include "producer/http_poster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "net/problem.h"
#include "net/server.h"
#include "producer/dispatcher.h"
#include "producer/internal/fake_ingest.h"

namespace tillstream {
namespace {

using internal::FakeIngest;
using internal::RememberingObserver;
using testing::HasSubstr;

/// A real server on loopback whose ingest door keeps bodies and answers as told.
class HttpDoor {
public:
    using Answer = std::function<HttpResponse(const HttpRequest&)>;

    explicit HttpDoor(Answer answer) {
        Router router;
        const auto handler = [this, answer](HttpRequest&& request, Responder responder) {
            HttpResponse response = answer(request);
            if (response.status == 200) {
                const std::lock_guard lock(mutex_);
                bodies_.emplace_back(request.body.view());
            }
            responder.send(std::move(response));
        };
        EXPECT_TRUE(router.add(Method::post, "/v1/streams/{stream}/records", handler));
        auto started = HttpServer::start({.io_threads = 2}, std::move(router), Logger::silent(), metrics_);
        EXPECT_TRUE(started) << started.error().message;
        server_ = std::move(*started);
    }

    std::string url() const { return server_->url(); }
    const std::vector<std::string>& bodies() const { return bodies_; }

private:
    Metrics metrics_;
    std::mutex mutex_;
    std::vector<std::string> bodies_;
    std::unique_ptr<HttpServer> server_;
};

HttpResponse all_accepted(const HttpRequest& request) {
    const std::string_view body = request.body.view();
    const auto lines = std::count(body.begin(), body.end(), '\n');
    return {.status = 200,
            .body = R"({"received":)" + std::to_string(lines) + R"(,"accepted":)" + std::to_string(lines) +
                    R"(,"quarantined":0,"duplicates":0,"position":"p","records":[]})",
            .headers = {}};
}

TEST(HttpPoster, OrderPerKeyHoldsOverEightConnections) {
    HttpDoor door(all_accepted);
    RememberingObserver observer;
    Dispatcher dispatcher({.batch_records = 9, .concurrency = 8}, http_posters({.url = door.url()}),
                          observer);
    dispatcher.begin_body("application/x-ndjson", "");
    for (int i = 0; i < 4'000; ++i) {
        const std::string key = "k" + std::to_string(i % 37);
        ASSERT_TRUE(dispatcher.add(key, {.before = key + " ", .text = std::to_string(i)}));
    }
    const SendReport report = dispatcher.finish();
    EXPECT_EQ(report.accepted, 4'000U);
    EXPECT_TRUE(observer.notices.empty());
    std::map<std::string, int> last;
    std::size_t total = 0;
    for (const std::string& body : door.bodies()) {
        for (const std::string& line : FakeIngest::lines_of({0, body, "application/x-ndjson", ""})) {
            const std::string key = line.substr(0, line.find(' '));
            const int number = std::stoi(line.substr(line.find(' ')));
            EXPECT_TRUE(!last.contains(key) || number == last[key] + 37) << line;
            last[key] = number;
            ++total;
        }
    }
    EXPECT_EQ(total, 4'000U);
}

TEST(HttpPoster, SendsTokenStreamAndType) {
    std::string seen;
    HttpDoor door([&](const HttpRequest& request) {
        seen = std::string(*request.params.find("stream")) + "|" +
               std::string(request.headers.find("Authorization").value_or("")) + "|" +
               std::string(request.headers.find("Content-Type").value_or(""));
        return all_accepted(request);
    });
    const auto poster = HttpPoster::open({.url = door.url(), .stream = "my orders", .token = "T"});
    ASSERT_TRUE(poster);
    const auto answer = (*poster)->post({.body = "{}\n", .content_type = "application/x-ndjson"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->accepted, 1U);
    EXPECT_EQ(seen, "my orders|Bearer T|application/x-ndjson");
}

TEST(HttpPoster, ARequestsOwnNameGoesWithItAlone) {
    std::vector<std::string> keys;
    HttpDoor door([&](const HttpRequest& request) {
        keys.emplace_back(request.headers.find("Idempotency-Key").value_or("none"));
        return all_accepted(request);
    });
    const auto poster = HttpPoster::open({.url = door.url(), .token = "T"});
    ASSERT_TRUE(poster);
    for (const char* key : {"a-1", "", "a-2"}) {
        ASSERT_TRUE((*poster)->post(
            {.body = "{}\n", .content_type = "application/x-ndjson", .idempotency_key = key}));
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"a-1", "none", "a-2"}));
}

TEST(HttpPoster, ProblemsBringTheirDetailAndRetryAfter) {
    HttpDoor door([](const HttpRequest&) {
        return problem_response(
            {.status = 429, .detail = "quota of token t1 is used up", .retry_after_seconds = 3}, "r");
    });
    const auto poster = HttpPoster::open({.url = door.url()});
    ASSERT_TRUE(poster);
    const auto answer = (*poster)->post({.body = "{}\n", .content_type = "application/x-ndjson"});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 429);
    EXPECT_EQ(answer->retry_after, std::chrono::seconds(3));
    EXPECT_EQ(answer->detail, "quota of token t1 is used up");
}

TEST(HttpPoster, NobodyListeningIsUnavailable) {
    std::string url;
    {
        HttpDoor door(all_accepted);
        url = door.url();
    }
    RememberingObserver observer;
    Dispatcher dispatcher({}, http_posters({.url = url}), observer);
    dispatcher.begin_body("application/x-ndjson", "");
    dispatcher.add("k", {.text = "{}"});
    const SendReport report = dispatcher.finish();
    EXPECT_EQ(report.end, SendEnd::unreachable);
    EXPECT_EQ(exit_code(report), 75);
}

TEST(HttpPoster, AnswersThatAreNoJsonAreQuoted) {
    const PostAnswer answer = read_answer(502, "<html>bad gateway", std::nullopt);
    EXPECT_EQ(answer.detail, "<html>bad gateway");
    EXPECT_FALSE(answer.retry_after);
    EXPECT_EQ(read_answer(200, R"({"accepted":"x"})", std::nullopt).accepted, 0U);
}

}  // namespace
}  // namespace tillstream
