#include "contract/internal/expression_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/nearest_name.h"
#include "contract/internal/expression_builder.h"
#include "contract/internal/expression_lexer.h"

namespace tillstream {

namespace {

using Node = Result<ExpressionNodePtr>;

constexpr int kMaxNesting = 64;
constexpr std::size_t kMaxText = 4 << 10;

struct Comparison {
    std::string_view symbol;
    Operation operation;
};
constexpr std::array kComparisons = {
    Comparison{"=", Operation::equal},   Comparison{"<>", Operation::not_equal},
    Comparison{"<", Operation::less},    Comparison{"<=", Operation::less_equal},
    Comparison{">", Operation::greater}, Comparison{">=", Operation::greater_equal},
};

class Parser {
public:
    Parser(std::vector<Token> tokens, const Contract& contract, std::size_t visible, const Zone& zone)
        : tokens_(std::move(tokens)), contract_(contract), visible_(visible), build_(zone) {}

    Node run() {
        ExpressionNodePtr node = TILLSTREAM_TRY(disjunction());
        if (peek().kind != TokenKind::end) return unexpected("an operator or the end");
        return node;
    }

private:
    const Token& peek() const { return tokens_[at_]; }
    bool keyword(std::string_view word) {
        if (peek().kind != TokenKind::name || peek().text != word) return false;
        ++at_;
        return true;
    }
    bool symbol(std::string_view text) {
        if (peek().kind != TokenKind::symbol || peek().text != text) return false;
        ++at_;
        return true;
    }
    tl::unexpected<Error> unexpected(std::string_view wanted) const {
        const std::string found =
            peek().kind == TokenKind::end ? "the end" : fmt::format("'{}'", peek().text);
        return refused(peek().position, fmt::format("found {} where {} was expected", found, wanted));
    }
    static tl::unexpected<Error> refused(std::size_t position, std::string_view what) {
        return failure(Errc::invalid_argument, at_position(position, what));
    }
    static Node placed(std::size_t position, Node node) {
        if (!node) return refused(position, node.error().message);
        return node;
    }
    Status want(std::string_view text) {
        if (symbol(text) || keyword(text)) return {};
        return unexpected(fmt::format("'{}'", text));
    }

    Node disjunction() { return chain("or", Operation::logical_or, &Parser::conjunction); }
    Node conjunction() { return chain("and", Operation::logical_and, &Parser::negation); }

    Node chain(std::string_view word, Operation operation, Node (Parser::*part)()) {
        ExpressionNodePtr left = TILLSTREAM_TRY((this->*part)());
        for (;;) {
            const std::size_t position = peek().position;
            if (!keyword(word)) return left;
            ExpressionNodePtr right = TILLSTREAM_TRY((this->*part)());
            left = TILLSTREAM_TRY(placed(position, ExpressionBuilder::logical(operation, {left, right})));
        }
    }

    Node negation() {
        const std::size_t position = peek().position;
        if (!keyword("not")) return predicate();
        if (++nesting_ > kMaxNesting) return too_deep(position);
        ExpressionNodePtr operand = TILLSTREAM_TRY(negation());
        --nesting_;
        return placed(position, ExpressionBuilder::logical(Operation::logical_not, {operand}));
    }

    Node predicate() {
        ExpressionNodePtr left = TILLSTREAM_TRY(sum());
        const std::size_t position = peek().position;
        for (const Comparison& comparison : kComparisons)
            if (symbol(comparison.symbol))
                return placed(position, build_.compare(comparison.operation, left, TILLSTREAM_TRY(sum())));
        if (keyword("is")) return is_null(position, left);
        const bool negated = keyword("not");
        if (keyword("between")) return negate_if(negated, between(position, left));
        if (keyword("in")) return negate_if(negated, in(position, left));
        if (negated) return unexpected("'between' or 'in'");
        return left;
    }

    static Node negate_if(bool negated, Node node) {
        if (!negated || !node) return node;
        return ExpressionBuilder::logical(Operation::logical_not, {*node});
    }

    Node is_null(std::size_t position, const ExpressionNodePtr& operand) {
        const bool negated = keyword("not");
        TILLSTREAM_CHECK(want("null"));
        return placed(position, negate_if(negated, ExpressionBuilder::is_null(operand)));
    }

    Node between(std::size_t position, const ExpressionNodePtr& value) {
        ExpressionNodePtr low = TILLSTREAM_TRY(sum());
        TILLSTREAM_CHECK(want("and"));
        ExpressionNodePtr high = TILLSTREAM_TRY(sum());
        low = TILLSTREAM_TRY(placed(position, build_.compare(Operation::greater_equal, value, low)));
        high = TILLSTREAM_TRY(placed(position, build_.compare(Operation::less_equal, value, high)));
        return placed(position, ExpressionBuilder::logical(Operation::logical_and, {low, high}));
    }

    Node in(std::size_t position, const ExpressionNodePtr& value) {
        TILLSTREAM_CHECK(want("("));
        std::vector<ExpressionNodePtr> choices;
        do {
            ExpressionNodePtr choice = TILLSTREAM_TRY(sum());
            choices.push_back(
                TILLSTREAM_TRY(placed(position, build_.compare(Operation::equal, value, choice))));
        } while (symbol(","));
        TILLSTREAM_CHECK(want(")"));
        return placed(position, ExpressionBuilder::logical(Operation::logical_or, std::move(choices)));
    }

    Node sum() {
        ExpressionNodePtr left = TILLSTREAM_TRY(product());
        for (;;) {
            const std::size_t position = peek().position;
            const bool plus = symbol("+");
            if (!plus && !symbol("-")) return left;
            ExpressionNodePtr right = TILLSTREAM_TRY(product());
            const Operation operation = plus ? Operation::add : Operation::subtract;
            left = TILLSTREAM_TRY(placed(position, ExpressionBuilder::arithmetic(operation, left, right)));
        }
    }

    Node product() {
        ExpressionNodePtr left = TILLSTREAM_TRY(signed_value());
        for (;;) {
            const std::size_t position = peek().position;
            if (!symbol("*")) return left;
            ExpressionNodePtr right = TILLSTREAM_TRY(signed_value());
            left = TILLSTREAM_TRY(
                placed(position, ExpressionBuilder::arithmetic(Operation::multiply, left, right)));
        }
    }

    Node signed_value() {
        const std::size_t position = peek().position;
        const bool minus = symbol("-");
        if (!minus && !symbol("+")) return value();
        if (++nesting_ > kMaxNesting) return too_deep(position);
        ExpressionNodePtr operand = TILLSTREAM_TRY(signed_value());
        --nesting_;
        return minus ? placed(position, ExpressionBuilder::negate(operand)) : Node(operand);
    }

    Node value() {
        const Token token = peek();
        ++at_;
        switch (token.kind) {
            case TokenKind::number: return placed(token.position, ExpressionBuilder::number(token.text));
            case TokenKind::string: return ExpressionBuilder::text(token.text);
            case TokenKind::quoted_name: return column(token);
            case TokenKind::name: return word(token);
            case TokenKind::symbol:
                if (token.text == "(") return parenthesis(token.position);
                break;
            case TokenKind::end: break;
        }
        --at_;
        return unexpected("a value");
    }

    Node word(const Token& token) {
        if (token.text == "true" || token.text == "false")
            return ExpressionBuilder::truth(token.text == "true");
        if (token.text == "null") return ExpressionBuilder::null();
        if (!symbol("(")) return column(token);
        if (token.text != "length")
            return refused(token.position,
                           fmt::format("no function '{}'; the only one is length", token.text));
        return placed(token.position, ExpressionBuilder::length(TILLSTREAM_TRY(parenthesis(token.position))));
    }

    /// After its opening one.
    Node parenthesis(std::size_t position) {
        if (++nesting_ > kMaxNesting) return too_deep(position);
        ExpressionNodePtr inner = TILLSTREAM_TRY(disjunction());
        --nesting_;
        TILLSTREAM_CHECK(want(")"));
        return inner;
    }

    Node column(const Token& token) const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < visible_; ++i) {
            if (contract_.column_name(i) == token.text)
                return ExpressionBuilder::column(i, contract_.column_type(i));
            names.push_back(contract_.column_name(i));
        }
        return refused(token.position,
                       fmt::format("unknown column '{}'{}", token.text, suggestion(token.text, names)));
    }

    static tl::unexpected<Error> too_deep(std::size_t position) {
        return refused(position, fmt::format("nested deeper than {}", kMaxNesting));
    }

    std::vector<Token> tokens_;
    const Contract& contract_;
    std::size_t visible_;
    ExpressionBuilder build_;
    std::size_t at_ = 0;
    int nesting_ = 0;
};

Node parse(std::string_view sql, const Contract& contract, std::size_t visible, const Zone& zone) {
    if (sql.size() > kMaxText)
        return failure(Errc::invalid_argument, fmt::format("longer than {} bytes", kMaxText));
    return Parser(TILLSTREAM_TRY(tokenize(sql)), contract, visible, zone).run();
}

void collect_columns(const ExpressionNode& node, std::vector<std::size_t>& columns) {
    if (node.operation == Operation::column &&
        std::find(columns.begin(), columns.end(), node.column) == columns.end())
        columns.push_back(node.column);
    for (const ExpressionNodePtr& operand : node.operands) collect_columns(*operand, columns);
}

}  // namespace

Result<Expression> compile_rule(std::string_view sql, const Contract& contract, std::size_t visible,
                                const Zone& zone) {
    ExpressionNodePtr root = TILLSTREAM_TRY(parse(sql, contract, visible, zone));
    if (root->kind != ValueKind::truth)
        return failure(Errc::invalid_argument, at_position(1, fmt::format("a rule is a condition, this is {}",
                                                                          to_string(root->kind))));
    return Expression(std::move(root));
}

Result<Expression> compile_derived(std::string_view sql, DataType type, const Contract& contract,
                                   std::size_t visible, const Zone& zone) {
    ExpressionNodePtr root = TILLSTREAM_TRY(parse(sql, contract, visible, zone));
    Node converted = ExpressionBuilder::convert(std::move(root), type);
    if (!converted) return failure(Errc::invalid_argument, at_position(1, converted.error().message));
    return Expression(std::move(*converted));
}

std::vector<std::size_t> columns_of(const Expression& expression) {
    std::vector<std::size_t> columns;
    if (expression) collect_columns(*expression.root(), columns);
    return columns;
}

}  // namespace tillstream
