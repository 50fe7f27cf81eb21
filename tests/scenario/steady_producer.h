// steady_producer.h - one producer at a steady rate beside a test, on a connection of its own.
//
// Lifecycle:  works from construction until finish() or its end.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace tillstream {

/// 4,000 made-up sales a second in requests of 200; every tenth is bad, so that every sink has work.
class SteadyProducer {
public:
    explicit SteadyProducer(const std::string& url, int first_invoice = 0);
    ~SteadyProducer() { finish(); }
    /// Records acknowledged; the first answer that was no 200 is in problem().
    std::int64_t finish();
    const std::string& problem() const { return problem_; }
    /// While it works.
    std::int64_t acknowledged() const { return acknowledged_; }

private:
    void run(const std::string& url, int first_invoice);

    std::atomic<bool> stopping_{false};
    std::atomic<std::int64_t> acknowledged_{0};
    std::string problem_;
    std::thread thread_;
};

}  // namespace tillstream
