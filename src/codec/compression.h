// compression.h - gzip and zstd with limits: compressed bodies and files are input like any other, so never
//     trusted.
//
// Forms:   several gzip members or zstd frames in a row are one text, as gunzip and unzstd read them.
// Errors:  invalid_argument (damaged or cut off, or no such compression), resource_exhausted (a limit is
//          passed; the message names it).
// Threads: one at a time per object.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace tillstream {

enum class Encoding : std::uint8_t { identity, gzip, zstd };

/// As in `Content-Encoding`, without regard to case; "" is identity and x-gzip is gzip.
std::optional<Encoding> encoding_named(std::string_view name);
std::string_view to_string(Encoding encoding);
/// By the first four bytes of a file.
Encoding detect_encoding(std::string_view start);

struct InflateLimits {
    std::size_t max_bytes = 16 << 20;  ///< of output
    /// Output per byte of input, judged from kRatioFree bytes of output on. Real rows stay below 100.
    std::size_t ratio = 1000;

    static constexpr std::size_t kRatioFree = 16 << 20;
};

/// Decompresses pieces of a text, cut anywhere.
class Inflater {
public:
    /// `window_log_max`: log2 of the most memory a zstd frame may ask for, 10..31.
    explicit Inflater(Encoding encoding, int window_log_max = 27);
    ~Inflater();
    Inflater(Inflater&&) noexcept;
    Inflater& operator=(Inflater&&) noexcept;

    struct Progress {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };
    /// Goes on until `in` is used up or `room` is full. With room left over and all consumed it wants more
    /// input.
    Result<Progress> step(std::string_view in, char* out, std::size_t room);
    /// Whether the text may end here: no member or frame is open.
    bool complete() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A whole text behind what `out` holds. After an error `out` is as before.
Status inflate(Encoding encoding, std::string_view in, Buffer& out, const InflateLimits& limits = {});

/// One member or frame behind what `out` holds, at the library's default level. zstd frames carry size and
/// checksum.
Status deflate(Encoding encoding, std::string_view in, Buffer& out);

}  // namespace tillstream
