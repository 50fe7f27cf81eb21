#include "tidy/cpp_text.h"

namespace tillstream::tidy {
namespace {

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Copies line ends and turns everything else into blanks, piece by piece.
class Blanker {
public:
    explicit Blanker(std::string_view text) : text_(text) { out_.reserve(text.size()); }

    std::string run() && {
        while (at_ < text_.size()) step();
        return std::move(out_);
    }

private:
    bool looking_at(std::string_view token) const { return text_.substr(at_, token.size()) == token; }

    void keep() { out_ += text_[at_++]; }

    void blank() {
        out_ += text_[at_] == '\n' ? '\n' : ' ';
        ++at_;
    }

    void blank_to(std::size_t end) {
        while (at_ < end && at_ < text_.size()) blank();
    }

    void step() {
        const char c = text_[at_];
        if (line_start_ && c == '#') return directive();
        if (c == '\n') line_start_ = true;
        if (c != ' ' && c != '\t' && c != '\n') line_start_ = false;
        if (looking_at("//")) return blank_to(text_.find('\n', at_));
        if (looking_at("/*")) return block_comment();
        if (looking_at("R\"") && !after_word()) return raw_string();
        // A quote after a word character separates digits: 1'000'000.
        if (c == '"' || (c == '\'' && !after_digit())) return literal(c);
        keep();
    }

    bool after_word() const { return at_ > 0 && is_word(text_[at_ - 1]); }
    bool after_digit() const {
        // u8'x', L'x' are prefixes; hexadecimal digits follow a number.
        if (!after_word()) return false;
        std::size_t first = at_;
        while (first > 0 && (is_word(text_[first - 1]) || text_[first - 1] == '\'')) --first;
        return text_[first] >= '0' && text_[first] <= '9';
    }

    void block_comment() {
        const std::size_t end = text_.find("*/", at_ + 2);
        blank_to(end == std::string_view::npos ? text_.size() : end + 2);
    }

    /// To the end of the line, however often it goes on with a backslash.
    void directive() {
        while (at_ < text_.size() && text_[at_] != '\n') {
            if (looking_at("/*")) {
                block_comment();
            } else if (looking_at("\\\n")) {
                blank_to(at_ + 2);
            } else {
                blank();
            }
        }
    }

    void raw_string() {
        const std::size_t open = text_.find('(', at_);
        if (open == std::string_view::npos) return blank_to(text_.size());
        const std::string close = ")" + std::string(text_.substr(at_ + 2, open - at_ - 2)) + "\"";
        const std::size_t end = text_.find(close, open);
        blank_to(end == std::string_view::npos ? text_.size() : end + close.size());
    }

    void literal(char quote) {
        keep();
        while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n') {
            if (text_[at_] == '\\') blank();
            if (at_ < text_.size()) blank();
        }
        if (at_ < text_.size() && text_[at_] == quote) keep();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool line_start_ = true;
    std::string out_;
};

}  // namespace

std::string code_only(std::string_view text) { return Blanker(text).run(); }

}  // namespace tillstream::tidy
