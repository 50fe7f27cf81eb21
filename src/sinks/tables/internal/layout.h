// layout.h - which items the tables hold, and their keys (docs/formats/tables.md).
//
//   invoices   partition: the invoice's number as bytes
//              sort: 0                        head: totals over the whole invoice
//                    1, first line (8 bytes)  some lines that arrived together
//                    2, customer (8 bytes)    a second customer's share; the first one's is in the head
//   customers  partition: the customer's number
//              sort: 1, source (4 bytes)      what came by one source: totals are their sum
//                    2, time, invoice number  the customer's share of one invoice
// Numbers in sort keys are big-endian with the sign bit turned, so that bytes sort as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "core/time.h"
#include "ports/table_store.h"

namespace tillstream::tables {

inline constexpr std::string_view kInvoices = "invoices";
inline constexpr std::string_view kCustomers = "customers";
/// Each item has one attribute, bytes.
inline constexpr std::string_view kValue = "v";

inline constexpr std::string_view kHeadSort{"\0", 1};
inline constexpr std::string_view kLinesBegin{"\1", 1};
inline constexpr std::string_view kLinesEnd{"\2", 1};
inline constexpr std::string_view kSourcesBegin{"\1", 1};
inline constexpr std::string_view kSharesBegin{"\2", 1};
inline constexpr std::string_view kSharesEnd{"\3", 1};

/// What is in front of the invoice's number in the longest sort key.
inline constexpr std::size_t kShareKeyBytes = 9;

/// A sort key of fixed size, without an allocation.
class FixedSort {
public:
    std::string_view view() const { return {bytes_, size_}; }
    static FixedSort lines(std::uint64_t first_line);
    static FixedSort customer_share(std::int64_t customer);
    static FixedSort source(SourceId source);
    /// In front of the invoice's number, and the border of a range of times.
    static FixedSort share(Timestamp time);

private:
    char bytes_[kShareKeyBytes] = {};
    std::size_t size_ = 0;
};

/// False if the key is no such key.
bool read_lines_sort(const TableKeyPart& sort, std::uint64_t& first_line);
bool read_share_sort(const TableKeyPart& sort, Timestamp& time, std::string_view& invoice_no);

/// The bytes of an item's one attribute; corruption if it has none.
Result<std::string_view> value_of(const TableItem& item);
/// The same, read by one of values.h's functions.
template <class Value>
Result<Value> read_value(const TableItem& item, Result<Value> (*read)(std::string_view)) {
    return read(TILLSTREAM_TRY(value_of(item)));
}
/// Stored bytes are not what was written: `what`, and the way out.
Error damaged(std::string_view what);

}  // namespace tillstream::tables
