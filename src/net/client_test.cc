#include "net/client.h"

#include <thread>

#include "net/loopback_test.h"

namespace tillstream {
namespace {

using namespace std::chrono_literals;
using testing::Loopback;

/// Accepts connections one after the other and treats each as the test says.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::function<void(int)>> scripts)
        : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
        thread_ = std::thread([this, scripts = std::move(scripts)] {
            for (const auto& script : scripts) {
                const int fd = ::accept(listener_, nullptr, nullptr);
                if (fd < 0) return;
                script(fd);
                ::close(fd);
            }
        });
    }
    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    const std::string& url() const { return url_; }

private:
    int listener_;
    std::string url_;
    std::thread thread_;
};

/// Reads one request without body.
std::string read_head(int fd) {
    std::string head;
    char byte;
    while (!head.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1) head += byte;
    return head;
}

void answer(int fd, std::string_view bytes) {
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(ClientTest, TakesOnlyHostAndPort) {
    for (const char* url :
         {"", "ftp://x", "http://", "http://x/path", "http://x:port", "http://x:", "http://[::1", "x"}) {
        const auto client = HttpClient::open(url);
        ASSERT_FALSE(client) << url;
        EXPECT_EQ(client.error().code, Errc::invalid_argument);
    }
    for (const char* url : {"http://x", "https://x:1/", "http://[::1]:80"})
        EXPECT_TRUE(HttpClient::open(url)) << url;
}

TEST(ClientTest, RefusesLineBreaksInWhatItSends) {
    auto client = HttpClient::open("http://127.0.0.1:1");
    EXPECT_EQ(client->send({.headers = {{"X-A", "b\r\nc"}}}).error().code, Errc::invalid_argument);
    EXPECT_EQ(client->send({.target = "/a b"}).error().code, Errc::invalid_argument);
    EXPECT_EQ(client->send({.target = "a"}).error().code, Errc::invalid_argument);
}

TEST(ClientTest, NobodyThereIsUnavailable) {
    auto client = HttpClient::open("http://127.0.0.1:1");
    const auto response = client->send({.method = Method::post, .body = "x"});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unavailable);
    EXPECT_NE(response.error().message.find("127.0.0.1:1"), std::string::npos);
}

TEST(ClientTest, ReadsInterimChunkedAndUnboundedAnswers) {
    ScriptedServer server({[](int fd) {
        read_head(fd);
        answer(fd,
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: "
               "b\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        read_head(fd);
        answer(fd, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
    }});
    auto client = HttpClient::open(server.url());
    const auto first = client->send({});
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->body, "ok");
    EXPECT_EQ(first->find("x-a"), "b");
    const auto second = client->send({});
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_EQ(second->body, "until the end");
}

/// Takes a second request on the kept connection and closes instead of answering.
void answer_once_then_close(int fd) {
    read_head(fd);
    answer(fd, kOk);
    read_head(fd);
}

TEST(ClientTest, RepeatsAnIdempotentRequestOnAStaleConnection) {
    ScriptedServer server({answer_once_then_close, answer_once_then_close});
    auto client = HttpClient::open(server.url());
    EXPECT_TRUE(client->send({}));
    EXPECT_TRUE(client->send({}));
}

TEST(ClientTest, APostThatMayHaveHappenedIsOutcomeUnknown) {
    ScriptedServer server({answer_once_then_close, answer_once_then_close});
    auto client = HttpClient::open(server.url());
    EXPECT_TRUE(client->send({.method = Method::post}));
    const auto lost = client->send({.method = Method::post});
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, Errc::outcome_unknown);
    EXPECT_TRUE(client->send_raw(testing::get("/")));
    const auto raw = client->send_raw(testing::get("/"));
    ASSERT_FALSE(raw);
    EXPECT_EQ(raw.error().code, Errc::outcome_unknown);
}

TEST(ClientTest, GivesUpInTime) {
    ScriptedServer server(
        {[](int fd) { read_head(fd), read_head(fd); }, [](int fd) { read_head(fd), read_head(fd); }});
    auto client = HttpClient::open(server.url(), {.request_timeout = 50ms});
    EXPECT_EQ(client->send({}).error().code, Errc::timeout);
    EXPECT_EQ(client->send({.method = Method::post}).error().code, Errc::outcome_unknown);
}

TEST(ClientTest, BoundsTheAnswer) {
    Loopback loopback;
    auto client = HttpClient::open(loopback.server->url(), {.response_bytes_max = 4});
    EXPECT_EQ(client->send({.target = "/hello"}).error().code, Errc::resource_exhausted);
}

TEST(ClientTest, KeepsOneConnectionForManyRequests) {
    Loopback loopback;
    auto client = HttpClient::open(loopback.server->url());
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(client->send({.target = "/hello"})->body, "hello");
        EXPECT_EQ(client->send({.method = Method::head, .target = "/hello"})->body, "");
        EXPECT_EQ(client->send({.method = Method::post, .target = "/echo", .body = "x"})->body, "x");
    }
    EXPECT_EQ(loopback.metrics.gauge("tillstream_http_connections", "Open connections").value(), 1);
}

TEST(ClientTest, SeesTheRefusalOfABodyItCouldNotFinish) {
    Loopback loopback({.body_bytes_max = 1000});
    auto client = HttpClient::open(loopback.server->url());
    const std::string big(4 << 20, 'x');
    for (int i = 0; i < 3; ++i) {
        const auto response = client->send({.method = Method::post, .target = "/echo", .body = big});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 413);
    }
}

}  // namespace
}  // namespace tillstream
