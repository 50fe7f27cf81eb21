// The writing half of a Connection: composing answers and sending them.
#include <algorithm>

#include "net/internal/connection.h"

namespace tillstream::internal {

using std::chrono::steady_clock;

void Connection::begin_write(HttpResponse response) {
    constexpr std::size_t kJoinedBytesMax = 16 << 10;
    response_ = std::move(response);
    close_after_ = close_after_ || !framing_.keep_alive || draining_ || core_.stopping;
    compose_head();
    const bool bodiless = answers_head_ || response_.status == 204 || response_.status == 304;
    body_out_ = bodiless ? std::string_view() : std::string_view(response_.body);
    if (encrypted() && body_out_.size() <= kJoinedBytesMax) {  // one TLS record instead of two
        head_out_ += body_out_;
        body_out_ = {};
    }
    written_ = 0;
    state_ = State::writing;
}

namespace {

constexpr std::size_t kInputBytesKept = 32 << 10;  ///< by an idle connection

/// Line breaks in a value would let content forge headers.
void append_clean(std::string& out, std::string_view text) {
    for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    append_clean(out, name);
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
}

}  // namespace

void Connection::compose_head() {
    std::string& out = head_out_;
    out.clear();
    out += "HTTP/1.1 ";
    out += std::to_string(response_.status);
    out += ' ';
    out += reason_phrase(response_.status);
    out += "\r\n";
    if (!response_.content_type.empty()) append_field(out, "Content-Type", response_.content_type);
    if (response_.status != 204 && response_.status != 304) {
        out += "Content-Length: ";
        out += std::to_string(response_.body.size());
        out += "\r\n";
    }
    out += "X-Request-Id: ";
    out += request_id();
    out += "\r\nDate: ";
    out += io_->date();
    out += "\r\n";
    if (close_after_) {
        out += "Connection: close\r\n";
    } else if (framing_.http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    for (const auto& [name, value] : response_.headers) append_field(out, name, value);
    out += "\r\n";
}

bool Connection::step_write() {
    const std::size_t total = head_out_.size() + body_out_.size();
    while (written_ < total) {
        const std::string_view head =
            std::string_view(head_out_).substr(std::min(written_, head_out_.size()));
        const std::string_view body = body_out_.substr(written_ - std::min(written_, head_out_.size()));
        const auto taken = write_now(head, body);
        if (!taken) {
            close();
            return false;
        }
        if (*taken == 0) {
            hold_answer();
            deadline_ = steady_clock::now() + core_.options.write_timeout;
            start_write(head, body);
            return false;
        }
        written_ += *taken;
    }
    return finish_write();
}

/// Only what its peer does not take at once counts. Somebody has to go when all of it is too much: whoever
/// reads slowest.
void Connection::hold_answer() {
    constexpr std::size_t kSmall = 64 << 10;
    if (answer_bytes != 0 || response_.body.size() < kSmall) return;
    answering_since = steady_clock::now().time_since_epoch().count();
    answer_bytes = response_.body.size();
    if (core_.answer_bytes.fetch_add(response_.body.size()) + response_.body.size() <=
        core_.options.answer_bytes_max)
        return;
    for (const auto& slow : core_.table.slow_readers(core_.options.answer_bytes_max)) slow->evict();
}

void Connection::give_back_answer() { core_.answer_bytes -= answer_bytes.exchange(0); }

void Connection::on_written(bool ok, std::size_t size) {
    if (state_ == State::closed) return;
    if (!ok) return close();
    written_ += size;
    run();
}

bool Connection::finish_write() {
    const SteadyTime now = steady_clock::now();
    if (interim_) {
        interim_ = false;
        deadline_ = now + core_.options.body_rate_window;
        state_ = State::reading_body;
        return true;
    }
    record_answer(now);
    give_back_answer();
    busy.store(false, std::memory_order_relaxed);
    response_ = {};
    if (close_after_) {
        linger(now);
        return false;
    }
    begin_next_request(now);
    return true;
}

void Connection::record_answer(SteadyTime now) {
    const RouteInstruments& instruments = core_.instruments_of(route_);
    const double seconds = std::chrono::duration<double>(now - request_begun_).count();
    const int status_class = std::clamp(response_.status / 100, 1, 5) - 1;
    instruments.by_class[static_cast<std::size_t>(status_class)]->add();
    instruments.seconds->observe(seconds);
    core_.logger.debug("answered",
                       {{"route", route_ ? std::string_view(core_.router.routes()[*route_].pattern) : "none"},
                        {"status", response_.status},
                        {"seconds", seconds},
                        {"request_id", request_id()},
                        {"peer", peer}});
}

void Connection::begin_next_request(SteadyTime now) {
    state_ = State::reading_head;
    scanner_.reset();
    head_begun_ = false;
    route_ = std::nullopt;
    request_id_size_ = 0;
    answers_head_ = false;
    framing_ = {};
    if (input_.empty() && input_.capacity() > kInputBytesKept) input_ = {};
    deadline_ = now + core_.options.idle_timeout;
}

}  // namespace tillstream::internal
