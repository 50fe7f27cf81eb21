#include "net/internal/io_thread.h"

#include <boost/asio/post.hpp>
#include <ctime>
#include <iterator>

#include "core/assert.h"
#include "core/digest.h"
#include "core/own_thread.h"

namespace tillstream::internal {

Buffer BufferPool::take(std::size_t size) {
    Buffer buffer;
    if (!buffers_.empty() && size >= kBytesMin) {
        buffer = std::move(buffers_.back());
        buffers_.pop_back();
        bytes_ -= buffer.capacity();
    }
    buffer.reserve(size);
    return buffer;
}

void BufferPool::give(Buffer buffer) {
    if (buffer.capacity() < kBytesMin || buffers_.size() >= kBuffersMax) return;
    if (bytes_ + buffer.capacity() > kBytesMax) return;
    bytes_ += buffer.capacity();
    buffer.clear();
    buffers_.push_back(std::move(buffer));
}

IoThread::IoThread(std::chrono::milliseconds sweep_period)
    : work_(context_.get_executor()), timer_(context_), sweep_period_(sweep_period) {
    const std::string run = to_hex(random_bytes(sizeof run_ / 2));
    std::copy(run.begin(), run.end(), run_);
    renew_date();
}

void IoThread::start(std::optional<unsigned> core) {
    schedule_sweep();
    thread_ = std::thread([this, core] {
        thread_id_ = std::this_thread::get_id();
        name_own_thread("net-io");
        if (core) pin_own_thread(*core);
        context_.run();
    });
}

void IoThread::stop() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    boost::asio::post(context_, [this] {
        timer_.cancel();
        work_.reset();
    });
    thread_.join();
    mail_.clear();
}

void IoThread::push(std::span<Completion> completions) {
    if (std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed)) {
        for (Completion& completion : completions) completion.exchange->complete(completion);
        return;
    }
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        wake = mail_.empty();
        mail_.insert(mail_.end(), std::move_iterator(completions.begin()),
                     std::move_iterator(completions.end()));
    }
    if (wake) boost::asio::post(context_, [this] { deliver(); });
}

void IoThread::deliver() {
    {
        const std::lock_guard lock(mutex_);
        delivering_.swap(mail_);
    }
    for (Completion& completion : delivering_) completion.exchange->complete(completion);
    delivering_.clear();
}

void IoThread::watch(Swept& swept) {
    swept.sweep_index_ = swept_.size();
    swept_.push_back(&swept);
}

void IoThread::unwatch(Swept& swept) {
    const std::size_t index = swept.sweep_index_;
    TILLSTREAM_ASSERT(index < swept_.size() && swept_[index] == &swept);
    swept_[index] = swept_.back();
    swept_[index]->sweep_index_ = index;
    swept_.pop_back();
}

void IoThread::schedule_sweep() {
    timer_.expires_after(sweep_period_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || !work_.owns_work()) return;
        renew_date();
        sweep();
        schedule_sweep();
    });
}

void IoThread::sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    // From the back: a connection that closes itself is replaced by one already looked at.
    for (std::size_t i = swept_.size(); i-- > 0;) {
        if (i < swept_.size()) swept_[i]->sweep(now);
    }
}

void IoThread::renew_date() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[sizeof date_ + 1];
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    std::memcpy(date_, text, sizeof date_);
}

void IoThread::make_request_id(char* into) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::memcpy(into, run_, sizeof run_);
    std::uint32_t count = request_count_++;
    for (std::size_t i = kRequestIdSize; i-- > sizeof run_; count >>= 4) into[i] = kHex[count & 15];
}

}  // namespace tillstream::internal
