#include "sinks/warehouse/figures.h"

#include <fmt/format.h>

#include <string>

namespace tillstream {

namespace {

constexpr QueryLimits kScanLimits{std::chrono::minutes(10)};

/// One row of numbers: a count, then sums; null is 0.
class FiguresVisitor final : public ResultVisitor {
public:
    void columns(std::span<const ResultColumn>) override {}
    bool row(std::span<const Cell> cells) override {
        for (const Cell& cell : cells) {
            Int128 number = 0;
            if (const auto* small = std::get_if<std::int64_t>(&cell)) number = *small;
            if (const auto* wide = std::get_if<Int128>(&cell)) number = *wide;
            if (const auto* decimal = std::get_if<DecimalCell>(&cell)) number = decimal->value;
            numbers.push_back(number);
        }
        return true;
    }
    std::vector<Int128> numbers;
};

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) {
        out += c;
        if (c == '"') out += c;
    }
    return out + '"';
}

/// "stream = $1 AND (shard = 0 AND "offset" >= 0 AND "offset" < 7 OR ...)"
std::string within(std::span<const ShardEnd> ends) {
    std::string shards = "false";
    for (const ShardEnd& end : ends) {
        shards += fmt::format(" OR (shard = {} AND \"offset\" >= {} AND \"offset\" < {})", end.shard.value,
                              end.first.value, end.end.value);
    }
    return fmt::format("stream = $1 AND ({})", shards);
}

Result<std::vector<Int128>> numbers_of(Warehouse& warehouse, const std::string& sql,
                                       std::string_view stream) {
    const Cell param = stream;
    FiguresVisitor visitor;
    const auto outcome = warehouse.query(sql, {&param, 1}, kScanLimits, visitor);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) return failure(Errc::not_found, wrong->message);
    if (const auto& status = std::get<Status>(outcome); !status) return failure(status.error());
    if (visitor.numbers.empty()) return failure(Errc::internal, "a count of rows has no result");
    return visitor.numbers;
}

}  // namespace

Result<StoreFigures> scan_facts(Warehouse& warehouse, const Contract& contract,
                                std::span<const ShardEnd> ends) {
    StoreFigures figures;
    std::string sums;
    for (const std::string& measure : contract.measures) {
        for (std::size_t i = 0; i < contract.width(); ++i) {
            if (contract.column_name(i) != measure) continue;
            figures.sums.push_back({measure, 0, contract.column_type(i).scale});
            sums += fmt::format(", sum({})", quoted(measure));
        }
    }
    const std::string sql =
        fmt::format("SELECT count(*){} FROM shop.{} WHERE {}", sums, quoted(contract.name), within(ends));
    const std::vector<Int128> numbers = TILLSTREAM_TRY(numbers_of(warehouse, sql, contract.name));
    figures.rows = static_cast<std::uint64_t>(numbers.front());
    for (std::size_t i = 0; i < figures.sums.size(); ++i) figures.sums[i].sum = numbers[i + 1];
    return figures;
}

Result<StoreFigures> scan_quarantine(Warehouse& warehouse, const Contract& contract,
                                     std::span<const ShardEnd> ends) {
    const std::string sql = fmt::format(
        "SELECT count(*) FROM ops.quarantine WHERE id = concat(stream, '-', shard, '-', \"offset\") AND {}",
        within(ends));
    const std::vector<Int128> numbers = TILLSTREAM_TRY(numbers_of(warehouse, sql, contract.name));
    return StoreFigures{static_cast<std::uint64_t>(numbers.front()), {}};
}

}  // namespace tillstream
