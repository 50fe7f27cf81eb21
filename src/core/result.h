// result.h - the outcome of a call: a value, or an Error with one of a closed list of codes.
//
// Place:   every module returns Result<T> or Status; exceptions stay inside the adapter that calls a
//          throwing library.
// Style:   messages are lower-case, name the thing and the value, have no final dot. Return or log, never
//          both.
// Bugs:    are TILLSTREAM_ASSERT (core/assert.h); bad input is never an assert.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tillstream {

/// The whole vocabulary of failure. Each door maps every code in one table (a switch without default).
enum class Errc {
    invalid_argument,    ///< the caller's value is wrong; the same call can never succeed
    not_found,           ///< the thing named does not exist
    already_exists,      ///< put-if-absent found something there
    conflict,            ///< compare-and-set lost: re-read and decide again
    unauthenticated,     ///< no or unknown credentials
    permission_denied,   ///< known, but not allowed
    resource_exhausted,  ///< a stated limit or budget is reached
    unavailable,         ///< not now; try again later
    timeout,             ///< ran out of time, nothing happened
    cancelled,           ///< stopped on request
    io,                  ///< the operating system refused
    corruption,          ///< stored bytes are not what was written
    outcome_unknown,     ///< a commit that may have happened
    unsupported,         ///< this engine cannot do it
    internal,            ///< a library broke its contract
};

std::string_view to_string(Errc code);

/// Whether the same call may succeed later without anybody changing anything.
bool retryable(Errc code);

struct Error {
    Errc code = Errc::internal;
    std::string message;

    /// The same error with "context: " in front of the message.
    Error with_context(std::string_view context) &&;
};

inline tl::unexpected<Error> failure(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> failure(Errc code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

}  // namespace tillstream

/// Value of a Result expression, or return its error from the enclosing function.
#define TILLSTREAM_TRY(...)                                            \
    __extension__({                                                    \
        auto tillstream_result_ = (__VA_ARGS__);                       \
        if (!tillstream_result_) [[unlikely]]                          \
            return ::tillstream::failure(std::move(tillstream_result_).error()); \
        std::move(*tillstream_result_);                                \
    })

/// The same for a Status.
#define TILLSTREAM_CHECK(...)                                          \
    do {                                                               \
        auto tillstream_status_ = (__VA_ARGS__);                       \
        if (!tillstream_status_) [[unlikely]]                          \
            return ::tillstream::failure(std::move(tillstream_status_).error()); \
    } while (false)
