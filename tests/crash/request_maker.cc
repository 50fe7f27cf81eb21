#include "tests/crash/request_maker.h"

#include <fmt/format.h>

namespace tillstream {

namespace {

constexpr std::size_t kRecordsMax = 500;
constexpr std::size_t kInvoices = 5;
constexpr std::string_view kColumns =
    "invoice_no,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n";

std::size_t draw(std::mt19937_64& random, std::size_t first, std::size_t last) {
    return std::uniform_int_distribution<std::size_t>(first, last)(random);
}

std::string json_record(const CrashRequest& request, std::size_t index) {
    const std::string quantity = request.bad[index] ? "\"six\"" : std::to_string(quantity_of(index));
    const std::string event_id =
        request.has_ids ? fmt::format(R"("event_id":"{}{}",)", request.id, index) : std::string();
    return fmt::format(R"({{{}"invoice_no":"{}","stock_code":"{}","description":"{}","quantity":{},)"
                       R"("invoice_date":"2011-03-01T10:{:02}:00Z","unit_price":"{}.{:02}","customer_id":{},)"
                       R"("country":"Malta"}})",
                       event_id, request.invoice_no(index), index, request.id, quantity, index % 60,
                       cents_of(index) / 100, cents_of(index) % 100, request.customer);
}

std::string csv_record(const CrashRequest& request, std::size_t index) {
    const std::string quantity = request.bad[index] ? "six" : std::to_string(quantity_of(index));
    const std::string event_id = request.has_ids ? request.id + std::to_string(index) + "," : std::string();
    return fmt::format("{}{},{},{},{},3/1/2011 10:{:02},{}.{:02},{},Malta\n", event_id,
                       request.invoice_no(index), index, request.id, quantity, index % 60,
                       cents_of(index) / 100, cents_of(index) % 100, request.customer);
}

std::string json_body(const CrashRequest& request) {
    std::string body = "[";
    for (std::size_t i = 0; i < request.bad.size(); ++i) {
        if (i) body += ',';
        body += json_record(request, i);
    }
    return body += ']';
}

std::string ndjson_body(const CrashRequest& request) {
    std::string body;
    for (std::size_t i = 0; i < request.bad.size(); ++i) body += json_record(request, i) + "\n";
    return body;
}

std::string csv_body(const CrashRequest& request) {
    std::string body(request.has_ids ? "event_id," : "");
    body += kColumns;
    for (std::size_t i = 0; i < request.bad.size(); ++i) body += csv_record(request, i);
    return body;
}

}  // namespace

std::int64_t quantity_of(std::size_t index) { return 1 + static_cast<std::int64_t>(index % 7); }

std::int64_t cents_of(std::size_t index) { return 101 + static_cast<std::int64_t>(index); }

std::string CrashRequest::target() const {
    return std::string("/v1/streams/sales/records") + (wants_offsets ? "?detail=all" : "");
}

std::string CrashRequest::content_type() const {
    switch (form) {
        case BodyForm::json_array: return "application/json";
        case BodyForm::ndjson: return "application/x-ndjson";
        case BodyForm::csv: return "text/csv";
    }
    return "";
}

std::vector<std::pair<std::string, std::string>> CrashRequest::headers() const {
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", content_type()}};
    if (!key.empty()) headers.emplace_back("Idempotency-Key", key);
    return headers;
}

std::string CrashRequest::invoice_no(std::size_t index) const {
    return id + std::to_string(index % kInvoices);
}

CrashRequest make_request(std::string id, std::int64_t customer, std::mt19937_64& random) {
    CrashRequest request;
    request.id = std::move(id);
    request.customer = customer;
    request.form = static_cast<BodyForm>(draw(random, 0, 2));
    request.bad.resize(draw(random, 0, 3) == 0 ? draw(random, 1, 20) : draw(random, 1, kRecordsMax));
    if (draw(random, 0, 4) == 0) {
        for (std::size_t n = draw(random, 1, 3); n > 0; --n)
            request.bad[draw(random, 0, request.bad.size() - 1)] = true;
    }
    request.wants_offsets = draw(random, 0, 9) == 0;
    request.malformed = draw(random, 0, 29) == 0;
    if (request.malformed) request.form = BodyForm::json_array;
    request.has_ids = draw(random, 0, 1) == 0;
    if (draw(random, 0, 1) == 0) request.key = request.id + "key";
    switch (request.form) {
        case BodyForm::json_array: request.body = json_body(request); break;
        case BodyForm::ndjson: request.body = ndjson_body(request); break;
        case BodyForm::csv: request.body = csv_body(request); break;
    }
    if (request.malformed) request.body.back() = ',';
    return request;
}

}  // namespace tillstream
