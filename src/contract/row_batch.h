// row_batch.h - decoded rows of one contract, by column: what ingest makes and every sink reads.
//
// Lifecycle:  filled by one RowDecoder, then immutable and shared (std::shared_ptr<const RowBatch>).
// Memory:     strings point into `pinned` input buffers or into the batch's own arena; a batch keeps both
//             alive. A decode of n rows makes a number of allocations that does not grow with n rows' count
//             per block.
// Threads:    immutable batches may be read from any thread.
// Rows:       every record of the request has a row, in arrival order, rejected ones too (their columns are
//             null); `accepted(row)` tells them apart.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "contract/schema.h"
#include "contract/verdict.h"
#include "core/bytes.h"
#include "core/decimal.h"

namespace tillstream {

/// 16 bytes: length, then the text itself up to 12 bytes, else a 4-byte prefix and a pointer. The layout is
/// that of the German strings of column engines (DuckDB's string_t among them), so a column can be copied as
/// it is.
struct StringRef {
    std::uint32_t size = 0;
    char prefix[4] = {};
    union {
        char rest[8];
        const char* pointer;
    };
    static constexpr std::uint32_t kInline = 12;

    StringRef() : rest{} {}
    /// Borrows `text` if it is longer than kInline.
    explicit StringRef(std::string_view text) : size(static_cast<std::uint32_t>(text.size())), rest{} {
        if (size <= kInline) {
            char whole[kInline] = {};
            if (size != 0) std::memcpy(whole, text.data(), size);
            std::memcpy(prefix, whole, 4);
            std::memcpy(rest, whole + 4, 8);
        } else {
            std::memcpy(prefix, text.data(), 4);
            pointer = text.data();
        }
    }
    std::string_view view() const {
        if (size <= kInline) return {prefix, size};  // prefix and rest are adjacent
        return {pointer, size};
    }
};
static_assert(sizeof(StringRef) == 16);

/// Values of one column. Storage by type: int64, date, timestamp (UTC us), decimal with precision <= 18 in
/// `ints` (decimal scaled); decimal above 18 in `wide`; float64 in `doubles`; boolean in `bools`; string and
/// json in `strings`. The value of a null is undefined but initialised.
struct ColumnVector {
    DataType type;
    std::vector<std::uint64_t> validity;  ///< bit row % 64 of word row / 64; 1 = not null (Arrow's order)
    std::vector<std::int64_t> ints;
    std::vector<Int128> wide;
    std::vector<double> doubles;
    std::vector<std::uint8_t> bools;
    std::vector<StringRef> strings;

    bool valid(std::size_t row) const { return (validity[row / 64] >> (row % 64) & 1) != 0; }
    bool is_wide() const { return type.type == ColumnType::decimal && type.precision > 18; }
};

/// `rule` numbers Contract::rules.
struct RuleWarning {
    std::uint32_t row = 0;
    std::uint32_t rule = 0;
};

class RowBatch {
public:
    explicit RowBatch(ContractPtr contract);

    const Contract& contract() const { return *contract_; }
    const ContractPtr& contract_ptr() const { return contract_; }
    std::uint32_t rows() const { return rows_; }
    std::uint32_t rejected() const { return static_cast<std::uint32_t>(rejections_.size()); }

    /// Contract columns first, then derived ones (Contract::column_name).
    const ColumnVector& column(std::size_t i) const { return columns_[i]; }
    /// The record as it is stored: one line of JSON without its line end (FACES "Raw lake").
    std::string_view raw(std::size_t row) const { return raw_[row]; }
    /// Empty if the record carries none.
    std::string_view event_id(std::size_t row) const {
        return event_ids_.empty() ? std::string_view{} : event_ids_[row].view();
    }
    bool has_event_ids() const { return !event_ids_.empty(); }
    /// Unknown fields as a JSON object; empty if there are none.
    std::string_view extra(std::size_t row) const {
        return extra_.empty() ? std::string_view{} : extra_[row].view();
    }
    const std::vector<StringRef>& extras() const { return extra_; }

    bool accepted(std::size_t row) const { return (accepted_[row / 64] >> (row % 64) & 1) != 0; }
    /// Sorted by index.
    std::span<const Rejection> rejections() const { return rejections_; }
    /// Accepted rows that broke a rule of severity warn; sorted by rule, then row.
    std::span<const RuleWarning> warnings() const { return warnings_; }

    /// Bytes this batch keeps alive.
    std::size_t memory_bytes() const;

private:
    friend class RowDecoder;

    ContractPtr contract_;
    std::uint32_t rows_ = 0;
    std::vector<ColumnVector> columns_;
    std::vector<std::string_view> raw_;
    std::vector<StringRef> event_ids_;
    std::vector<StringRef> extra_;
    std::vector<std::uint64_t> accepted_;
    std::vector<Rejection> rejections_;
    std::vector<RuleWarning> warnings_;
    std::vector<std::shared_ptr<const Buffer>> pinned_;
    std::vector<std::unique_ptr<char[]>> arena_;
    std::size_t arena_bytes_ = 0;
};

using RowBatchPtr = std::shared_ptr<const RowBatch>;

/// Some rows of a batch, in order: what one shard got of a request.
struct RowSlice {
    RowBatchPtr batch;
    std::vector<std::uint32_t> rows;
};

}  // namespace tillstream
