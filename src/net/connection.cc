#include "net/internal/connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>

#include "core/assert.h"

namespace tillstream::internal {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t kInputBytesMin = 4 << 10;
constexpr std::size_t kInputBytesChunked = 64 << 10;
constexpr std::chrono::seconds kLingerTime{2};

std::size_t clamped(std::uint64_t n) { return static_cast<std::size_t>(n); }

bool sane_request_id(std::string_view id) {
    if (id.empty() || id.size() > kRequestIdBytesMax) return false;
    return std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.:~+/=").find(c) != std::string_view::npos;
    });
}

std::size_t body_bytes_max(const Route& route, const ServerOptions& options) {
    const bool bodiless =
        route.method == Method::get || route.method == Method::head || route.method == Method::del;
    return route.options.body_bytes_max.value_or(bodiless ? 0 : options.body_bytes_max);
}

Problem too_many_bytes() { return {.status = 503, .detail = "too many bytes of requests are in flight"}; }

std::string too_large(std::size_t body_bytes_max) {
    if (body_bytes_max == 0) return "this method takes no body on this path; send the request without one";
    return "the body is larger than " + std::to_string(body_bytes_max) + " bytes";
}

}  // namespace

Connection::Connection(ServerCore& core, std::shared_ptr<IoThread> io, std::string peer_address)
    : io_(std::move(io)), core_(core) {
    peer = std::move(peer_address);
    last_request = steady_clock::now().time_since_epoch().count();
}

void Connection::start() {
    io_->watch(*this);
    deadline_ = steady_clock::now() + core_.options.head_timeout;
    if (core_.stopping) draining_ = true;
    start_handshake();
}

void Connection::on_handshake(bool ok) {
    if (state_ == State::closed) return;
    if (!ok) return close();
    state_ = State::reading_head;
    run();
}

void Connection::run() {
    if (running_) return;
    running_ = true;
    while (step()) {
    }
    running_ = false;
}

bool Connection::step() {
    switch (state_) {
        case State::reading_head: return step_head();
        case State::reading_body: return framing_.chunked ? step_chunked_body() : step_fixed_body();
        case State::writing: return step_write();
        case State::handshaking:
        case State::handling:
        case State::lingering:
        case State::closed: return false;
    }
    return false;
}

// ---- reading ----------------------------------------------------------------------------------------------

void Connection::consume(std::size_t size) {
    input_begin_ += size;
    if (input_begin_ == input_.size()) {
        input_.clear();
        input_begin_ = 0;
    }
}

void Connection::read_input() {
    const std::size_t wanted =
        framing_.chunked && state_ == State::reading_body ? kInputBytesChunked : kInputBytesMin;
    if (input_begin_ != 0) {
        const std::size_t size = input_.size() - input_begin_;
        std::memmove(input_.data(), input_.data() + input_begin_, size);
        input_.resize(size);
        input_begin_ = 0;
    }
    if (input_.capacity() - input_.size() < wanted / 2) input_.reserve(input_.size() + wanted);
    reading_into_body_ = false;
    start_read(input_.data() + input_.size(), input_.capacity() - input_.size());
}

void Connection::on_read(bool ok, std::size_t size) {
    if (state_ == State::closed) return;
    if (timed_out_) {
        refuse(*std::exchange(timed_out_, std::nullopt), false);
        return run();
    }
    if (!ok) return close();
    if (reading_into_body_) {
        body_filled_ += size;
    } else {
        input_.resize(input_.size() + size);
    }
    window_bytes_ += size;
    run();
}

bool Connection::step_head() {
    while (!head_begun_ && pending().starts_with("\r\n"))
        consume(2);  // RFC 9112 2.2: empty lines between requests
    const std::string_view bytes = pending();
    if (bytes.empty() && draining_) {
        linger(steady_clock::now());
        return false;
    }
    if (!bytes.empty() && !head_begun_) {
        head_begun_ = true;
        request_begun_ = steady_clock::now();
        deadline_ = request_begun_ + core_.options.head_timeout;
    }
    const auto found = scanner_.scan(bytes);
    const std::size_t size = found.state == HeadScanner::State::complete ? found.size : bytes.size();
    if (size > core_.options.head_bytes_max) {
        refuse(
            {.status = 431,
             .detail = "the head is larger than " + std::to_string(core_.options.head_bytes_max) + " bytes"},
            false);
        return true;
    }
    switch (found.state) {
        case HeadScanner::State::bad:
            refuse({.status = 400, .detail = std::string(found.detail)}, false);
            return true;
        case HeadScanner::State::complete: begin_request(size); return true;
        case HeadScanner::State::more: read_input(); return false;
    }
    return false;
}

void Connection::begin_request(std::size_t head_size) {
    request_ = {};
    framing_ = {};
    const auto problem = parser_.parse_head(pending().substr(0, head_size), request_, framing_);
    consume(head_size);
    take_request_id();
    answers_head_ = request_.method == Method::head;
    if (problem) return refuse(*problem, false);
    request_.peer = store(request_.storage, std::string_view(peer).substr(0, kPeerBytesMax));
    request_.encrypted = encrypted();
    if (auto refusal = find_refusal()) return refuse(std::move(*refusal), true);
    begin_body();
}

void Connection::take_request_id() {
    const auto given = request_.headers.find("x-request-id");
    if (given && sane_request_id(*given)) {
        std::copy(given->begin(), given->end(), request_id_);
        request_id_size_ = given->size();
    } else {
        io_->make_request_id(request_id_);
        request_id_size_ = IoThread::kRequestIdSize;
    }
    request_.request_id = store(request_.storage, request_id());
}

std::optional<HttpResponse> Connection::find_refusal() {
    auto match = core_.router.find(request_);
    route_ = match.route;
    if (auto refusal = ask_gate()) return refusal;
    if (!route_) {
        if (match.allow.empty()) {
            return problem_response({.status = 404, .detail = "no such path"}, request_id());
        }
        HttpResponse response =
            problem_response({.status = 405, .detail = "this path allows " + match.allow}, request_id());
        response.headers.emplace_back("Allow", std::move(match.allow));
        return response;
    }
    const Route& route = core_.router.routes()[*route_];
    if (route.options.admit) {
        if (auto refusal = route.options.admit(request_)) return refusal;
    }
    return check_body();
}

std::optional<HttpResponse> Connection::ask_gate() {
    const Gate& gate = core_.router.gate();
    if (!gate) return std::nullopt;
    Passage answer = gate(request_, route_);
    request_.principal =
        store(request_.storage, std::string_view(answer.principal).substr(0, kPrincipalBytesMax));
    return std::move(answer.refusal);
}

std::optional<HttpResponse> Connection::check_body() {
    const Route& route = core_.router.routes()[*route_];
    body_bytes_max_ = body_bytes_max(route, core_.options);
    if (framing_.content_length > body_bytes_max_ || (framing_.chunked && body_bytes_max_ == 0)) {
        return problem_response({.status = 413, .detail = too_large(body_bytes_max_)}, request_id());
    }
    if (!route.options.counts_in_flight || framing_.content_length == 0) return std::nullopt;
    if (hold_bytes(clamped(framing_.content_length))) return std::nullopt;
    return problem_response(too_many_bytes(), request_id());
}

/// Takes from the in-flight budget until the request holds `bytes` of it; false if there are not so many.
bool Connection::hold_bytes(std::size_t bytes) {
    if (bytes <= taken_bytes_ || !core_.router.routes()[*route_].options.counts_in_flight) return true;
    if (!core_.in_flight.take(bytes - taken_bytes_)) return false;
    taken_bytes_ = bytes;
    return true;
}

/// What was announced and does not come is no reason to turn others away: from then on only what has arrived
/// is held.
void Connection::hold_only_what_arrived() {
    if (framing_.chunked || taken_bytes_ <= body_filled_) return;
    core_.in_flight.give(taken_bytes_ - body_filled_);
    taken_bytes_ = body_filled_;
}

void Connection::begin_body() {
    if (!framing_.has_body()) return dispatch();
    body_filled_ = 0;
    window_bytes_ = 0;
    body_begun_ = steady_clock::now();
    deadline_ = body_begun_ + core_.options.body_rate_window;
    state_ = State::reading_body;
    request_.body = io_->pool().take(framing_.chunked ? kInputBytesMin : clamped(framing_.content_length));
    if (!framing_.chunked) request_.body.resize(clamped(framing_.content_length));
    if (!framing_.expects_continue || !pending().empty()) return;
    interim_ = true;
    head_out_ = "HTTP/1.1 100 Continue\r\n\r\n";
    body_out_ = {};
    written_ = 0;
    state_ = State::writing;
}

bool Connection::step_fixed_body() {
    Buffer& body = request_.body;
    const std::string_view arrived = pending().substr(0, body.size() - body_filled_);
    if (!arrived.empty()) {
        std::memcpy(body.data() + body_filled_, arrived.data(), arrived.size());
        body_filled_ += arrived.size();
        consume(arrived.size());
    }
    if (!hold_bytes(body_filled_)) {
        refuse(too_many_bytes(), false);
        return true;
    }
    if (body_filled_ == body.size()) {
        dispatch();
        return true;
    }
    reading_into_body_ = true;
    start_read(body.data() + body_filled_, body.size() - body_filled_);
    return false;
}

bool Connection::step_chunked_body() {
    Buffer& body = request_.body;
    const auto progress = parser_.read_chunks(pending(), body, body_bytes_max_);
    consume(progress.consumed);
    if (progress.problem) {
        refuse(*progress.problem, false);
        return true;
    }
    if (!hold_bytes(body.size())) {
        refuse(too_many_bytes(), false);
        return true;
    }
    if (progress.done) {
        dispatch();
        return true;
    }
    if (pending().size() > core_.options.head_bytes_max) {
        refuse({.status = 400, .detail = "a chunk's head or the trailers are too long"}, false);
        return true;
    }
    read_input();
    return false;
}

// ---- handling ---------------------------------------------------------------------------------------------

void Connection::dispatch() {
    state_ = State::handling;
    busy.store(true, std::memory_order_relaxed);
    const SteadyTime now = framing_.has_body() ? steady_clock::now() : request_begun_;
    last_request.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    const Route& route = core_.router.routes()[*route_];
    Responder responder(shared_from_this(), ++serial_);
    try {
        route.handler(std::move(request_), std::move(responder));
    } catch (const std::exception& error) {
        log_thrown("a handler threw", error.what());
    } catch (...) {
        log_thrown("a handler threw", "unknown");
    }
}

void Connection::complete(Completion& completion) {
    if (state_ != State::handling || completion.serial != serial_) return;
    io_->pool().give(std::move(completion.spent));
    give_back_bytes();
    begin_write(response_of(completion));
    run();
}

HttpResponse Connection::response_of(Completion& completion) {
    if (completion.abandoned) return abandoned_response(request_id());
    if (!completion.render) return std::move(completion.response);
    try {
        return completion.render();
    } catch (const std::exception& error) {
        log_thrown("an answer's render function threw", error.what());
    } catch (...) {
        log_thrown("an answer's render function threw", "unknown");
    }
    return abandoned_response(request_id());
}

void Connection::log_thrown(std::string_view what, std::string_view error) {
    core_.logger.error(what, {{"route", core_.router.routes()[*route_].pattern}, {"error", error}});
}

void Connection::refuse(const Problem& problem, bool framing_sound) {
    if (request_id_size_ == 0) {
        io_->make_request_id(request_id_);
        request_id_size_ = IoThread::kRequestIdSize;
    }
    refuse(problem_response(problem, request_id()), framing_sound);
}

void Connection::refuse(HttpResponse response, bool framing_sound) {
    const bool body_arrived = framing_sound && !framing_.chunked &&
                              framing_.content_length <= pending().size() && !framing_.expects_continue;
    if (body_arrived) {
        consume(clamped(framing_.content_length));
    } else if (!framing_sound || framing_.has_body()) {
        close_after_ = true;
    }
    give_back_bytes();
    io_->pool().give(std::move(request_.body));
    begin_write(std::move(response));
}

void Connection::give_back_bytes() { core_.in_flight.give(std::exchange(taken_bytes_, 0)); }

// ---- ending -----------------------------------------------------------------------------------------------

void Connection::linger(SteadyTime now) {
    state_ = State::lingering;
    deadline_ = now + kLingerTime;
    input_.clear();
    input_begin_ = 0;
    input_.reserve(kInputBytesMin);
    start_end();
}

void Connection::on_discarded(bool ok) {
    if (state_ == State::closed) return;
    if (!ok) return close();
    start_discard(input_.data(), input_.capacity());
}

void Connection::close() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    give_back_bytes();
    give_back_answer();
    io_->unwatch(*this);
    io_->load.fetch_sub(1, std::memory_order_relaxed);
    core_.connections.add(-1);
    close_socket();
    core_.table.remove(*this);  // last: the server is gone once the table is empty
}

void Connection::evict() {
    boost::asio::post(io_->context(), [self = shared_from_this()] {
        if (self->state_ == State::closed) return;
        self->core_.closed_evicted.add();
        self->close();
    });
}

void Connection::drain() {
    boost::asio::post(io_->context(), [self = shared_from_this()] {
        self->draining_ = true;
        const bool idle = self->state_ == State::reading_head && self->pending().empty();
        if (idle || self->state_ == State::handshaking) self->close();
    });
}

void Connection::abort() {
    boost::asio::post(io_->context(), [self = shared_from_this()] { self->close(); });
}

void Connection::sweep(SteadyTime now) {
    if (state_ == State::reading_body && now - body_begun_ >= core_.options.announced_time)
        hold_only_what_arrived();
    if (now < deadline_ || timed_out_) return;
    switch (state_) {
        case State::reading_head:
            if (!head_begun_) {
                core_.closed_idle.add();
                return close();
            }
            timed_out_ = Problem{.status = 408, .detail = "the head did not arrive in time"};
            return cancel_read();
        case State::reading_body: {
            const auto window = std::chrono::duration<double>(core_.options.body_rate_window).count();
            if (static_cast<double>(window_bytes_) >=
                window * static_cast<double>(core_.options.body_rate_min)) {
                window_bytes_ = 0;
                deadline_ = now + core_.options.body_rate_window;
                return;
            }
            timed_out_ = Problem{.status = 408, .detail = "the body arrives too slowly"};
            return cancel_read();
        }
        case State::handshaking:
        case State::writing:
        case State::lingering: return close();
        case State::handling:
        case State::closed: return;
    }
}

}  // namespace tillstream::internal
