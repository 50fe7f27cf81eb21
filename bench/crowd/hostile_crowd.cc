#include "bench/crowd/hostile_crowd.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace tillstream::bench {

namespace {

constexpr std::uint64_t kEndMark = ~std::uint64_t{0};
constexpr int kTurnMillis = 20;
constexpr double kOpeningsPerTurnMax = HostileCrowd::kOpenedPerSecond / 10.0;

std::vector<HostileConnection> make_connections(const CrowdOptions& options) {
    constexpr std::array kSlow = {Hostility::header, Hostility::body, Hostility::reader};
    std::vector<HostileConnection> connections;
    connections.reserve(options.slow + options.idle);
    for (std::uint32_t i = 0; i < options.slow; ++i) connections.emplace_back(kSlow[i % kSlow.size()]);
    for (std::uint32_t i = 0; i < options.idle; ++i) connections.emplace_back(Hostility::idle);
    return connections;
}

double seconds_between(std::chrono::steady_clock::time_point from, std::chrono::steady_clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

HostileCrowd::HostileCrowd(const CrowdOptions& options)
    : options_(options),
      connections_(make_connections(options)),
      last_opening_(Clock::now()),
      last_dribble_(Clock::now()) {
    for (std::size_t i = 0; i < connections_.size(); ++i) missing_.push_back(i);
    report_.wanted = connections_.size();
}

HostileCrowd::~HostileCrowd() {
    if (epoll_ >= 0) ::close(epoll_);
}

Status HostileCrowd::watch(int end_fd) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kEndMark;
    if (epoll_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, end_fd, &event) != 0)
        return failure(Errc::io, fmt::format("epoll: {}", std::strerror(errno)));
    return {};
}

Status HostileCrowd::assemble(int end_fd) {
    TILLSTREAM_CHECK(watch(end_fd));
    while (!missing_.empty()) {
        if (TILLSTREAM_TRY(turn())) return {};
    }
    assembled_ = true;
    report_.held_least = held();
    return {};
}

Status HostileCrowd::hold() {
    while (!TILLSTREAM_TRY(turn())) {
        report_.held_least = std::min(report_.held_least, held());
        held_sum_ += static_cast<double>(held());
        ++held_samples_;
    }
    return {};
}

Result<bool> HostileCrowd::turn() {
    const Clock::time_point now = Clock::now();
    TILLSTREAM_CHECK(open_some(now));
    dribble_some(now);
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kTurnMillis);
    bool told_to_end = false;
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == kEndMark)
            told_to_end = true;
        else
            answer(connections_[event.data.u64], event.events);
    }
    return told_to_end;
}

Status HostileCrowd::open_some(Clock::time_point now) {
    openings_due_ =
        std::min(openings_due_ + seconds_between(last_opening_, now) * kOpenedPerSecond, kOpeningsPerTurnMax);
    last_opening_ = now;
    for (; openings_due_ >= 1 && !missing_.empty(); openings_due_ -= 1) {
        const std::size_t index = missing_.front();
        missing_.pop_front();
        HostileConnection& connection = connections_[index];
        TILLSTREAM_CHECK(connection.open(options_.port));
        epoll_event event{};
        event.events = connection.events();
        event.data.u64 = index;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event) != 0)
            return failure(Errc::io, fmt::format("epoll_ctl: {}", std::strerror(errno)));
    }
    return {};
}

/// Each of the slow ones in turn, so that all have had their byte after options_.dribble.
void HostileCrowd::dribble_some(Clock::time_point now) {
    if (options_.slow == 0) return;
    const double period = std::chrono::duration<double>(options_.dribble).count();
    dribbles_due_ = std::min<double>(
        dribbles_due_ + seconds_between(last_dribble_, now) / period * options_.slow, options_.slow);
    last_dribble_ = now;
    for (; dribbles_due_ >= 1; dribbles_due_ -= 1) {
        HostileConnection& connection = connections_[next_dribbler_];
        if (connection.is_open()) connection.dribble();
        next_dribbler_ = (next_dribbler_ + 1) % options_.slow;
    }
}

void HostileCrowd::answer(HostileConnection& connection, std::uint32_t events) {
    if ((events & EPOLLIN) != 0) {
        const bool first = connection.status() == 0;
        const bool goes_on = connection.read();
        if (first && connection.status() != 0) ++report_.statuses[connection.status()];
        if (!goes_on) return lose(connection);
    } else if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        lose(connection);
    }
}

void HostileCrowd::lose(HostileConnection& connection) {
    if (assembled_) ++report_.ended[static_cast<std::size_t>(connection.hostility())];
    connection.close();
    missing_.push_back(static_cast<std::size_t>(&connection - connections_.data()));
}

CrowdReport HostileCrowd::report() const {
    CrowdReport report = report_;
    report.held_mean = held_samples_ > 0 ? held_sum_ / static_cast<double>(held_samples_) : 0;
    return report;
}

std::string format_crowd_report(const CrowdReport& report) {
    std::string out = fmt::format(R"({{"wanted":{},"held_least":{},"held_mean":{:.1f},"ended":{{)",
                                  report.wanted, report.held_least, report.held_mean);
    for (std::size_t kind = 0; kind < kHostilities; ++kind) {
        fmt::format_to(std::back_inserter(out), R"({}"{}":{})", kind > 0 ? "," : "",
                       to_string(static_cast<Hostility>(kind)), report.ended[kind]);
    }
    out += R"(},"statuses":{)";
    for (auto status = report.statuses.begin(); status != report.statuses.end(); ++status) {
        fmt::format_to(std::back_inserter(out), R"({}"{}":{})", status != report.statuses.begin() ? "," : "",
                       status->first, status->second);
    }
    return out + "}}";
}

}  // namespace tillstream::bench
