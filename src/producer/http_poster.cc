#include "producer/http_poster.h"

#include <charconv>
#include <utility>

#include "core/bytes.h"
#include "json/scanner.h"

namespace tillstream {

namespace {

std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

PostAnswer read_answer(int status, std::string_view body, std::optional<std::string_view> retry_after) {
    constexpr std::size_t kDetailBytesMax = 300;
    PostAnswer answer{.status = status};
    if (retry_after) {
        // An HTTP date, which no Tillstream sends, is taken for a second.
        answer.retry_after = std::chrono::seconds(read_number(*retry_after).value_or(1));
    }
    const Buffer padded(body);
    json::Scanner scanner;
    std::vector<json::Field> fields;
    if (scanner.scan_object(padded.view(), {}, fields)) {
        answer.detail = body.substr(0, kDetailBytesMax);
        return answer;
    }
    for (const json::Field& field : fields) {
        if (field.key == "detail") answer.detail = field.text;
        if (field.key == "type") answer.outcome_unknown = field.text.ends_with("outcome-unknown");
        if (status != 200) continue;
        if (field.key == "accepted") answer.accepted = read_number(field.text).value_or(0);
        if (field.key == "quarantined") answer.quarantined = read_number(field.text).value_or(0);
        if (field.key == "duplicates") answer.duplicates = read_number(field.text).value_or(0);
    }
    return answer;
}

HttpPoster::HttpPoster(HttpClient client, const HttpTarget& target) : client_(std::move(client)) {
    request_.method = Method::post;
    request_.target = "/v1/streams/" + percent_encode(target.stream) + "/records";
    request_.headers.emplace_back("Content-Type", "");
    if (!target.token.empty()) request_.headers.emplace_back("Authorization", "Bearer " + target.token);
    fixed_headers_ = request_.headers.size();
}

Result<std::unique_ptr<RecordPoster>> HttpPoster::open(const HttpTarget& target) {
    HttpClient client = TILLSTREAM_TRY(HttpClient::open(target.url, target.client));
    return std::unique_ptr<RecordPoster>(new HttpPoster(std::move(client), target));
}

Result<PostAnswer> HttpPoster::post(const RecordBatch& batch) {
    request_.headers.front().second = batch.content_type;
    request_.headers.resize(fixed_headers_);
    if (!batch.idempotency_key.empty())
        request_.headers.emplace_back("Idempotency-Key", batch.idempotency_key);
    request_.body = batch.body;
    const ClientResponse response = TILLSTREAM_TRY(client_.send(request_));
    return read_answer(response.status, response.body, response.find("Retry-After"));
}

PosterFactory http_posters(HttpTarget target) {
    return [target = std::move(target)] { return HttpPoster::open(target); };
}

}  // namespace tillstream
