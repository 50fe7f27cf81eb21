#include "tests/bad_input/door.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "json/writer.h"

namespace tillstream::bad_input {

void PrintTo(const Wrong& wrong, std::ostream* out) {
    *out << '{' << wrong.pointer << ", " << wrong.code << ", expected " << wrong.expected << ", found "
         << wrong.found << '}';
}

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* member = object.find(name);
    return member ? member->text : "";
}

std::vector<Wrong> wrongs_of(const json::Value& errors) {
    std::vector<Wrong> wrongs;
    for (const json::Value& entry : errors.items) {
        wrongs.push_back({text_of(entry, "pointer"), text_of(entry, "code"), text_of(entry, "expected"),
                          text_of(entry, "found")});
    }
    return wrongs;
}

std::string Answer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (equal_ignoring_case(key, name)) return value;
    }
    return "";
}

std::string Answer::problem() const {
    constexpr std::string_view kPrefix = "/problems/";
    const std::string type = text("type");
    return type.starts_with(kPrefix) ? type.substr(kPrefix.size()) : type;
}

std::vector<Wrong> Answer::errors() const {
    const json::Value* entries = body.find("errors");
    return entries ? wrongs_of(*entries) : std::vector<Wrong>{};
}

std::unique_ptr<Door> Door::open(const std::vector<std::string>& arguments) {
    auto folder = std::make_unique<TemporaryFolder>();
    const std::string data_dir = folder->file("data");
    auto server = ServerProcess::start(data_dir, arguments);
    if (!server) {
        ADD_FAILURE() << server.error().message;
        return nullptr;
    }
    ClientOptions options;
    options.request_timeout = std::chrono::minutes{5};
    auto client = HttpClient::open(server->url(), options);
    if (!client) {
        ADD_FAILURE() << client.error().message;
        return nullptr;
    }
    std::unique_ptr<Door> door(new Door(std::move(folder), data_dir, std::move(*server), std::move(*client)));
    return door->wait_until_ready() ? std::move(door) : nullptr;
}

Door::Door(std::unique_ptr<TemporaryFolder> folder, std::string data_dir, ServerProcess server,
           HttpClient client)
    : folder_(std::move(folder)),
      data_dir_(std::move(data_dir)),
      server_(std::move(server)),
      client_(std::move(client)) {}

/// Ingest is taken at once, reads when the warehouse is open.
bool Door::wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{2};
    while (std::chrono::steady_clock::now() < deadline) {
        const auto answer = client_.send({.target = "/readyz"});
        if (answer && answer->status == 200) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    ADD_FAILURE() << "the server does not get ready";
    return false;
}

Headers Door::with_token() const {
    return token_.empty() ? Headers{} : Headers{{"Authorization", "Bearer " + token_}};
}

std::string Door::new_invoice() {
    const std::string number = std::to_string(++invoices_);
    return "bad-" + std::string(4 - number.size(), '0') + number;
}

Answer Door::send(Method method, const std::string& target, const Headers& headers, std::string_view body) {
    const auto response = client_.send({method, target, headers, body});
    if (!response) {
        ADD_FAILURE() << target << ": " << response.error().message;
        return {};
    }
    Answer answer{response->status, {}, response->headers};
    EXPECT_LT(response->status, 500) << response->body;
    auto document = json::parse(response->body, 64);
    if (!document) {
        ADD_FAILURE() << target << " did not answer with JSON: " << document.error().message << "\n"
                      << response->body.substr(0, 500);
        return answer;
    }
    answer.body = std::move(*document);
    if (answer.status >= 400) {
        EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(answer.text("status"), std::to_string(answer.status));
        for (const char* member : {"type", "title", "detail", "request_id"})
            EXPECT_NE(answer.text(member), "") << member;
    }
    return answer;
}

Answer Door::post_records(std::string_view body, const std::string& content_type,
                          const std::string& content_encoding) {
    Headers headers = with_token();
    if (!content_type.empty()) headers.emplace_back("Content-Type", content_type);
    if (!content_encoding.empty()) headers.emplace_back("Content-Encoding", content_encoding);
    return send(Method::post, "/v1/streams/sales/records", headers, body);
}

Answer Door::query(std::string_view sql, const std::vector<std::string>& params) {
    std::string body;
    json::Writer out(body);
    out.begin_object().member("sql", sql).key("params").begin_array();
    for (const std::string& param : params) out.string(param);
    out.end_array().end_object();
    return send(Method::post, "/v1/query", with_token(), body);
}

std::string Door::value(std::string_view sql, const std::vector<std::string>& params) {
    const Answer answer = query(sql, params);
    EXPECT_EQ(answer.status, 200) << sql << ": " << answer.text("detail");
    const json::Value* rows = answer.body.find("rows");
    if (!rows || rows->items.size() != 1 || rows->items[0].items.size() != 1) {
        ADD_FAILURE() << "not one row of one column: " << sql;
        return "";
    }
    return rows->items[0].items[0].text;
}

std::int64_t Door::stored() {
    const Answer answer = get("/v1/streams/sales");
    std::int64_t records = 0;
    if (const json::Value* shards = answer.body.find("shards")) {
        for (const json::Value& shard : shards->items) records += shard.find("next")->as_int64().value_or(0);
    }
    return records;
}

bool Door::sinks_are_at_the_end() {
    const Answer answer = get("/v1/streams/sales");
    const json::Value* sinks = answer.body.find("sinks");
    if (!sinks || sinks->items.empty()) return false;
    for (const json::Value& sink : sinks->items) {
        if (text_of(sink, "lag_records") != "0") return false;
    }
    return true;
}

void Door::wait_for_sinks() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{3};
    while (!sinks_are_at_the_end()) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the sinks do not reach the log's end";
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
}

void Door::expect_verified() {
    std::vector<std::string> command{"verify", "--server", url(), "--wait", "120s", "--output", "json"};
    if (!token_.empty()) command.insert(command.end(), {"--token", token_});
    const CommandResult verify = run_program(command);
    EXPECT_EQ(verify.exit_code, 0) << verify.output << verify.errors;
    const auto figures = json::parse(verify.output);
    ASSERT_TRUE(figures) << verify.output;
    EXPECT_EQ(text_of(*figures, "ok"), "true") << verify.output;
}

namespace {

constexpr std::chrono::milliseconds kPause{150};

int connect_to(const std::string& url) {
    const std::size_t colon = url.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1))));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{60, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

}  // namespace

std::string exchange(const std::string& url, const std::vector<std::string>& parts) {
    const int fd = connect_to(url);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) std::this_thread::sleep_for(kPause);
        // The server may have answered and closed already.
        if (::send(fd, parts[i].data(), parts[i].size(), MSG_NOSIGNAL) < 0) break;
    }
    std::string answer;
    char block[4096];
    for (ssize_t got = 0; (got = recv(fd, block, sizeof block, 0)) > 0;)
        answer.append(block, static_cast<std::size_t>(got));
    close(fd);
    return answer;
}

}  // namespace tillstream::bad_input
