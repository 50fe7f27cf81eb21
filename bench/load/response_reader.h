// response_reader.h - just enough of HTTP/1.1 to know the status of an answer and where it ends.
//
// Limits:  answers carry Content-Length; a head has at most kHeadBytesMax bytes; one answer at a time (no
//          pipelining).
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tillstream::bench {

class ResponseReader {
public:
    static constexpr std::size_t kHeadBytesMax = 16 << 10;

    enum class Progress : unsigned char { more, complete, broken };

    /// The next bytes as they came. After `complete` the reader stands at the next answer; status() is that
    /// of the one that ended.
    Progress feed(std::string_view bytes);
    int status() const { return status_; }
    void reset();

private:
    Progress take_head(std::string_view head, std::string_view rest);
    Progress take_body(std::string_view bytes);

    std::string head_;
    std::size_t body_left_ = 0;
    bool in_body_ = false;
    int status_ = 0;
};

}  // namespace tillstream::bench
