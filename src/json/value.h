// value.h - a small JSON document as a tree: request bodies and metadata, never records.
//
// Errors:  invalid_argument, naming the byte and what was expected there.
// Limits:  nesting as asked for; the tree copies every text, so bound the size of what you parse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "json/field.h"

namespace tillstream::json {

struct Member;

struct Value {
    Kind kind = Kind::null;
    std::string text;  ///< string: its content; number and boolean: the token
    std::vector<Value> items;
    std::vector<Member> members;  ///< in their order, doubled keys too

    bool is_null() const { return kind == Kind::null; }
    /// The first member of that name; null if this is no object or has none.
    const Value* find(std::string_view name) const;
    /// Nothing if it is of another kind, or no int64 without fraction and exponent.
    std::optional<std::int64_t> as_int64() const;
    std::optional<bool> as_bool() const;
    std::optional<std::string_view> as_string() const;
};

struct Member {
    std::string name;
    Value value;
};

/// `text` needs no padding.
Result<Value> parse(std::string_view text, int depth_max = 32);

}  // namespace tillstream::json
