#include "net/responder.h"

#include <algorithm>

#include "core/assert.h"
#include "net/problem.h"

namespace tillstream {

using internal::Completion;

namespace {

/// An exchange without a connection: hands the answer to a function.
class FunctionExchange final : public internal::Exchange, private internal::Mailbox {
public:
    explicit FunctionExchange(std::function<void(HttpResponse)> answer) : answer_(std::move(answer)) {}
    internal::Mailbox& mailbox() override { return *this; }
    void complete(Completion& completion) override { answer_(response_of(completion)); }

private:
    static HttpResponse response_of(Completion& completion) {
        if (completion.abandoned) return internal::abandoned_response("");
        if (!completion.render) return std::move(completion.response);
        try {
            return completion.render();
        } catch (...) {  // there is no log here: the caller sees the 500
            return internal::abandoned_response("");
        }
    }
    void push(std::span<Completion> completions) override {
        for (Completion& completion : completions) completion.exchange->complete(completion);
    }

    std::function<void(HttpResponse)> answer_;
};

void push_one(Completion completion) {
    // The mailbox must outlive the push even if this was the last to hold it.
    const std::shared_ptr<internal::Exchange> keep_alive = completion.exchange;
    keep_alive->mailbox().push({&completion, 1});
}

}  // namespace

HttpResponse internal::abandoned_response(std::string_view request_id) {
    return problem_response({.status = 500, .detail = "the server gave no answer to this request"},
                            request_id);
}

Responder::Responder(std::shared_ptr<internal::Exchange> exchange, std::uint64_t serial)
    : exchange_(std::move(exchange)), serial_(serial) {}

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this != &other) {
        abandon();
        exchange_ = std::move(other.exchange_);
        serial_ = other.serial_;
    }
    return *this;
}

Responder::~Responder() { abandon(); }

Responder Responder::to(std::function<void(HttpResponse)> answer) {
    return {std::make_shared<FunctionExchange>(std::move(answer)), 0};
}

void Responder::send(HttpResponse response, Buffer spent) {
    TILLSTREAM_ASSERT(exchange_ != nullptr);
    push_one({std::move(exchange_), serial_, std::move(response), std::move(spent)});
}

void Responder::send_later(Render render, Buffer spent) {
    TILLSTREAM_ASSERT(exchange_ != nullptr && render);
    push_one({std::move(exchange_), serial_, {}, std::move(spent), false, std::move(render)});
}

void Responder::abandon() {
    if (exchange_ != nullptr) push_one({std::move(exchange_), serial_, {}, {}, true});
}

void ResponseBatch::add(Responder responder, HttpResponse response, Buffer spent) {
    TILLSTREAM_ASSERT(responder.exchange_ != nullptr);
    completions_.push_back(
        {std::move(responder.exchange_), responder.serial_, std::move(response), std::move(spent)});
}

void ResponseBatch::deliver() {
    std::span<Completion> rest(completions_);
    while (!rest.empty()) {
        internal::Mailbox& mailbox = rest.front().exchange->mailbox();
        const auto others = std::stable_partition(
            rest.begin(), rest.end(),
            [&](const Completion& completion) { return &completion.exchange->mailbox() == &mailbox; });
        const auto count = static_cast<std::size_t>(others - rest.begin());
        const std::shared_ptr<internal::Exchange> keep_alive = rest.front().exchange;
        mailbox.push(rest.first(count));
        rest = rest.subspan(count);
    }
    completions_.clear();
}

}  // namespace tillstream
