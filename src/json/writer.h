// writer.h - writes JSON at the end of a string or buffer, commas included.
//
// Output:   compact, valid UTF-8 whatever is given: each byte that is not UTF-8 becomes U+FFFD.
// Memory:   allocates nothing but the output.
// Bugs:     a value where a key must stand, or an end without begin, makes malformed output; the writer does
//           not check.
// Limits:   64 levels.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/decimal.h"

namespace tillstream::json {

/// Content of a JSON string: escapes quote, backslash and control characters; no quotes around it.
void append_escaped(std::string& out, std::string_view text);
void append_escaped(Buffer& out, std::string_view text);

template <class Out>
class BasicWriter {
public:
    /// `out` must outlive the writer; what it holds stays in front.
    explicit BasicWriter(Out& out) : out_(out) {}

    BasicWriter& begin_object() { return begin('{'); }
    BasicWriter& end_object() { return end('}'); }
    BasicWriter& begin_array() { return begin('['); }
    BasicWriter& end_array() { return end(']'); }

    BasicWriter& key(std::string_view name);
    BasicWriter& string(std::string_view text);
    BasicWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
    BasicWriter& null() { return raw("null"); }
    template <std::integral T>
    BasicWriter& number(T value) {
        static_assert(!std::same_as<T, bool>, "use boolean");
        if constexpr (std::unsigned_integral<T>)
            return unsigned_number(value);
        else
            return signed_number(value);
    }
    BasicWriter& number(Int128 value);
    /// A whole value that is JSON already.
    BasicWriter& raw(std::string_view json);

    /// key and value in one call.
    BasicWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
    BasicWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
    BasicWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    BasicWriter& member(std::string_view name, T value) {
        return key(name).number(value);
    }

private:
    BasicWriter& begin(char bracket);
    BasicWriter& end(char bracket);
    BasicWriter& unsigned_number(std::uint64_t value);
    BasicWriter& signed_number(std::int64_t value);
    void separate();

    Out& out_;
    std::uint64_t filled_ = 0;  ///< bit d: the container at depth d has a value already
    int depth_ = 0;
    bool after_key_ = false;
};

using Writer = BasicWriter<std::string>;
using BufferWriter = BasicWriter<Buffer>;

extern template class BasicWriter<std::string>;
extern template class BasicWriter<Buffer>;

}  // namespace tillstream::json
