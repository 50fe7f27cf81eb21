#include "tidy/cpp_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "tidy/source_tree.h"

namespace tillstream::tidy {
namespace {

std::string fold_blanks(std::string_view text) {
    std::string folded;
    for (const char c : text) {
        const bool is_blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!is_blank) {
            folded += c;
        } else if (!folded.empty() && folded.back() != ' ') {
            folded += ' ';
        }
    }
    if (!folded.empty() && folded.back() == ' ') folded.pop_back();
    return folded;
}

enum class BraceKind { container, function, initialiser };

/// The head without its leading template <…>.
std::string_view without_template(std::string_view head) {
    while (head.starts_with("template")) {
        std::size_t at = head.find('<');
        int depth = 0;
        for (; at < head.size(); ++at) {
            if (head[at] == '<') ++depth;
            if (head[at] == '>' && --depth == 0) break;
        }
        if (at >= head.size()) return {};
        head.remove_prefix(at + 1);
        head.remove_prefix(std::min(head.find_first_not_of(' '), head.size()));
    }
    return head;
}

/// The head without [[…]] and alignas(…), which may stand between `struct` and its name.
std::string without_attributes(std::string head) {
    const auto cut = [&head](std::string_view open, std::string_view close) {
        for (std::size_t at = head.find(open); at != std::string::npos; at = head.find(open, at)) {
            const std::size_t end = head.find(close, at);
            head.erase(at, end == std::string::npos ? end : end + close.size() - at);
        }
    };
    cut("[[", "]]");
    cut("alignas(", ")");
    return head;
}

/// What the text in front of a '{' opens, outside of any function.
BraceKind classify(const std::string& head) {
    static constexpr std::array<std::string_view, 6> kContainers = {"namespace", "class", "struct",
                                                                    "union",     "enum",  "extern \"\""};
    const std::string plain = without_attributes(head);
    std::string_view rest = without_template(plain);
    if (rest.ends_with('=')) return BraceKind::initialiser;
    if (rest.starts_with("inline namespace")) return BraceKind::container;
    for (const std::string_view word : kContainers) {
        if (rest.starts_with(word) && (rest.size() == word.size() || rest[word.size()] == ' ')) {
            return BraceKind::container;
        }
    }
    return rest.find('(') != std::string_view::npos ? BraceKind::function : BraceKind::initialiser;
}

/// Walks code outside functions; a function's body is skipped as a whole.
class FunctionScanner {
public:
    explicit FunctionScanner(std::string code) : code_(std::move(code)) {}

    std::vector<Function> run() && {
        std::size_t at = 0;
        while (at < code_.size()) {
            const char c = code_[at];
            if (c == '(' || c == '[') ++parens_;
            if ((c == ')' || c == ']') && parens_ > 0) --parens_;
            if (c == '{') {
                at = open_brace(at);
            } else {
                if (parens_ == 0 && (c == ';' || c == '}' || ends_access_label(at))) head_start_ = at + 1;
                ++at;
            }
        }
        return std::move(found_);
    }

private:
    /// Returns where to go on.
    std::size_t open_brace(std::size_t at) {
        if (parens_ > 0) return matching_brace(at) + 1;  // an argument or default value
        const std::string head = fold_blanks(std::string_view(code_).substr(head_start_, at - head_start_));
        switch (classify(head)) {
            case BraceKind::container: head_start_ = at + 1; return at + 1;
            case BraceKind::initialiser: return matching_brace(at) + 1;
            case BraceKind::function: break;
        }
        const std::size_t end = function_end(at);
        found_.push_back({head, line_of(first_code(head_start_)), line_of(end)});
        head_start_ = end + 1;
        return end + 1;
    }

    /// Members initialised with braces stand in front of a constructor's body: f() : a{1}, b{2} {…}.
    std::size_t function_end(std::size_t open) const {
        std::size_t end = matching_brace(open);
        while (true) {
            const std::size_t next = first_code(end + 1);
            if (next >= code_.size() || (code_[next] != ',' && code_[next] != '{')) return end;
            const std::size_t brace = code_.find('{', next);
            if (brace == std::string::npos) return end;
            end = matching_brace(brace);
        }
    }

    std::size_t matching_brace(std::size_t open) const {
        int depth = 0;
        for (std::size_t at = open; at < code_.size(); ++at) {
            if (code_[at] == '{') ++depth;
            if (code_[at] == '}' && --depth == 0) return at;
        }
        return code_.size() - 1;
    }

    bool ends_access_label(std::size_t at) const {
        if (code_[at] != ':') return false;
        static constexpr std::array<std::string_view, 3> kLabels = {"public", "private", "protected"};
        const std::string_view before = std::string_view(code_).substr(0, at);
        for (const std::string_view label : kLabels) {
            if (!before.ends_with(label)) continue;
            const std::size_t start = at - label.size();
            return start == 0 || code_[start - 1] == ' ' || code_[start - 1] == '\n';
        }
        return false;
    }

    std::size_t first_code(std::size_t at) const {
        const std::size_t found = code_.find_first_not_of(" \t\r\n", at);
        return found == std::string::npos ? code_.size() : found;
    }

    /// Positions are asked for in rising order.
    std::size_t line_of(std::size_t at) {
        for (; counted_ < at && counted_ < code_.size(); ++counted_) line_ += code_[counted_] == '\n';
        return line_;
    }

    std::string code_;
    std::size_t head_start_ = 0;
    int parens_ = 0;
    std::size_t counted_ = 0;
    std::size_t line_ = 1;
    std::vector<Function> found_;
};

std::optional<Include> parse_include(std::string_view line, std::size_t number) {
    const auto skip_blanks = [&line] {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    };
    const auto take = [&line](std::string_view token) {
        if (!line.starts_with(token)) return false;
        line.remove_prefix(token.size());
        return true;
    };
    skip_blanks();
    if (!take("#")) return std::nullopt;
    skip_blanks();
    if (!take("include")) return std::nullopt;
    skip_blanks();
    const bool angled = line.starts_with('<');
    if (!take("<") && !take("\"")) return std::nullopt;
    return Include{std::string(line.substr(0, line.find(angled ? '>' : '"'))), number, angled};
}

}  // namespace

std::vector<Include> find_includes(std::string_view text) {
    std::vector<Include> includes;
    const std::vector<std::string_view> lines = split_lines(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (std::optional<Include> include = parse_include(lines[i], i + 1)) includes.push_back(*include);
    }
    return includes;
}

std::vector<Function> find_functions(std::string_view text) { return FunctionScanner(code_only(text)).run(); }

}  // namespace tillstream::tidy
