#include "mutants/mutations.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "tidy/cpp_text.h"

namespace tillstream::mutants {

namespace {

struct Swap {
    std::string_view from;
    std::string_view to;
};

/// Longer ones first. Blanks around an operator tell it from brackets of templates, references and signs.
constexpr std::array kOperators = {
    Swap{" == ", " != "}, Swap{" != ", " == "}, Swap{" <= ", " < "},  Swap{" >= ", " > "},
    Swap{" && ", " || "}, Swap{" || ", " && "}, Swap{" += ", " -= "}, Swap{" -= ", " += "},
    Swap{" < ", " <= "},  Swap{" > ", " >= "},  Swap{" + ", " - "},   Swap{" - ", " + "},
    Swap{" * ", " / "},   Swap{" / ", " * "},   Swap{" % ", " / "},   Swap{" & ", " | "},
    Swap{" | ", " & "},   Swap{"++", "--"},     Swap{"--", "++"},
};
constexpr std::array kWords = {
    Swap{"true", "false"}, Swap{"false", "true"}, Swap{"0", "1"}, Swap{"1", "2"}, Swap{"continue", "break"},
};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Finder {
public:
    Finder(std::string_view text, std::string code) : text_(text), code_(std::move(code)) {}

    std::vector<Mutation> find() {
        std::size_t line_start = 0;
        for (std::size_t at = 0; at < code_.size(); ++at) {
            if (code_[at] == '\n') {
                leave_out(line_start, at);
                ++line_;
                line_start = at + 1;
                continue;
            }
            change_operator(at);
            change_word(at);
        }
        return std::move(found_);
    }

private:
    void add(std::size_t at, std::size_t length, std::string_view to) {
        found_.push_back({at, line_, std::string(text_.substr(at, length)), std::string(to)});
    }

    void change_operator(std::size_t at) {
        for (const Swap& swap : kOperators) {
            if (!std::string_view(code_).substr(at).starts_with(swap.from)) continue;
            return add(at, swap.from.size(), swap.to);
        }
    }

    void change_word(std::size_t at) {
        if (!is_word(code_[at]) || (at > 0 && (is_word(code_[at - 1]) || code_[at - 1] == '.'))) return;
        std::size_t end = at;
        while (end < code_.size() && is_word(code_[end])) ++end;
        if (end < code_.size() && code_[end] == '.') return;
        const std::string_view word = std::string_view(code_).substr(at, end - at);
        for (const Swap& swap : kWords)
            if (word == swap.from) add(at, word.size(), swap.to);
    }

    /// A line that is one whole statement of its own.
    void leave_out(std::size_t start, std::size_t end) {
        const std::string_view line = std::string_view(code_).substr(start, end - start);
        const std::size_t first = line.find_first_not_of(' ');
        if (first == std::string_view::npos || first < 4 || line.back() != ';') return;
        const std::string_view statement = line.substr(first);
        const std::size_t word_end = statement.find_first_of(" (");
        for (const std::string_view kept : {"return", "const", "using", "case", "break;", "continue;", "else",
                                            "if", "for", "while", "default:", "auto", "}"})
            if (statement.substr(0, word_end) == kept || statement == kept) return;
        const bool call = statement.ends_with(");") && word_end != std::string_view::npos &&
                          statement[word_end] == '(' && balanced(statement);
        const bool assignment = statement.find(" = ") != std::string_view::npos &&
                                word_end != std::string_view::npos &&
                                statement.substr(word_end).starts_with(" = ") && balanced(statement);
        if (call || assignment) add(start + first, statement.size(), ";");
    }

    static bool balanced(std::string_view text) {
        return std::count(text.begin(), text.end(), '(') == std::count(text.begin(), text.end(), ')') &&
               std::count(text.begin(), text.end(), '{') == std::count(text.begin(), text.end(), '}');
    }

    std::string_view text_;
    const std::string code_;
    std::size_t line_ = 1;
    std::vector<Mutation> found_;
};

}  // namespace

std::vector<Mutation> find_mutations(std::string_view text) {
    return Finder(text, tidy::code_only(text)).find();
}

std::string apply(std::string_view text, const Mutation& mutation) {
    std::string changed(text);
    changed.replace(mutation.at, mutation.from.size(), mutation.to);
    return changed;
}

}  // namespace tillstream::mutants
