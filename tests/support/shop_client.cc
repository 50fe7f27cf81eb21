#include "tests/support/shop_client.h"

#include <thread>

#include "json/writer.h"

namespace tillstream {

namespace {

Result<json::Value> document_of(Result<ClientResponse> response, const std::string& target) {
    if (!response) return failure(response.error());
    if (response->status != 200) {
        return failure(Errc::unavailable,
                       target + " answered " + std::to_string(response->status) + ": " + response->body);
    }
    return json::parse(response->body);
}

std::string query_body(const std::string& sql) {
    std::string body;
    json::Writer out(body);
    out.begin_object().member("sql", sql).end_object();
    return body;
}

}  // namespace

Result<ShopClient> ShopClient::open(const std::string& url) {
    ClientOptions options;
    options.request_timeout = std::chrono::minutes{5};
    return ShopClient(TILLSTREAM_TRY(HttpClient::open(url, options)));
}

Status ShopClient::wait_until_ready(std::chrono::seconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const ClientResponse answer = TILLSTREAM_TRY(get("/readyz"));
        if (answer.status == 200) return {};
        if (std::chrono::steady_clock::now() > deadline) {
            return failure(Errc::timeout, "the server is not ready: " + answer.body);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

Result<ClientResponse> ShopClient::post(const std::string& target, std::string_view body,
                                        std::vector<std::pair<std::string, std::string>> headers) {
    return http_.send(
        {.method = Method::post, .target = target, .headers = std::move(headers), .body = body});
}

Result<ClientResponse> ShopClient::get(const std::string& target) { return http_.send({.target = target}); }

Result<ClientResponse> ShopClient::send(Method method, const std::string& target) {
    return http_.send({.method = method, .target = target});
}

Result<json::Value> ShopClient::get_json(const std::string& target) {
    return document_of(get(target), target);
}

Result<json::Value> ShopClient::post_json(const std::string& target, std::string_view body,
                                          std::vector<std::pair<std::string, std::string>> headers) {
    return document_of(post(target, body, std::move(headers)), target);
}

Result<std::vector<json::Value>> ShopClient::query(const std::string& sql) {
    const json::Value answer = TILLSTREAM_TRY(post_json("/v1/query", query_body(sql)));
    const json::Value* rows = answer.find("rows");
    const json::Value* truncated = answer.find("truncated");
    if (!rows || !truncated) return failure(Errc::internal, "a query's answer without rows or truncated");
    if (truncated->as_bool().value_or(true))
        return failure(Errc::resource_exhausted, "the result was truncated: " + sql);
    return rows->items;
}

Result<std::string> ShopClient::query_value(const std::string& sql) {
    const std::vector<json::Value> rows = TILLSTREAM_TRY(query(sql));
    if (rows.size() != 1 || rows[0].items.size() != 1)
        return failure(Errc::internal, "not one value: " + sql);
    return rows[0].items[0].is_null() ? "null" : rows[0].items[0].text;
}

Result<json::Value> ShopClient::verify(std::string_view stream, int wait_seconds) {
    return get_json("/v1/verify?stream=" + std::string(stream) + "&wait=" + std::to_string(wait_seconds));
}

Status ShopClient::pause(std::string_view sink) {
    TILLSTREAM_CHECK(post_json("/v1/sinks/" + std::string(sink) + "/pause", ""));
    return {};
}

Status ShopClient::resume(std::string_view sink) {
    TILLSTREAM_CHECK(post_json("/v1/sinks/" + std::string(sink) + "/resume", ""));
    return {};
}

Result<std::int64_t> ShopClient::lag_records(std::string_view sink, std::string_view stream) {
    const json::Value status = TILLSTREAM_TRY(get_json("/v1/streams/" + std::string(stream)));
    const json::Value* sinks = status.find("sinks");
    std::int64_t lag = 0;
    bool found = false;
    for (const json::Value& entry : sinks ? sinks->items : std::vector<json::Value>{}) {
        if (text_of(entry, "name") != sink) continue;
        lag += number_of(entry, "lag_records");
        found = true;
    }
    if (!found) return failure(Errc::not_found, "no sink named " + std::string(sink));
    return lag;
}

std::int64_t number_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value ? value->as_int64().value_or(-1) : -1;
}

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value ? value->text : std::string();
}

}  // namespace tillstream
