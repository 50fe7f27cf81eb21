// schema.h - the contract of a dataset: its columns, rules and keys, as declared in datasets/<name>.toml.
//
// Lifecycle:  immutable once loaded; shared by everything that decodes or stores its rows.
// Versions:   `version` is the first 16 hex digits of the SHA-256 of the file's bytes; old versions stay
//             readable for ever, because a record is decoded under the version it was judged by.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contract/expression.h"

namespace tillstream {

enum class ColumnType : std::uint8_t { string, int64, decimal, float64, boolean, date, timestamp, json };

/// "string", "int64", "decimal(18,4)", "double", "bool", "date", "timestamp", "json".
struct DataType {
    ColumnType type = ColumnType::string;
    int precision = 0;  ///< decimal only, 1..38
    int scale = 0;      ///< decimal only, 0..precision

    std::string name() const;
    friend bool operator==(const DataType&, const DataType&) = default;
};

struct Column {
    std::string name;
    DataType type;
    bool required = false;
    bool round = false;  ///< decimal: round half even to the scale instead of refusing digits beyond it
    std::vector<std::string> aliases;
    std::string description;
};

/// A column computed from others when a row is decoded, e.g. line_total = quantity * unit_price. Null if an
/// input is.
struct DerivedColumn {
    std::string name;
    DataType type;
    Expression expression;
    std::string description;
};

enum class RuleSeverity : std::uint8_t { warn, quarantine };

struct Rule {
    std::string name;
    std::string sql;
    RuleSeverity severity = RuleSeverity::quarantine;
    Expression expression;
};

enum class UnknownFields : std::uint8_t { keep, ignore, quarantine };

struct Contract {
    std::string name;     ///< dataset and stream
    std::string version;  ///< 16 hex digits
    std::string text;     ///< the TOML it was loaded from
    std::string description;
    std::vector<Column> columns;
    std::vector<DerivedColumn> derived;
    std::vector<Rule> rules;
    std::optional<std::size_t> partition_key;  ///< column; none: records are spread evenly
    std::optional<std::size_t> event_time;     ///< a timestamp column
    std::string zone = "UTC";                  ///< IANA zone of times that carry none
    UnknownFields unknown = UnknownFields::keep;
    bool event_id = true;               ///< honour event_id of records
    std::vector<std::string> key;       ///< keyed dataset: rows of the same key upsert
    std::vector<std::string> ordering;  ///< `version` in the file: columns whose newest values win
    std::string on_same_file_name;      ///< "replace" or "upsert"
    std::vector<std::string> measures;  ///< columns whose sums `verify` compares between stores

    /// Columns and derived columns together, as RowBatch numbers them.
    std::size_t width() const { return columns.size() + derived.size(); }
    const std::string& column_name(std::size_t i) const {
        return i < columns.size() ? columns[i].name : derived[i - columns.size()].name;
    }
    DataType column_type(std::size_t i) const {
        return i < columns.size() ? columns[i].type : derived[i - columns.size()].type;
    }
    /// By name, not alias.
    std::optional<std::size_t> find_column(std::string_view column) const;
    /// "sales@0123456789abcdef"
    std::string id() const { return name + "@" + version; }
};

using ContractPtr = std::shared_ptr<const Contract>;

}  // namespace tillstream
