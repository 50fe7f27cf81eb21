#include "contract/internal/expression_lexer.h"

#include <fmt/format.h>

#include <array>

namespace tillstream {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Lexer {
public:
    explicit Lexer(std::string_view sql) : sql_(sql) {}

    Result<std::vector<Token>> run() {
        for (skip_blanks(); at_ < sql_.size(); skip_blanks()) TILLSTREAM_CHECK(next());
        tokens_.push_back({TokenKind::end, "", sql_.size() + 1});
        return std::move(tokens_);
    }

private:
    void skip_blanks() {
        while (at_ < sql_.size() && is_blank(sql_[at_])) ++at_;
    }

    Status next() {
        const char c = sql_[at_];
        if (is_letter(c)) return word();
        if (is_digit(c) || (c == '.' && at_ + 1 < sql_.size() && is_digit(sql_[at_ + 1]))) return number();
        if (c == '\'') return quoted(TokenKind::string, c);
        if (c == '"') return quoted(TokenKind::quoted_name, c);
        return symbol();
    }

    Status word() {
        const std::size_t start = at_;
        while (at_ < sql_.size() && (is_letter(sql_[at_]) || is_digit(sql_[at_]))) ++at_;
        std::string text(sql_.substr(start, at_ - start));
        for (char& c : text)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        tokens_.push_back({TokenKind::name, std::move(text), start + 1});
        return {};
    }

    Status number() {
        const std::size_t start = at_;
        bool point = false;
        for (; at_ < sql_.size() && (is_digit(sql_[at_]) || (sql_[at_] == '.' && !point)); ++at_)
            point = point || sql_[at_] == '.';
        if (at_ < sql_.size() && (is_letter(sql_[at_]) || sql_[at_] == '.'))
            return failure(
                Errc::invalid_argument,
                at_position(start + 1, "a number is digits with at most one point, without exponent"));
        tokens_.push_back({TokenKind::number, std::string(sql_.substr(start, at_ - start)), start + 1});
        return {};
    }

    /// The quote itself is written twice inside.
    Status quoted(TokenKind kind, char quote) {
        const std::size_t start = at_++;
        std::string text;
        for (; at_ < sql_.size(); ++at_) {
            if (sql_[at_] == quote) {
                if (at_ + 1 == sql_.size() || sql_[at_ + 1] != quote) break;
                ++at_;
            }
            text += sql_[at_];
        }
        if (at_ == sql_.size())
            return failure(Errc::invalid_argument,
                           at_position(start + 1, fmt::format("{} without end", quote)));
        ++at_;
        tokens_.push_back({kind, std::move(text), start + 1});
        return {};
    }

    Status symbol() {
        static constexpr std::array<std::string_view, 12> kSymbols = {"<>", "!=", "<=", ">=", "(", ")",
                                                                      ",",  "+",  "-",  "*",  "=", "<"};
        for (const std::string_view symbol : kSymbols)
            if (sql_.substr(at_).starts_with(symbol)) return add_symbol(symbol);
        if (sql_[at_] == '>') return add_symbol(">");
        return failure(
            Errc::invalid_argument,
            at_position(at_ + 1, fmt::format("'{}' has no meaning in a rule", printable(sql_[at_]))));
    }

    Status add_symbol(std::string_view symbol) {
        tokens_.push_back({TokenKind::symbol, std::string(symbol == "!=" ? "<>" : symbol), at_ + 1});
        at_ += symbol.size();
        return {};
    }

    static std::string printable(char c) {
        return c > ' ' && c < 0x7F ? std::string(1, c)
                                   : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::string at_position(std::size_t position, std::string_view what) {
    return fmt::format("position {}: {}", position, what);
}

Result<std::vector<Token>> tokenize(std::string_view sql) { return Lexer(sql).run(); }

}  // namespace tillstream
