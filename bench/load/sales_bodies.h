// sales_bodies.h - complete requests full of believable sales, made before the clock starts.
//
// What:       records of about 190 bytes with the columns of `sales`, 20 lines an invoice, a quarter of the
//             invoices without customer; all of them acceptable, so that every record sent must be counted.
// Distinct:   only the invoice numbers change when a request is sent again: stamp() writes fresh ones of
//             equal width, into the event ids too.
// Same seed:  same bytes.
// Threads:    one; each load thread has its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.h"
#include "core/result.h"

namespace tillstream::bench {

enum class BodyFormat : std::uint8_t { json, ndjson, csv };

/// "json", "ndjson" or "csv".
Result<BodyFormat> parse_body_format(std::string_view text);

/// What a server must have stored; line totals have kMoneyScale decimals.
struct SalesSums {
    std::uint64_t records = 0;
    std::int64_t quantity = 0;
    Int128 line_total = 0;

    void add(const SalesSums& other) {
        records += other.records;
        quantity += other.quantity;
        line_total += other.line_total;
    }
};

inline constexpr int kMoneyScale = 4;

/// One request, head and body; a GET has no records.
struct SalesRequest {
    std::string bytes;
    std::vector<std::uint32_t> invoice_at;   ///< where each record's invoice number stands
    std::vector<std::uint32_t> event_id_at;  ///< where it stands in the record's event id; empty: no ids
    SalesSums sums;
};

struct BodyOptions {
    std::string host;  ///< "127.0.0.1:8080"
    std::string path = "/v1/streams/sales/records";
    std::string token;  ///< empty: none
    BodyFormat format = BodyFormat::json;
    bool event_ids = false;     ///< each record has one of its own; not in CSV
    std::uint32_t records = 1;  ///< in one POST; a JSON body of one record is an object, not an array
    std::uint64_t seed = 1;
};

class SalesBodies {
public:
    static constexpr std::uint32_t kLinesPerInvoice = 20;
    static constexpr std::size_t kInvoiceDigits = 10;

    /// `first_invoice` to `first_invoice` plus all that are stamped must stay within kInvoiceDigits digits.
    SalesBodies(const BodyOptions& options, std::size_t count, std::uint64_t first_invoice);

    /// Requests that are sent as they are.
    explicit SalesBodies(std::vector<SalesRequest> requests)
        : requests_(std::move(requests)), next_invoice_(0) {}

    std::size_t size() const { return requests_.size(); }
    SalesRequest& at(std::size_t index) { return requests_[index]; }
    /// Gives the request invoices that no request had before.
    void stamp(SalesRequest& request);

private:
    std::vector<SalesRequest> requests_;
    std::uint64_t next_invoice_;
};

/// Bytes of one request, near enough to decide how many to make.
std::size_t estimated_request_bytes(const BodyOptions& options);

}  // namespace tillstream::bench
