#include "tests/scenario/steady_producer.h"

#include <chrono>

#include "tests/scenario/scenario.h"

namespace tillstream {

namespace {

constexpr int kRecordsPerRequest = 200;
constexpr std::chrono::milliseconds kRequestEvery{50};

}  // namespace

SteadyProducer::SteadyProducer(const std::string& url, int first_invoice)
    : thread_([this, url, first_invoice] { run(url, first_invoice); }) {}

std::int64_t SteadyProducer::finish() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return acknowledged_;
}

void SteadyProducer::run(const std::string& url, int first_invoice) {
    auto client = ShopClient::open(url);
    auto next = std::chrono::steady_clock::now();
    for (int i = 0; client && !stopping_ && problem_.empty(); ++i) {
        const auto answer =
            client->post_json("/v1/streams/sales/records",
                              made_up_sales(first_invoice + 1000 * i, kRecordsPerRequest, 10));
        if (answer)
            acknowledged_ += kRecordsPerRequest;
        else
            problem_ = answer.error().message;
        next += kRequestEvery;
        std::this_thread::sleep_until(next);
    }
}

}  // namespace tillstream
