#include "tests/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

namespace tillstream {

void Scenario::start(const std::vector<std::string>& arguments) {
    client_.reset();
    server_.reset();
    server_.emplace(must(ServerProcess::start(data_dir(), arguments)));
    client_.emplace(must(ShopClient::open(server_->url())));
    must(client_->wait_until_ready());
}

int Scenario::stop() {
    client_.reset();
    return server_->terminate();
}

std::string Scenario::config_file(const std::string& toml) const {
    const std::string file = folder_.file("tillstream.toml");
    std::ofstream(file) << toml;
    return file;
}

json::Value Scenario::post(std::string_view body, const std::string& content_type,
                           const std::string& stream) {
    return must(
        client().post_json("/v1/streams/" + stream + "/records", body, {{"Content-Type", content_type}}));
}

json::Value Scenario::expect_verified(const std::string& stream) {
    json::Value verified = must(client().verify(stream));
    EXPECT_EQ(text_of(verified, "ok"), "true") << "stream " << stream;
    for (const json::Value& sink : verified.find("sinks")->items) {
        EXPECT_EQ(text_of(sink, "ok"), "true") << text_of(sink, "name") << ": " << text_of(sink, "problem");
    }
    return verified;
}

bool Scenario::comes_level(const std::string& sink) {
    constexpr int kPatience = 1'200;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (int standing = 0; standing < kPatience; ++standing) {
        const std::int64_t lag = must(client().lag_records(sink));
        if (lag == 0) return true;
        if (lag < least) standing = 0;
        least = std::min(least, lag);
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    return false;
}

std::string Scenario::sales_content(bool with_places) {
    const std::string places = with_places ? ", shard, \"offset\"" : "";
    const auto rows =
        must(client().query("SELECT count(*), sum(quantity), sum(line_total), sum(hash(invoice_no, "
                            "stock_code, description, quantity, "
                            "invoice_date, unit_price, customer_id, country, line_total, extra::text" +
                            places + ")) FROM shop.sales"));
    std::string content;
    for (const json::Value& cell : rows.at(0).items) content += cell.text + " ";
    return content;
}

std::string made_up_sales(int first_invoice, int rows, int bad_every) {
    std::string body = "[";
    for (int i = 0; i < rows; ++i) {
        const bool bad = bad_every > 0 && i % bad_every == bad_every - 1;
        body += fmt::format(R"({}{{"invoice_no":"{}","stock_code":"{}","description":"MUG","quantity":{},)"
                            R"("invoice_date":"2011-05-01T09:{:02}:00Z","unit_price":"1.25",)"
                            R"("customer_id":{},"country":"Malta"}})",
                            i ? "," : "", first_invoice + i / 5, i,
                            bad ? std::string("\"six\"") : std::to_string(1 + i % 9), i % 60, 1000 + i % 50);
    }
    return body + "]";
}

std::optional<std::string> shared_data_file(const std::string& name) {
    std::vector<std::filesystem::path> places;
    if (const char* folder = std::getenv("TILL_SHARED_DATA")) places.emplace_back(folder);
    for (const char* up : {"..", "../.."}) {
        places.push_back(std::filesystem::path(TILLSTREAM_SOURCE_DIR) / up / "shared" / "data");
    }
    for (const std::filesystem::path& place : places) {
        if (std::filesystem::exists(place / name)) return (place / name).lexically_normal().string();
    }
    return std::nullopt;
}

bool long_run() {
    const char* value = std::getenv("TILL_LONG_TESTS");
    return value && std::string_view(value) == "1";
}

}  // namespace tillstream
