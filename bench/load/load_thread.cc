#include "bench/load/load_thread.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "bench/load/reads.h"

namespace tillstream::bench {

namespace {

constexpr std::size_t kPoolBytes = 32 << 20;
constexpr std::size_t kPoolRequestsMax = 20'000;
constexpr Nanos kExpiryInterval = std::chrono::milliseconds(20);
constexpr Nanos kPollMax = std::chrono::milliseconds(20);

std::size_t pool_size(const LoadOptions& options) {
    const std::size_t affordable = kPoolBytes / estimated_request_bytes(options.body);
    return std::max<std::size_t>(options.connections + 8, std::min(affordable, kPoolRequestsMax));
}

SalesBodies make_requests(const LoadOptions& options) {
    if (options.targets.empty()) return {options.body, pool_size(options), options.first_invoice};
    return SalesBodies(make_reads(options.body, options.targets, options.connections));
}

Error errno_failure(std::string_view what) {
    return {Errc::io, fmt::format("{}: {}", what, std::strerror(errno))};
}

timespec to_timespec(Nanos time) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    return {static_cast<time_t>(time.count() / kSecond), static_cast<long>(time.count() % kSecond)};
}

}  // namespace

Nanos steady_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

void LoadOutcome::merge(const LoadOutcome& other) {
    latency.merge(other.latency);
    measured_requests += other.measured_requests;
    last_answer = std::max(last_answer, other.last_answer);
    requests += other.requests;
    acknowledged.add(other.acknowledged);
    for (const auto& [status, count] : other.failed_status) failed_status[status] += count;
    timeouts += other.timeouts;
    disconnects += other.disconnects;
    unsent += other.unsent;
    unknown += other.unknown;
}

LoadThread::LoadThread(const LoadOptions& options, std::uint64_t random_seed)
    : options_(options),
      bodies_(make_requests(options)),
      connections_(options.connections),
      events_(options.connections),
      received_(64 << 10),
      random_(random_seed) {
    for (std::size_t i = 0; i < bodies_.size(); ++i) free_bodies_.push_back(&bodies_.at(i));
}

LoadThread::~LoadThread() {
    if (epoll_ >= 0) ::close(epoll_);
}

Status LoadThread::connect() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return failure(errno_failure("epoll_create1"));
    if (options_.tls) tls_ = TILLSTREAM_TRY(make_load_tls());
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        TILLSTREAM_CHECK(open(connections_[i], i));
        idle_.push_back(&connections_[i]);
    }
    return {};
}

Status LoadThread::open(Connection& connection, std::size_t index) {
    connection.socket = TILLSTREAM_TRY(LoadSocket::connect(options_.port, tls_.get()));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = index;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket.fd(), &event) != 0)
        return failure(errno_failure("epoll_ctl"));
    return {};
}

void LoadThread::replace(Connection& connection) {
    connection.socket = {};
    connection.reader.reset();
    const Status opened = open(connection, static_cast<std::size_t>(&connection - connections_.data()));
    if (opened) return;
    status_ = opened;
    end_ = Nanos{0};
}

void LoadThread::begin(Connection& connection, Nanos due) {
    connection.request = free_bodies_.front();
    free_bodies_.pop_front();
    bodies_.stamp(*connection.request);
    connection.sent = 0;
    connection.due = due;
    ++begun_;
    ++busy_;
    write(connection);
}

void LoadThread::write(Connection& connection) {
    const std::string& bytes = connection.request->bytes;
    while (connection.sent < bytes.size()) {
        const auto moved = connection.socket.send(std::string_view(bytes).substr(connection.sent));
        if (moved.state == LoadSocket::State::would_wait) return;
        if (moved.state == LoadSocket::State::ended) return lose(connection);
        connection.sent += moved.bytes;
    }
}

void LoadThread::read(Connection& connection) {
    for (;;) {
        const auto moved = connection.socket.receive(received_.data(), received_.size());
        if (moved.state == LoadSocket::State::would_wait) return;
        const bool ended = moved.state == LoadSocket::State::ended;
        if (ended && connection.request != nullptr) return lose(connection);
        if (ended || connection.request == nullptr) return replace(connection);
        const auto progress = connection.reader.feed({received_.data(), moved.bytes});
        if (progress == ResponseReader::Progress::broken) return lose(connection);
        if (progress == ResponseReader::Progress::complete) answered(connection, connection.reader.status());
        // A TLS session gives one record at a time, however much has come.
        if (!tls_ && moved.bytes < received_.size()) return;
    }
}

void LoadThread::record(Nanos due, Nanos now) {
    if (due < measure_from_) return;
    outcome_.latency.record(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - due).count()));
}

void LoadThread::answered(Connection& connection, int status) {
    const Nanos now = steady_now();
    record(connection.due, now);
    if (status == 200) {
        ++outcome_.requests;
        outcome_.acknowledged.add(connection.request->sums);
        if (now >= measure_from_) {
            ++outcome_.measured_requests;
            outcome_.last_answer = now;
        }
    } else {
        ++outcome_.failed_status[status];
    }
    release(connection);
    idle_.push_back(&connection);
    if (!options_.rate) start_closed(now);
}

void LoadThread::lose(Connection& connection) {
    ++outcome_.disconnects;
    ++outcome_.unknown;
    release(connection);
    replace(connection);
    if (connection.socket.is_open()) idle_.push_back(&connection);
}

void LoadThread::release(Connection& connection) {
    free_bodies_.push_back(connection.request);
    connection.request = nullptr;
    --busy_;
}

void LoadThread::start_closed(Nanos now) {
    while (!idle_.empty() && may_send(now)) {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        begin(connection, now);
    }
}

void LoadThread::start_due(Nanos now) {
    const double mean = 1e9 / *options_.rate;
    while (next_due_ <= now && next_due_ < end_) {
        waiting_.push_back(next_due_);
        constexpr double kRandomRange = 18446744073709551616.0;
        const double share =
            options_.poisson ? -std::log1p(-static_cast<double>(random_.next()) / kRandomRange) : 1;
        next_due_ += Nanos(static_cast<std::int64_t>(mean * std::min(share, 100.0)));
    }
    while (!waiting_.empty() && !idle_.empty()) {
        Connection& connection = *idle_.back();
        idle_.pop_back();
        const Nanos due = waiting_.front();
        waiting_.pop_front();
        begin(connection, due);
    }
}

void LoadThread::expire(Nanos now) {
    if (now < next_expiry_check_) return;
    next_expiry_check_ = now + kExpiryInterval;
    for (; !waiting_.empty() && now - waiting_.front() >= options_.timeout; waiting_.pop_front()) {
        ++outcome_.unsent;
        record(waiting_.front(), waiting_.front() + options_.timeout);
    }
    for (Connection& connection : connections_) {
        if (connection.request == nullptr || now - connection.due < options_.timeout) continue;
        ++outcome_.timeouts;
        ++outcome_.unknown;
        record(connection.due, connection.due + options_.timeout);
        release(connection);
        replace(connection);
        if (connection.socket.is_open()) idle_.push_back(&connection);
    }
}

bool LoadThread::finished(Nanos now) const {
    const bool more_to_come = options_.rate ? next_due_ < end_ || !waiting_.empty() : may_send(now);
    return busy_ == 0 && (!more_to_come || !status_);
}

Nanos LoadThread::wait_time(Nanos now) const {
    if (!options_.rate || next_due_ >= end_) return kPollMax;
    return std::clamp(next_due_ - options_.spin - now, Nanos{0}, kPollMax);
}

void LoadThread::poll(Nanos wait) {
    const timespec timeout = to_timespec(wait);
    const int count =
        ::epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events_[static_cast<std::size_t>(i)];
        Connection& connection = connections_[event.data.u64];
        if (!connection.socket.is_open()) continue;
        const bool writing =
            connection.request != nullptr && connection.sent < connection.request->bytes.size();
        if ((event.events & EPOLLOUT) != 0 && writing) write(connection);
        if ((event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) read(connection);
    }
}

void LoadThread::run(Nanos start) {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // else sleeps end up to 50 us late
    measure_from_ = start + options_.warmup;
    end_ = measure_from_ + options_.duration;
    next_due_ = start;
    while (steady_now() < start) poll(std::max(start - steady_now(), Nanos{0}));
    for (Nanos now = start; !finished(now); now = steady_now()) {
        options_.rate ? start_due(now) : start_closed(now);
        poll(wait_time(now));
        expire(now);
    }
}

}  // namespace tillstream::bench
