// sale_figures.h - rows counted and summed as cheaply as a typed reading of each record allows.
//
// What:     every record is scanned to its last byte, its number columns become fixed point, its other
//           columns are found by name. No contract, no verdict, no columns kept: the least a correct ingest
//           must do.
// Threads:  one SaleReader a thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/decimal.h"
#include "core/result.h"
#include "json/scanner.h"

namespace tillstream::bench {

inline constexpr int kPriceScale = 4;

struct SaleFigures {
    std::uint64_t rows = 0;
    std::int64_t quantity = 0;
    Int128 line_total = 0;  ///< kPriceScale decimals

    void add(const SaleFigures& other);
};

/// {"rows":…,"quantity":…,"line_total":"…"}
std::string format_figures(const SaleFigures& figures);

class SaleReader {
public:
    /// A JSON object or array. `body` must be followed by Buffer::kPadding readable bytes.
    Result<SaleFigures> read_document(std::string_view body);
    /// One object a line.
    Result<SaleFigures> read_lines(std::string_view body);

private:
    Status add_record(SaleFigures& figures);

    json::DocumentScanner documents_;
    json::Scanner lines_;
    std::vector<json::Field> fields_;
};

}  // namespace tillstream::bench
