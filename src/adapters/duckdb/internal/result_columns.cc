#include "adapters/duckdb/internal/result_columns.h"

#include <fmt/format.h>

#include <cmath>

namespace tillstream::duck {

namespace {

constexpr std::int64_t kFirstMicros = -62135596800000000;  ///< 0001-01-01
constexpr std::int64_t kLastMicros = 253402300799999999;   ///< 9999-12-31
constexpr std::int32_t kFirstDay = -719162;
constexpr std::int32_t kLastDay = 2932896;

/// Type names of scalars; empty for what has none of its own.
std::string_view scalar_name(duckdb_type type) {
    switch (type) {
        case DUCKDB_TYPE_BOOLEAN: return "boolean";
        case DUCKDB_TYPE_TINYINT:
        case DUCKDB_TYPE_SMALLINT:
        case DUCKDB_TYPE_UTINYINT:
        case DUCKDB_TYPE_USMALLINT:
        case DUCKDB_TYPE_INTEGER: return "integer";
        case DUCKDB_TYPE_UINTEGER:
        case DUCKDB_TYPE_BIGINT: return "bigint";
        case DUCKDB_TYPE_UBIGINT:
        case DUCKDB_TYPE_HUGEINT: return "hugeint";
        case DUCKDB_TYPE_FLOAT:
        case DUCKDB_TYPE_DOUBLE: return "double";
        case DUCKDB_TYPE_DATE: return "date";
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_S:
        case DUCKDB_TYPE_TIMESTAMP_MS:
        case DUCKDB_TYPE_TIMESTAMP_NS: return "timestamp";
        case DUCKDB_TYPE_TIMESTAMP_TZ: return "timestamptz";
        case DUCKDB_TYPE_VARCHAR:
        case DUCKDB_TYPE_ENUM:
        case DUCKDB_TYPE_UUID:
        case DUCKDB_TYPE_INTERVAL:
        case DUCKDB_TYPE_TIME:
        case DUCKDB_TYPE_TIME_TZ:
        case DUCKDB_TYPE_BLOB:
        case DUCKDB_TYPE_BIT:
        case DUCKDB_TYPE_UHUGEINT:
        case DUCKDB_TYPE_SQLNULL: return "text";
        default: return {};
    }
}

bool is_nested(duckdb_type type) {
    return type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_ARRAY || type == DUCKDB_TYPE_STRUCT ||
           type == DUCKDB_TYPE_MAP;
}

std::string_view view(const duckdb_string_t& text) { return reinterpret_cast<const StringRef&>(text).view(); }

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
        } else {
            out += c;
        }
    }
    out += '"';
}

struct JsonAppender {
    std::string& out;
    void operator()(std::monostate) const { out += "null"; }
    void operator()(bool v) const { out += v ? "true" : "false"; }
    void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
    void operator()(Int128 v) const { out += format_int128(v); }
    void operator()(double v) const {
        if (std::isfinite(v)) {
            fmt::format_to(std::back_inserter(out), "{}", v);
        } else {
            out += "null";
        }
    }
    void operator()(const DecimalCell& v) const { append_quoted(format_decimal(v.value, v.scale), out); }
    void operator()(DateCell v) const { append_quoted(format_date(v.days), out); }
    void operator()(Timestamp v) const { append_quoted(format_timestamp(v), out); }
    void operator()(JsonCell v) const { out += v.text; }
    void operator()(std::string_view v) const { append_quoted(v, out); }
};

}  // namespace

Result<ColumnReader> ColumnReader::of(duckdb_logical_type type, const std::string& name) {
    ColumnReader reader;
    reader.type_ = duckdb_get_type_id(type);
    if (reader.type_ == DUCKDB_TYPE_VARCHAR) {
        if (take_text(duckdb_logical_type_get_alias(type)) == "JSON")
            reader.json_ = std::make_unique<json::Checker>();
    } else if (reader.type_ == DUCKDB_TYPE_DECIMAL) {
        reader.precision_ = duckdb_decimal_width(type);
        reader.scale_ = duckdb_decimal_scale(type);
        reader.storage_ = duckdb_decimal_internal_type(type);
    } else if (reader.type_ == DUCKDB_TYPE_ENUM) {
        reader.storage_ = duckdb_enum_internal_type(type);
        for (std::uint32_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
            reader.names_.push_back(take_text(duckdb_enum_dictionary_value(type, i)));
        }
    } else if (!is_nested(reader.type_) && scalar_name(reader.type_).empty()) {
        return failure(Errc::unsupported,
                       fmt::format("column {} has a type that cannot be returned: cast it to text", name));
    }
    const auto add_child = [&](duckdb_logical_type raw) -> Status {
        const LogicalType child(raw);
        reader.children_.push_back(TILLSTREAM_TRY(of(child.get(), name)));
        return {};
    };
    switch (reader.type_) {
        case DUCKDB_TYPE_LIST: TILLSTREAM_CHECK(add_child(duckdb_list_type_child_type(type))); break;
        case DUCKDB_TYPE_ARRAY:
            reader.array_size_ = duckdb_array_type_array_size(type);
            TILLSTREAM_CHECK(add_child(duckdb_array_type_child_type(type)));
            break;
        case DUCKDB_TYPE_MAP:
            TILLSTREAM_CHECK(add_child(duckdb_map_type_key_type(type)));
            TILLSTREAM_CHECK(add_child(duckdb_map_type_value_type(type)));
            break;
        case DUCKDB_TYPE_STRUCT:
            for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
                reader.names_.push_back(take_text(duckdb_struct_type_child_name(type, i)));
                TILLSTREAM_CHECK(add_child(duckdb_struct_type_child_type(type, i)));
            }
            break;
        default: break;
    }
    return reader;
}

bool ColumnReader::nested() const { return is_nested(type_); }

std::string ColumnReader::type_name() const {
    if (json_ || nested()) return "json";
    if (type_ == DUCKDB_TYPE_DECIMAL) return fmt::format("decimal({},{})", precision_, scale_);
    return std::string(scalar_name(type_));
}

void ColumnReader::set(duckdb_vector vector) {
    data_ = duckdb_vector_get_data(vector);
    validity_ = duckdb_vector_get_validity(vector);
    switch (type_) {
        case DUCKDB_TYPE_LIST: children_[0].set(duckdb_list_vector_get_child(vector)); break;
        case DUCKDB_TYPE_ARRAY: children_[0].set(duckdb_array_vector_get_child(vector)); break;
        case DUCKDB_TYPE_MAP: {
            const duckdb_vector entries = duckdb_list_vector_get_child(vector);
            children_[0].set(duckdb_struct_vector_get_child(entries, 0));
            children_[1].set(duckdb_struct_vector_get_child(entries, 1));
            break;
        }
        case DUCKDB_TYPE_STRUCT:
            for (idx_t i = 0; i < children_.size(); ++i)
                children_[i].set(duckdb_struct_vector_get_child(vector, i));
            break;
        default: break;
    }
}

Cell ColumnReader::cell(std::size_t row, std::string& scratch) const {
    if (!valid(row)) return std::monostate{};
    if (!nested()) return scalar(row, scratch);
    scratch.clear();
    append_json(row, scratch);
    return JsonCell{scratch};
}

Cell ColumnReader::scalar(std::size_t row, std::string& scratch) const {
    switch (type_) {
        case DUCKDB_TYPE_BOOLEAN: return at<bool>(row);
        case DUCKDB_TYPE_TINYINT: return std::int64_t{at<std::int8_t>(row)};
        case DUCKDB_TYPE_SMALLINT: return std::int64_t{at<std::int16_t>(row)};
        case DUCKDB_TYPE_INTEGER: return std::int64_t{at<std::int32_t>(row)};
        case DUCKDB_TYPE_BIGINT: return at<std::int64_t>(row);
        case DUCKDB_TYPE_UTINYINT: return std::int64_t{at<std::uint8_t>(row)};
        case DUCKDB_TYPE_USMALLINT: return std::int64_t{at<std::uint16_t>(row)};
        case DUCKDB_TYPE_UINTEGER: return std::int64_t{at<std::uint32_t>(row)};
        case DUCKDB_TYPE_UBIGINT: return Int128{at<std::uint64_t>(row)};
        case DUCKDB_TYPE_HUGEINT: return at<Int128>(row);
        case DUCKDB_TYPE_FLOAT: return double{at<float>(row)};
        case DUCKDB_TYPE_DOUBLE: return at<double>(row);
        case DUCKDB_TYPE_DECIMAL: return DecimalCell{decimal(row), scale_};
        case DUCKDB_TYPE_VARCHAR: {
            const std::string_view text = view(static_cast<const duckdb_string_t*>(data_)[row]);
            if (json_) return json_text(text, scratch);
            return text;
        }
        case DUCKDB_TYPE_ENUM: return enum_text(row);
        case DUCKDB_TYPE_DATE: {
            const auto days = at<std::int32_t>(row);
            if (days < kFirstDay || days > kLastDay) return printed(row, scratch);
            return DateCell{days};
        }
        case DUCKDB_TYPE_TIMESTAMP:
        case DUCKDB_TYPE_TIMESTAMP_TZ:
        case DUCKDB_TYPE_TIMESTAMP_S:
        case DUCKDB_TYPE_TIMESTAMP_MS:
        case DUCKDB_TYPE_TIMESTAMP_NS: {
            const auto at_micros = micros(row);
            if (at_micros < kFirstMicros || at_micros > kLastMicros) return printed(row, scratch);
            return Timestamp{at_micros};
        }
        default: return printed(row, scratch);
    }
}

JsonCell ColumnReader::json_text(std::string_view text, std::string& scratch) const {
    if (json_->is_value(text)) return {text};
    scratch.clear();
    append_quoted(text, scratch);
    return {scratch};
}

Int128 ColumnReader::decimal(std::size_t row) const {
    switch (storage_) {
        case DUCKDB_TYPE_SMALLINT: return at<std::int16_t>(row);
        case DUCKDB_TYPE_INTEGER: return at<std::int32_t>(row);
        case DUCKDB_TYPE_BIGINT: return at<std::int64_t>(row);
        default: return at<Int128>(row);
    }
}

std::int64_t ColumnReader::micros(std::size_t row) const {
    const auto raw = at<std::int64_t>(row);
    std::int64_t scaled = raw;
    switch (type_) {
        case DUCKDB_TYPE_TIMESTAMP_S:
            if (__builtin_mul_overflow(raw, 1'000'000, &scaled)) return raw < 0 ? INT64_MIN : INT64_MAX;
            return scaled;
        case DUCKDB_TYPE_TIMESTAMP_MS:
            if (__builtin_mul_overflow(raw, 1'000, &scaled)) return raw < 0 ? INT64_MIN : INT64_MAX;
            return scaled;
        case DUCKDB_TYPE_TIMESTAMP_NS:
            if (raw == INT64_MAX || raw == -INT64_MAX) return raw;  // the engine's infinities
            return raw / 1000 - (raw % 1000 < 0 ? 1 : 0);
        default: return raw;
    }
}

std::string_view ColumnReader::enum_text(std::size_t row) const {
    switch (storage_) {
        case DUCKDB_TYPE_UTINYINT: return names_[at<std::uint8_t>(row)];
        case DUCKDB_TYPE_USMALLINT: return names_[at<std::uint16_t>(row)];
        default: return names_[at<std::uint32_t>(row)];
    }
}

duckdb_value ColumnReader::value(std::size_t row) const {
    switch (type_) {
        case DUCKDB_TYPE_UUID: {
            // Stored with the top bit turned so that signed order is text order.
            const auto raw = at<duckdb_hugeint>(row);
            return duckdb_create_uuid({raw.lower, static_cast<std::uint64_t>(raw.upper) ^ (1ull << 63)});
        }
        case DUCKDB_TYPE_INTERVAL: return duckdb_create_interval(at<duckdb_interval>(row));
        case DUCKDB_TYPE_TIME: return duckdb_create_time(at<duckdb_time>(row));
        case DUCKDB_TYPE_TIME_TZ: return duckdb_create_time_tz_value(at<duckdb_time_tz>(row));
        case DUCKDB_TYPE_UHUGEINT: return duckdb_create_uhugeint(at<duckdb_uhugeint>(row));
        case DUCKDB_TYPE_DATE: return duckdb_create_date(at<duckdb_date>(row));
        case DUCKDB_TYPE_TIMESTAMP: return duckdb_create_timestamp(at<duckdb_timestamp>(row));
        case DUCKDB_TYPE_TIMESTAMP_TZ: return duckdb_create_timestamp_tz(at<duckdb_timestamp>(row));
        case DUCKDB_TYPE_TIMESTAMP_S: return duckdb_create_timestamp_s(at<duckdb_timestamp_s>(row));
        case DUCKDB_TYPE_TIMESTAMP_MS: return duckdb_create_timestamp_ms(at<duckdb_timestamp_ms>(row));
        case DUCKDB_TYPE_TIMESTAMP_NS: return duckdb_create_timestamp_ns(at<duckdb_timestamp_ns>(row));
        case DUCKDB_TYPE_BLOB: {
            const std::string_view bytes = view(static_cast<const duckdb_string_t*>(data_)[row]);
            return duckdb_create_blob(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        }
        case DUCKDB_TYPE_BIT: {
            const std::string_view bits = view(static_cast<const duckdb_string_t*>(data_)[row]);
            std::string copy(bits);
            return duckdb_create_bit({reinterpret_cast<std::uint8_t*>(copy.data()), copy.size()});
        }
        default: return duckdb_create_null_value();
    }
}

Cell ColumnReader::printed(std::size_t row, std::string& scratch) const {
    const Value made(value(row));
    scratch = take_text(duckdb_get_varchar(made.get()));
    return std::string_view(scratch);
}

void ColumnReader::append_json(std::size_t row, std::string& out) const {
    if (!valid(row)) {
        out += "null";
        return;
    }
    switch (type_) {
        case DUCKDB_TYPE_LIST: {
            const auto entry = at<duckdb_list_entry>(row);
            return append_list(entry.offset, entry.length, out);
        }
        case DUCKDB_TYPE_ARRAY: return append_list(row * array_size_, array_size_, out);
        case DUCKDB_TYPE_STRUCT: return append_struct(row, out);
        case DUCKDB_TYPE_MAP: return append_map(row, out);
        default: {
            std::string scratch;
            std::visit(JsonAppender{out}, scalar(row, scratch));
        }
    }
}

void ColumnReader::append_list(std::size_t offset, std::size_t length, std::string& out) const {
    out += '[';
    for (std::size_t i = 0; i < length; ++i) {
        if (i != 0) out += ',';
        children_[0].append_json(offset + i, out);
    }
    out += ']';
}

void ColumnReader::append_struct(std::size_t row, std::string& out) const {
    out += '{';
    for (std::size_t i = 0; i < children_.size(); ++i) {
        if (i != 0) out += ',';
        append_quoted(names_[i], out);
        out += ':';
        children_[i].append_json(row, out);
    }
    out += '}';
}

void ColumnReader::append_map(std::size_t row, std::string& out) const {
    const auto entry = at<duckdb_list_entry>(row);
    out += '{';
    for (std::size_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (i != entry.offset) out += ',';
        std::string key;
        children_[0].append_json(i, key);
        // JSON knows text keys only: anything else becomes its JSON text.
        if (!key.empty() && key.front() == '"') {
            out += key;
        } else {
            append_quoted(key, out);
        }
        out += ':';
        children_[1].append_json(i, out);
    }
    out += '}';
}

}  // namespace tillstream::duck
