// shop_client.h - what a producer and an analyst do, over the HTTP door of a running server.
//
// Threads:  one thread at a time; the connection stays open between calls.
// Errors:   as HttpClient; an answer that is no JSON, or not the status a call needs, is a failure with its
//           body.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "json/value.h"
#include "net/client.h"

namespace tillstream {

class ShopClient {
public:
    static Result<ShopClient> open(const std::string& url);

    /// Until /readyz says so: the line "ready" only means that ingest is up, the warehouse follows.
    Status wait_until_ready(std::chrono::seconds timeout = std::chrono::seconds{120});

    /// Any status is a value.
    Result<ClientResponse> post(const std::string& target, std::string_view body,
                                std::vector<std::pair<std::string, std::string>> headers = {});
    Result<ClientResponse> get(const std::string& target);
    Result<ClientResponse> send(Method method, const std::string& target);

    /// The JSON document of a 200.
    Result<json::Value> get_json(const std::string& target);
    Result<json::Value> post_json(const std::string& target, std::string_view body,
                                  std::vector<std::pair<std::string, std::string>> headers = {});

    /// Rows of one statement; a truncated result is a failure.
    Result<std::vector<json::Value>> query(const std::string& sql);
    /// The only cell of the only row, as text; null is "null".
    Result<std::string> query_value(const std::string& sql);

    /// Verify's document, after waiting for the sinks.
    Result<json::Value> verify(std::string_view stream = "sales", int wait_seconds = 60);
    Status pause(std::string_view sink);
    Status resume(std::string_view sink);
    /// Records that `sink` has not stored, over all shards.
    Result<std::int64_t> lag_records(std::string_view sink, std::string_view stream = "sales");

private:
    explicit ShopClient(HttpClient http) : http_(std::move(http)) {}
    HttpClient http_;
};

/// A member that must be there: its number, or its text. A missing one is -1 or empty, which no test expects.
std::int64_t number_of(const json::Value& object, std::string_view name);
std::string text_of(const json::Value& object, std::string_view name);

}  // namespace tillstream
