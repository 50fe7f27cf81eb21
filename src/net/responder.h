// responder.h - the one-shot way back: a handler answers now or later, from any thread.
//
// Lifecycle:  a Responder is answered once by send(), send_later() or a ResponseBatch; destroyed unanswered
//             it answers 500. It may outlive its connection and the server: the answer is then dropped.
// Threads:    one Responder belongs to one thread at a time, any thread. The answer is written on the io
//             thread of its connection; answers that meet in its mailbox cost that thread one wake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "net/http.h"

namespace tillstream {

/// Makes an answer when there is somebody to write it.
using Render = std::function<HttpResponse()>;

namespace internal {

class Exchange;

/// Exactly one of `response`, `render` and `abandoned` counts.
struct Completion {
    std::shared_ptr<Exchange> exchange;
    std::uint64_t serial = 0;
    HttpResponse response;
    Buffer spent;
    bool abandoned = false;  ///< the handler dropped the Responder
    Render render = {};      ///< makes the response
};

/// Where completions for one io thread gather. Thread-safe.
class Mailbox {
public:
    virtual ~Mailbox() = default;
    /// Takes the content of every element.
    virtual void push(std::span<Completion> completions) = 0;
};

/// One end of a running request.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual Mailbox& mailbox() = 0;
    /// Called by the mailbox, on the thread that may.
    virtual void complete(Completion& completion) = 0;
};

/// What a request gets whose Responder was dropped.
HttpResponse abandoned_response(std::string_view request_id);

}  // namespace internal

class Responder {
public:
    Responder() = default;
    Responder(std::shared_ptr<internal::Exchange> exchange, std::uint64_t serial);
    Responder(Responder&&) noexcept = default;
    Responder& operator=(Responder&& other) noexcept;
    ~Responder();

    /// Calls `answer` on the thread that sends, which also renders: for calling a Handler without a server.
    static Responder to(std::function<void(HttpResponse)> answer);

    /// False once answered or moved from.
    explicit operator bool() const { return exchange_ != nullptr; }
    /// Answers. `spent` gives the request body's memory back for the next request of that io thread.
    void send(HttpResponse response, Buffer spent = {});
    /// Answers with what `render` returns, for threads with better things to do than composing text: `render`
    /// only queues here. It runs at most once, on the io thread, where it must not block; it is dropped
    /// unrun if the connection is gone. What it throws is answered 500.
    void send_later(Render render, Buffer spent = {});

private:
    friend class ResponseBatch;
    void abandon();

    std::shared_ptr<internal::Exchange> exchange_;
    std::uint64_t serial_ = 0;
};

/// Collects answers and hands them over with one wake per io thread. Reusable after deliver().
class ResponseBatch {
public:
    ResponseBatch() = default;
    ResponseBatch(ResponseBatch&&) noexcept = default;
    ResponseBatch& operator=(ResponseBatch&&) = delete;
    ~ResponseBatch() { deliver(); }

    void add(Responder responder, HttpResponse response, Buffer spent = {});
    void deliver();

private:
    std::vector<internal::Completion> completions_;
};

/// Called on the io thread with the whole body read: must not block. No exceptions.
using Handler = std::function<void(HttpRequest&&, Responder)>;

}  // namespace tillstream
