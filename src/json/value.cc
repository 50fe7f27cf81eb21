#include "json/value.h"

#include <fmt/format.h>

#include <charconv>

#include "core/bytes.h"
#include "json/internal/structure.h"
#include "json/internal/walker.h"

namespace tillstream::json {
namespace {

Error parse_error(const ScanError& error) {
    return {Errc::invalid_argument,
            fmt::format("malformed JSON at byte {}: expected {}", error.offset, error.what)};
}

class TreeReader {
public:
    TreeReader(internal::Walker& walker, int depth_max) : walker_(walker), depth_max_(depth_max) {}

    bool value(Value& out, int depth) {
        const char first = walker_.peek();
        if (first != '{' && first != '[') return leaf(out);
        if (depth == depth_max_) return walker_.fail("less nesting");
        out.kind = first == '{' ? Kind::object : Kind::array;
        walker_.advance();
        const char close = first == '{' ? '}' : ']';
        for (bool empty = true; walker_.peek() != close; empty = false) {
            if (!empty && !comma()) return false;
            if (!(first == '{' ? member(out, depth) : value(out.items.emplace_back(), depth + 1)))
                return false;
        }
        walker_.advance();
        return true;
    }

private:
    bool comma() {
        if (walker_.peek() != ',') return walker_.fail("a comma or a closing bracket");
        walker_.advance();
        return true;
    }

    bool member(Value& out, int depth) {
        std::string_view key;
        bool in_scratch = false;
        if (walker_.peek() != '"') return walker_.fail("a key in quotes");
        if (!walker_.string(key, in_scratch)) return false;
        if (walker_.peek() != ':') return walker_.fail("a colon");
        walker_.advance();
        return value(out.members.emplace_back(Member{std::string(key), Value{}}).value, depth + 1);
    }

    bool leaf(Value& out) {
        Field field;
        if (!walker_.value(field, 0)) return false;
        out.kind = field.kind;
        out.text = field.text;
        return true;
    }

    internal::Walker& walker_;
    int depth_max_;
};

}  // namespace

const Value* Value::find(std::string_view name) const {
    for (const auto& [key, value] : members)
        if (key == name) return &value;
    return nullptr;
}

std::optional<std::int64_t> Value::as_int64() const {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    if (kind != Kind::number) return std::nullopt;
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || at != end) return std::nullopt;
    return value;
}

std::optional<bool> Value::as_bool() const {
    if (kind != Kind::boolean) return std::nullopt;
    return text == "true";
}

std::optional<std::string_view> Value::as_string() const {
    if (kind != Kind::string) return std::nullopt;
    return text;
}

Result<Value> parse(std::string_view text, int depth_max) {
    const Buffer padded(text);
    internal::Structure structure;
    if (auto error = structure.index(padded.view())) return failure(parse_error(*error));
    internal::Walker walker;
    walker.open(padded.view(), structure.tokens());
    Value value;
    bool good = TreeReader(walker, depth_max).value(value, 0);
    if (good && !walker.at_end()) good = walker.fail("nothing after the value");
    if (!good) return failure(parse_error(walker.fault()));
    if (auto note = walker.note({depth_max})) return failure(parse_error(*note));
    return value;
}

}  // namespace tillstream::json
