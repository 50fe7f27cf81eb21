// connection.h - one connection's way through its requests, without the socket.
//
//     handshaking -> reading_head -> reading_body -> handling -> writing -+-> reading_head (keep-alive)
//                         |                |                      ^      +-> lingering -> closed
//                         +---- refused ---+----------------------+
//
// Place:      StreamConnection (stream.cc) is the socket's side: it starts reads and writes and reports them.
// Threads:    evict, drain and abort from any thread; everything else on its io thread.
// Lifecycle:  kept alive by pending operations, the table and Responders; closed exactly once.
// Lingering:  after the last answer the sending side is closed and what still comes is thrown away, because
//             closing with unread bytes would reset the connection and destroy the answer on its way.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/internal/io_thread.h"
#include "net/internal/message_parser.h"
#include "net/internal/server_core.h"

namespace tillstream::internal {

class Connection : public Exchange,
                   public TableEntry,
                   public Swept,
                   public std::enable_shared_from_this<Connection> {
public:
    Connection(ServerCore& core, std::shared_ptr<IoThread> io, std::string peer_address);

    void start();
    Mailbox& mailbox() override { return *io_; }
    void complete(Completion& completion) override;
    void evict() override;
    /// Closes it once what is in flight is answered.
    void drain();
    void abort();
    void sweep(SteadyTime now) override;

protected:
    void on_handshake(bool ok);
    void on_read(bool ok, std::size_t size);
    void on_written(bool ok, std::size_t size);
    void on_discarded(bool ok);

    virtual bool encrypted() const = 0;
    virtual void start_handshake() = 0;
    virtual void start_read(char* into, std::size_t size) = 0;
    virtual void cancel_read() = 0;
    /// What the socket takes at once; 0: use start_write; nothing: the connection is broken.
    virtual std::optional<std::size_t> write_now(std::string_view first, std::string_view second) = 0;
    virtual void start_write(std::string_view first, std::string_view second) = 0;
    virtual void start_end() = 0;
    virtual void start_discard(char* into, std::size_t size) = 0;
    virtual void close_socket() = 0;

    const std::shared_ptr<IoThread> io_;

private:
    enum class State : std::uint8_t {
        handshaking,
        reading_head,
        reading_body,
        handling,
        writing,
        lingering,
        closed
    };

    /// Runs the state machine until it waits for something. Calls within a call only mark that there is more
    /// to do.
    void run();
    bool step();
    bool step_head();
    bool step_fixed_body();
    bool step_chunked_body();
    bool step_write();

    void begin_request(std::size_t head_size);
    void take_request_id();
    std::optional<HttpResponse> find_refusal();
    std::optional<HttpResponse> ask_gate();
    std::optional<HttpResponse> check_body();
    void begin_body();
    void dispatch();
    HttpResponse response_of(Completion& completion);
    void log_thrown(std::string_view what, std::string_view error);
    void refuse(HttpResponse response, bool framing_sound);
    void refuse(const Problem& problem, bool framing_sound);
    void begin_write(HttpResponse response);
    void compose_head();
    void hold_answer();
    void give_back_answer();
    bool finish_write();
    void record_answer(SteadyTime now);
    void begin_next_request(SteadyTime now);
    void linger(SteadyTime now);
    void close();

    std::string_view pending() const { return input_.view().substr(input_begin_); }
    void consume(std::size_t size);
    void read_input();
    bool hold_bytes(std::size_t bytes);
    void hold_only_what_arrived();
    void give_back_bytes();
    std::string_view request_id() const { return {request_id_, request_id_size_}; }

    ServerCore& core_;
    State state_ = State::handshaking;
    bool running_ = false;
    bool draining_ = false;
    SteadyTime deadline_{};

    Buffer input_;  ///< bytes received and not yet consumed begin at input_begin_
    std::size_t input_begin_ = 0;
    HeadScanner scanner_;
    bool head_begun_ = false;
    RequestParser parser_;

    HttpRequest request_;
    Framing framing_;
    std::optional<std::size_t> route_;
    std::size_t body_bytes_max_ = 0;
    std::size_t body_filled_ = 0;
    bool reading_into_body_ = false;
    std::size_t window_bytes_ = 0;  ///< of the body, since the rate window began
    std::size_t taken_bytes_ = 0;   ///< from the in-flight budget
    SteadyTime body_begun_{};
    std::optional<Problem> timed_out_;
    SteadyTime request_begun_{};
    std::uint64_t serial_ = 0;
    char request_id_[kRequestIdBytesMax];
    std::size_t request_id_size_ = 0;
    bool answers_head_ = false;  ///< a HEAD request: no body is sent

    HttpResponse response_;
    std::string head_out_;
    std::string_view body_out_;
    std::size_t written_ = 0;
    bool interim_ = false;  ///< writing "100 Continue"
    bool close_after_ = false;
};

}  // namespace tillstream::internal
