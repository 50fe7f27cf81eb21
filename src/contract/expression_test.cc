#include <gtest/gtest.h>

#include "contract/decode_fixture.h"
#include "contract/internal/expression_parser.h"
#include "contract/internal/value_decoder.h"

namespace tillstream {
namespace {

const std::string kColumns = R"toml(name = "t"
[[column]]
name = "i"
type = "int64"
[[column]]
name = "d"
type = "decimal(18,4)"
[[column]]
name = "r"
type = "double"
[[column]]
name = "s"
type = "string"
[[column]]
name = "b"
type = "bool"
[[column]]
name = "at"
type = "timestamp"
[[column]]
name = "day"
type = "date"
[[column]]
name = "j"
type = "json"
)toml";

const std::string kRow =
    R"({"i":6,"d":2.55,"r":0.5,"s":"h\u00e9llo","b":true,"at":"2010-12-01T08:26:00Z","day":"2010-12-01"})";

/// A derived column's value over kRow, or its compile error.
std::string value_of(const std::string& sql, const std::string& type, const std::string& row = kRow) {
    auto contract = parse_contract(
        kColumns + "[[derived]]\nname = \"x\"\ntype = \"" + type + "\"\nsql = '''" + sql + "'''\n", "t");
    if (!contract) return contract.error().message.substr(contract.error().message.find("sql: ") + 5);
    const RowBatchPtr batch = decode_lines(*contract, {row});
    return batch->accepted(0) ? cell_text(batch->column(8), 0) : errors_of(*batch, 0);
}

std::string condition(const std::string& sql, const std::string& row = kRow) {
    return value_of(sql, "bool", row);
}

TEST(Expression, ExactArithmetic) {
    EXPECT_EQ(value_of("i * d", "decimal(38,4)"), "15.30");
    EXPECT_EQ(value_of("i + d - 1", "decimal(18,4)"), "7.55");
    EXPECT_EQ(value_of("i - 10 * 2", "int64"), "-14");
    EXPECT_EQ(value_of("(i - 10) * 2", "int64"), "-8");
    EXPECT_EQ(value_of("-i + +i - -i", "int64"), "6");
    EXPECT_EQ(value_of("d * 0.05", "decimal(18,6)"), "0.1275");
    EXPECT_EQ(value_of("i * r", "double"), "3");
    EXPECT_EQ(value_of("d", "double"), "2.55");
    EXPECT_EQ(value_of("length(s) + length('')", "int64"), "5");
    EXPECT_EQ(value_of("s", "string"), "h\xC3\xA9llo");
    EXPECT_EQ(value_of("i + null", "int64"), "null");
    EXPECT_EQ(value_of("i * d", "decimal(38,4)", "{\"i\":6}"), "null");
}

TEST(Expression, ResultsBeyondTheTypeRejectTheRow) {
    const std::string row = R"({"i":9223372036854775807,"d":"99999999999999.9999"})";
    EXPECT_EQ(value_of("i + 1", "int64", row), "range /x int64 a result too large for int64");
    EXPECT_EQ(value_of("i * d", "decimal(20,4)", row),
              "range /x decimal(20,4) a result too large for decimal(20,4)");
    EXPECT_EQ(value_of("i * i * i * i", "decimal(38,0)", row),
              "range /x decimal(38,0) a result too large for decimal(38,0)");
    EXPECT_EQ(value_of("i * d", "decimal(38,4)", row), "922337203685477579777662796314522.4193");
}

TEST(Expression, Comparisons) {
    EXPECT_EQ(condition("i = 6.0"), "true");
    EXPECT_EQ(condition("i <> 6"), "false");
    EXPECT_EQ(condition("i != 7"), "true");
    EXPECT_EQ(condition("d < 2.5501 and d > 2.5499 and d <= 2.55 and d >= 2.55"), "true");
    EXPECT_EQ(condition("r = 0.5"), "true");
    EXPECT_EQ(condition("d between 2.55 and 3"), "true");
    EXPECT_EQ(condition("d not between 2.55 and 3"), "false");
    EXPECT_EQ(condition("s in ('a', 'h\xC3\xA9llo')"), "true");
    EXPECT_EQ(condition("s not in ('a', 'b')"), "true");
    EXPECT_EQ(condition("s = 'it''s'"), "false");
    EXPECT_EQ(condition("s > 'a' AND NOT b = false"), "true");
    EXPECT_EQ(condition("at >= '2010-12-01' and at < '12/2/2010 0:00'"), "true");
    EXPECT_EQ(condition("'2010-12-01' = day"), "true");
    EXPECT_EQ(condition("\"day\" is not null and j is null"), "true");
    EXPECT_EQ(condition("b"), "true");
}

TEST(Expression, ThreeValuedLogic) {
    const std::string nulls = "{\"i\":1}";
    EXPECT_EQ(condition("d > 1", nulls), "null");
    EXPECT_EQ(condition("not d > 1", nulls), "null");
    EXPECT_EQ(condition("d > 1 and i = 2", nulls), "false");
    EXPECT_EQ(condition("d > 1 and i = 1", nulls), "null");
    EXPECT_EQ(condition("d > 1 or i = 1", nulls), "true");
    EXPECT_EQ(condition("d > 1 or i = 2", nulls), "null");
    EXPECT_EQ(condition("i in (2, null)", nulls), "null");
    EXPECT_EQ(condition("i in (1, null)", nulls), "true");
    EXPECT_EQ(condition("i not in (2, null)", nulls), "null");
    EXPECT_EQ(condition("i between 2 and null", nulls), "false");
    EXPECT_EQ(condition("null = null", nulls), "null");
    EXPECT_EQ(condition("d is null and not i is null", nulls), "true");
    EXPECT_EQ(condition("true or false and false", nulls), "true");
}

TEST(Expression, ErrorsNameThePosition) {
    EXPECT_EQ(condition("i >"), "position 4: found the end where a value was expected");
    EXPECT_EQ(condition("ii = 1"), "position 1: unknown column 'ii'; did you mean 'i'?");
    EXPECT_EQ(condition("length(dya) = 1"), "position 8: unknown column 'dya'; did you mean 'day'?");
    EXPECT_EQ(condition("x = 1"), "position 1: unknown column 'x'");
    EXPECT_EQ(condition("i = 'a'"), "position 3: cannot compare a number with a text");
    EXPECT_EQ(condition("at > 'soon'"), "position 4: 'soon' is not a timestamp");
    EXPECT_EQ(condition("i and b"), "position 3: and, or, not want conditions, not a number");
    EXPECT_EQ(condition("i / 2 = 1"), "position 3: '/' has no meaning in a rule");
    EXPECT_EQ(condition("upper(s) = 'A'"), "position 1: no function 'upper'; the only one is length");
    EXPECT_EQ(condition("length(i) = 1"), "position 1: length wants a text, not a number");
    EXPECT_EQ(condition("s + 1 = 2"), "position 3: cannot compute with a text");
    EXPECT_EQ(condition("i = 1 i"), "position 7: found 'i' where an operator or the end was expected");
    EXPECT_EQ(condition("(i = 1"), "position 7: found the end where ')' was expected");
    EXPECT_EQ(condition("s = 'a"), "position 5: ' without end");
    EXPECT_EQ(condition("i = 1e3"),
              "position 5: a number is digits with at most one point, without exponent");
    EXPECT_EQ(condition("i not 1"), "position 7: found '1' where 'between' or 'in' was expected");
    EXPECT_EQ(condition("j = 1"), "position 3: cannot compare json with a number");
    EXPECT_EQ(condition(""), "position 1: found the end where a value was expected");
    EXPECT_EQ(condition(std::string(100, '(') + "b" + std::string(100, ')')),
              "position 65: nested deeper than 64");
    EXPECT_EQ(condition(std::string(5000, ' ') + "b"), "longer than 4096 bytes");
    EXPECT_EQ(value_of("d * d", "decimal(38,4)"),
              "position 1: the expression has 8 decimals, decimal(38,4) holds 4");
    EXPECT_EQ(value_of("s", "int64"), "position 1: the expression is a text, the column int64");
}

/// Over more than one block, every row gets its own answer.
TEST(Expression, ManyRows) {
    const ContractPtr contract = contract_of(kColumns + R"toml([[derived]]
name = "x"
type = "int64"
sql = "i * 2 + 1"
[[rule]]
name = "odd_ones_out"
sql = "i not in (5, 2500)"
)toml");
    std::vector<std::string> rows;
    for (int i = 0; i < 3000; ++i)
        rows.push_back(i % 7 == 0 ? "{\"s\":\"x\"}" : "{\"i\":" + std::to_string(i) + "}");
    const RowBatchPtr batch = decode_lines(contract, rows);
    EXPECT_EQ(batch->rejected(), 2U);
    EXPECT_EQ(errors_of(*batch, 5), "rule /i odd_ones_out: i not in (5, 2500) 5");
    EXPECT_EQ(errors_of(*batch, 2500), "rule /i odd_ones_out: i not in (5, 2500) 2500");
    for (std::size_t row = 0; row < 3000; ++row) {
        const bool has = row % 7 != 0 && row != 5 && row != 2500;
        ASSERT_EQ(batch->column(8).valid(row), has) << row;
        if (has) {
            ASSERT_EQ(batch->column(8).ints[row], static_cast<std::int64_t>(row) * 2 + 1);
        }
    }
}

TEST(Expression, RulesCountOverflowAsBroken) {
    const ContractPtr contract = contract_of(kColumns + "[[rule]]\nname = \"q\"\nsql = \"i * i * i < 10\"\n");
    EXPECT_EQ(errors_of(*decode_lines(contract, {"{\"i\":2}"}), 0), "");
    EXPECT_EQ(errors_of(*decode_lines(contract, {"{\"i\":9223372036854775807}"}), 0),
              "rule /i q: i * i * i < 10 9223372036854775807");
}

}  // namespace
}  // namespace tillstream
