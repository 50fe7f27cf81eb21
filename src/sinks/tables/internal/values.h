// values.h - the values of the tables' items as bytes: lines, heads, shares, customers' totals.
//
// Form:    docs/formats/tables.md: a version, the fields, a CRC32C of all before it.
// Reading: views of the bytes read. Anything else than what was written is corruption, never a read beyond
//          the end. A version of later programs is `unsupported`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/bytes.h"
#include "core/decimal.h"
#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "sinks/tables/internal/sums.h"

namespace tillstream::tables {

using OptionalText = std::optional<std::string_view>;

/// Lines of one invoice that one customer bought.
struct Share {
    Sums sums;
    Timestamp time;        ///< of the earliest line
    OptionalText country;  ///< of the first line
    friend bool operator==(const Share&, const Share&) = default;
};

struct Head {
    Share whole;                           ///< all lines of the invoice
    std::optional<std::int64_t> customer;  ///< of the first line that has one
    Share customers;                       ///< that customer's lines, if there is one
    std::string_view first_lines = {};     ///< the chunk of lines from 1 on, if it is kept here
    friend bool operator==(const Head&, const Head&) = default;
};

/// A customer's lines of one source.
struct CustomerPart {
    std::uint64_t invoices = 0;  ///< shares that began with a line of this source
    Sums sums;
    Timestamp first;
    Timestamp last;
    std::string_view newest_invoice;  ///< the newest line is the last by (time, invoice, line)
    std::uint64_t newest_line = 0;
    OptionalText country;  ///< of the newest line
    friend bool operator==(const CustomerPart&, const CustomerPart&) = default;
};

struct StoredLine {
    Offset offset;
    Timestamp time;
    std::string_view stock_code;
    OptionalText description;
    std::int64_t quantity = 0;
    Int128 unit_price = 0;
    Int128 line_total = 0;
    std::optional<std::int64_t> customer;
    OptionalText country;
    friend bool operator==(const StoredLine&, const StoredLine&) = default;
};

/// What lines of one chunk have in common.
struct ChunkHead {
    SourceId source;
    int price_scale = 0;
    int total_scale = 0;
    friend bool operator==(const ChunkHead&, const ChunkHead&) = default;
};

/// All append to `out`.
void append_share(Buffer& out, const Share& share);
void append_head(Buffer& out, const Head& head);
void append_customer_part(Buffer& out, const CustomerPart& part);

Result<Share> read_share(std::string_view bytes);
Result<Head> read_head(std::string_view bytes);
Result<CustomerPart> read_customer_part(std::string_view bytes);

/// Appends one chunk: begin, add lines in order of arrival, finish.
class ChunkWriter {
public:
    void begin(Buffer& out, const ChunkHead& head);
    void add(const StoredLine& line);
    void finish();
    /// Bytes so far.
    std::size_t size() const { return out_->size() - start_; }

private:
    Buffer* out_ = nullptr;
    std::size_t start_ = 0;
    bool same_scale_ = false;
    StoredLine last_;
};

/// Gives a chunk's lines back, one after the other.
class ChunkReader {
public:
    /// Checks the whole chunk's CRC.
    static Result<ChunkReader> open(std::string_view bytes);

    const ChunkHead& head() const { return head_; }
    bool at_end() const { return at_ == end_; }
    Result<StoredLine> next();

private:
    ChunkHead head_;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    StoredLine last_;
};

}  // namespace tillstream::tables
