// io_thread.h - one event loop with its thread, and what its connections share without locks.
//
// Lifecycle:  start -> stop; kept alive by its connections, so that late answers find a closed mailbox.
// Threads:    push, post and load from any; everything else on the thread itself.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/bytes.h"
#include "net/internal/connection_table.h"
#include "net/responder.h"

namespace tillstream::internal {

/// Something with deadlines, looked at every sweep.
class Swept {
public:
    virtual ~Swept() = default;
    virtual void sweep(SteadyTime now) = 0;

private:
    friend class IoThread;
    std::size_t sweep_index_ = 0;
};

/// Request bodies' memory, kept warm: touching fresh pages costs microseconds each.
class BufferPool {
public:
    /// Empty, with room for `size` bytes.
    Buffer take(std::size_t size);
    void give(Buffer buffer);

private:
    static constexpr std::size_t kBuffersMax = 32;
    static constexpr std::size_t kBytesMax = 8 << 20;
    static constexpr std::size_t kBytesMin = 4 << 10;

    std::vector<Buffer> buffers_;
    std::size_t bytes_ = 0;
};

class IoThread final : public Mailbox {
public:
    explicit IoThread(std::chrono::milliseconds sweep_period);

    /// On a core of its own if `core` has a value: the index of one of those the process may use.
    void start(std::optional<unsigned> core);
    /// Closes the mailbox and joins once no work is left. Connections must be closed.
    void stop();

    boost::asio::io_context& context() { return context_; }
    void push(std::span<Completion> completions) override;
    void watch(Swept& swept);
    void unwatch(Swept& swept);

    BufferPool& pool() { return pool_; }
    /// "Sun, 06 Nov 1994 08:49:37 GMT", now.
    std::string_view date() const { return {date_, sizeof date_}; }
    /// Unlike any other of this and other runs; 24 characters at `into`.
    static constexpr std::size_t kRequestIdSize = 24;
    void make_request_id(char* into);

    std::atomic<std::size_t> load{0};  ///< open connections

private:
    void deliver();
    void schedule_sweep();
    void sweep();
    void renew_date();

    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    boost::asio::steady_timer timer_;
    const std::chrono::milliseconds sweep_period_;
    std::thread thread_;
    std::atomic<std::thread::id> thread_id_{};

    std::mutex mutex_;
    std::vector<Completion> mail_;  ///< guarded by mutex_
    bool closed_ = false;           ///< guarded by mutex_
    std::vector<Completion> delivering_;

    std::vector<Swept*> swept_;
    BufferPool pool_;
    char date_[29];
    char run_[16];
    std::uint32_t request_count_ = 0;
};

}  // namespace tillstream::internal
