// answer_writer.h - a result as FACES' JSON, written while its rows come.
//
// Source: FACES "Conventions": decimals are strings, integers of any width numbers, times RFC 3339; a double
//         that is not finite is null.
#pragma once

#include <cstdint>
#include <string>

#include "json/writer.h"
#include "ports/warehouse.h"
#include "sql/query_service.h"

namespace tillstream {

class AnswerWriter final : public ResultVisitor {
public:
    AnswerWriter(std::uint64_t rows_max, std::size_t bytes_max)
        : rows_max_(rows_max), bytes_max_(bytes_max) {}

    void columns(std::span<const ResultColumn> columns) override;
    bool row(std::span<const Cell> cells) override;
    /// Once, after the last row.
    QueryAnswer finish();

private:
    const std::uint64_t rows_max_;
    const std::size_t bytes_max_;
    QueryAnswer answer_;
    json::Writer writer_{answer_.json};
};

}  // namespace tillstream
