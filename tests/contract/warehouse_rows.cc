#include "tests/contract/warehouse_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "contract/contract_file.h"
#include "contract/row_decoder.h"

namespace tillstream::testing {

namespace {

constexpr std::uint32_t kShards = 4;

constexpr const char* kContract = R"toml(name = "facts"
event_time = "at"
partition_key = "short_text"
unknown = "keep"
measures = ["number"]
[[column]]
name = "number"
type = "int64"
required = true
[[column]]
name = "short_text"
type = "string"
[[column]]
name = "long_text"
type = "string"
[[column]]
name = "money"
type = "decimal(18,4)"
[[column]]
name = "small_money"
type = "decimal(6,2)"
[[column]]
name = "huge_money"
type = "decimal(38,4)"
[[column]]
name = "ratio"
type = "double"
[[column]]
name = "flag"
type = "bool"
[[column]]
name = "day"
type = "date"
[[column]]
name = "at"
type = "timestamp"
)toml";

std::vector<std::string> row_texts(std::size_t i) {
    const auto maybe = [&](std::size_t every, std::string text) {
        return i % every == 3 ? std::string{} : std::move(text);
    };
    return {i % 10 == 9 ? "no number" : std::to_string(i),
            maybe(5, fmt::format("s{}", i)),
            maybe(7, fmt::format("a text that does not fit into twelve bytes, number {}", i)),
            maybe(6, fmt::format("{}.{:04}", i, i % 10000)),
            maybe(8, fmt::format("-{}.25", i % 1000)),
            maybe(9, fmt::format("1234567890123456789{}.5", i)),
            maybe(11, fmt::format("{}.5", i)),
            maybe(12, i % 2 == 0 ? "true" : "false"),
            maybe(13, fmt::format("2010-12-{:02}", i % 28 + 1)),
            maybe(14, fmt::format("2010-12-01T08:{:02}:{:02}Z", i / 60 % 60, i % 60)),
            maybe(3, fmt::format("event-{}-of-the-test", i)),
            i % 4 == 0 ? fmt::format("unknown \"{}\" to the contract", i) : std::string{}};
}

const std::vector<std::string_view> kHeader = {"number",      "short_text", "long_text", "money",
                                               "small_money", "huge_money", "ratio",     "flag",
                                               "day",         "at",         "event_id",  "surprise"};

RowBatchPtr decode(const ContractPtr& contract, std::size_t rows) {
    std::vector<std::vector<std::string>> texts;
    for (std::size_t i = 0; i < rows; ++i) texts.push_back(row_texts(i));
    RowDecoder decoder(contract);
    const auto header = decoder.bind_header(kHeader);
    EXPECT_TRUE(header) << header.error().message;
    decoder.start(std::make_shared<Buffer>(), rows);
    for (const auto& row : texts) {
        const std::vector<std::string_view> values(row.begin(), row.end());
        decoder.add_texts(*header, values);
    }
    return decoder.finish();
}

TableSchema table_of(const Contract& contract) {
    TableSchema table{"shop", contract.name, {}};
    for (std::size_t i = 0; i < contract.width(); ++i)
        table.columns.push_back({contract.column_name(i), contract.column_type(i), ""});
    const DataType text{ColumnType::string};
    const DataType number{ColumnType::int64};
    table.columns.push_back({"extra", {ColumnType::json}, ""});
    table.columns.push_back({"event_id", text, ""});
    table.columns.push_back({"stream", text, ""});
    table.columns.push_back({"shard", number, "", true});
    table.columns.push_back({"offset", number, ""});
    table.columns.push_back({"file_id", text, ""});
    table.columns.push_back({"row_number", number, ""});
    table.columns.push_back({"arrived_at", {ColumnType::timestamp}, ""});
    return table;
}

struct CellText {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return std::to_string(v); }
    std::string operator()(Int128 v) const { return format_int128(v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const DecimalCell& v) const { return format_decimal(v.value, v.scale); }
    std::string operator()(DateCell v) const { return format_date(v.days); }
    std::string operator()(Timestamp v) const { return format_timestamp(v); }
    std::string operator()(JsonCell v) const { return std::string(v.text); }
    std::string operator()(std::string_view v) const { return std::string(v); }
};

class TableVisitor final : public ResultVisitor {
public:
    TableVisitor(Table& table, std::size_t rows_max) : table_(table), rows_max_(rows_max) {}
    void columns(std::span<const ResultColumn> columns) override {
        for (const ResultColumn& column : columns) {
            table_.names.push_back(column.name);
            table_.types.push_back(column.type);
        }
    }
    bool row(std::span<const Cell> cells) override {
        auto& row = table_.rows.emplace_back();
        for (const Cell& cell : cells) row.push_back(cell_text(cell));
        return table_.rows.size() < rows_max_;
    }

private:
    Table& table_;
    std::size_t rows_max_;
};

/// What the table must show of decoded value (column, row).
std::string stored_text(const ColumnVector& column, std::size_t row) {
    if (!column.valid(row)) return "null";
    switch (column.type.type) {
        case ColumnType::string:
        case ColumnType::json: return std::string(column.strings[row].view());
        case ColumnType::int64: return std::to_string(column.ints[row]);
        case ColumnType::date: return format_date(static_cast<std::int32_t>(column.ints[row]));
        case ColumnType::timestamp: return format_timestamp({column.ints[row]});
        case ColumnType::float64: return fmt::format("{}", column.doubles[row]);
        case ColumnType::boolean: return column.bools[row] != 0 ? "true" : "false";
        case ColumnType::decimal:
            return format_decimal(column.is_wide() ? column.wide[row] : column.ints[row], column.type.scale);
    }
    return "?";
}

std::string or_null(std::string_view text) { return text.empty() ? "null" : std::string(text); }

}  // namespace

std::string cell_text(const Cell& cell) { return std::visit(CellText{}, cell); }

Table run(Warehouse& warehouse, std::string_view sql, std::span<const Cell> params,
          std::chrono::milliseconds timeout, std::size_t rows_max) {
    Table table;
    TableVisitor visitor(table, rows_max);
    const auto outcome = warehouse.query(sql, params, {timeout}, visitor);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) {
        table.code = "sql";
        table.error = wrong->message;
        table.line = wrong->line;
        table.column = wrong->column;
    } else if (const auto& status = std::get<Status>(outcome); !status) {
        table.code = to_string(status.error().code);
        table.error = status.error().message;
    }
    return table;
}

std::int64_t count_of(Warehouse& warehouse, std::string_view sql) {
    const Table table = run(warehouse, sql);
    if (table.rows.size() == 1 && table.rows[0].size() == 1) return std::stoll(table.rows[0][0]);
    ADD_FAILURE() << sql << ": " << table.error;
    return -1;
}

FactRows::FactRows(std::size_t rows) {
    auto contract = parse_contract(kContract, "facts.toml");
    EXPECT_TRUE(contract) << contract.error().message;
    contract_ = *contract;
    table_ = table_of(*contract_);
    batch_ = decode(contract_, rows);
    slices_.resize(kShards);
    for (std::uint32_t row = 0; row < batch_->rows(); ++row) {
        // Runs of rows as a keyless producer's, then scattered ones as a keyed producer's.
        const std::uint32_t shard =
            row < rows / 2 ? static_cast<std::uint32_t>(row * 2 * kShards / rows) : row % kShards;
        if (!batch_->accepted(row)) continue;
        slices_[shard].rows.push_back(row);
        slices_[shard].offsets.push_back(row + 1000);
        ++accepted_;
    }
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
        slices_[shard].batch = batch_;
        slices_[shard].stream = "facts";
        slices_[shard].shard = shard;
        slices_[shard].arrived = Timestamp{1291192000000000 + shard};
    }
}

WarehouseCommit FactRows::commit(std::string_view consumer, std::uint64_t from, std::uint64_t to) const {
    WarehouseCommit commit;
    commit.consumer = consumer;
    commit.facts.push_back({&table_, slices_});
    for (std::uint32_t shard = 0; shard < kShards; ++shard) {
        commit.expected.push_back({SourceId{shard + 1}, Offset{from}});
        commit.positions.push_back({SourceId{shard + 1}, Offset{to}, "", Epoch{1}});
    }
    return commit;
}

void FactRows::expect_in(Warehouse& warehouse) const {
    const Table table = run(warehouse, "SELECT * FROM shop.facts ORDER BY number");
    ASSERT_EQ(table.error, "");
    ASSERT_EQ(table.rows.size(), accepted_);
    std::size_t i = 0;
    for (std::uint32_t row = 0; row < batch_->rows(); ++row) {
        if (!batch_->accepted(row)) continue;
        const auto& stored = table.rows[i++];
        const std::size_t width = contract_->width();
        for (std::size_t c = 0; c < width; ++c)
            ASSERT_EQ(stored[c], stored_text(batch_->column(c), row)) << row << ' ' << c;
        EXPECT_EQ(stored[width], or_null(batch_->extra(row)));
        EXPECT_EQ(stored[width + 1], or_null(batch_->event_id(row)));
        EXPECT_EQ(stored[width + 2], "facts");
        EXPECT_EQ(stored[width + 4], std::to_string(row + 1000));
        EXPECT_EQ(stored[width + 5], "null");
        EXPECT_EQ(stored[width + 6], "null");
        const Timestamp arrived{1291192000000000 + std::stoll(stored[width + 3])};
        EXPECT_EQ(stored[width + 7], format_timestamp(arrived));
    }
}

}  // namespace tillstream::testing
