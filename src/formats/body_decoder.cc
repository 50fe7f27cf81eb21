#include "formats/body_decoder.h"

#include <algorithm>
#include <utility>

#include "formats/internal/leading_id.h"

namespace tillstream {
namespace {

/// Only a hint for the first block of a batch: a retail record as JSON is about this long.
constexpr std::size_t kTypicalRecord = 160;

/// A hint from a hostile body must not cost memory by itself.
constexpr std::size_t kExpectedMax = 1 << 16;

std::size_t expected_lines(std::string_view text) {
    const auto ends = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return std::min(ends + 1, kExpectedMax);
}

std::size_t expected_records(std::string_view text) {
    return std::min(text.size() / kTypicalRecord + 1, kExpectedMax);
}

BodyError too_many(std::size_t records) {
    return {FieldErrorCode::size,
            "the body holds more than " + std::to_string(records) + " records; send fewer at a time", 0};
}

BodyError too_large(std::size_t bytes, std::size_t most) {
    return {FieldErrorCode::size,
            "the records take at least " + std::to_string(bytes) + " bytes as stored, more than the " +
                std::to_string(most) + " one request may; send fewer at a time",
            0};
}

void add(RowDecoder& rows, const JsonRecord& record) {
    if (record.broken)
        rows.add_broken(record.raw, field_error(*record.broken), internal::leading_event_id(record.raw));
    else
        rows.add_object(record.raw, record.fields);
}

}  // namespace

BodyDecoder::BodyDecoder(DecodeLimits limits)
    : records_max_(limits.records),
      stored_bytes_max_(limits.stored_bytes),
      json_(limits),
      ndjson_(limits),
      csv_(limits.record_bytes) {}

std::size_t BodyDecoder::kept_bytes() const {
    return json_.kept_bytes() + ndjson_.kept_bytes() + csv_.kept_bytes();
}

std::optional<BodyError> BodyDecoder::too_much(std::size_t count, const RowDecoder& rows) const {
    if (count > records_max_) return too_many(records_max_);
    if (rows.stored_bytes() > stored_bytes_max_) return too_large(rows.stored_bytes(), stored_bytes_max_);
    return std::nullopt;
}

BodyResult BodyDecoder::decode(BodyFormat format, std::shared_ptr<const Buffer> body, RowDecoder& rows) {
    if (body->empty()) return tl::unexpected(BodyError{FieldErrorCode::syntax, "the body is empty", 0});
    BodyResult batch = decode_text(format, std::move(body), rows);
    if (!batch) rows.drop();
    json_.trim();
    ndjson_.trim();
    csv_.trim();
    return batch;
}

BodyResult BodyDecoder::decode_text(BodyFormat format, std::shared_ptr<const Buffer> body, RowDecoder& rows) {
    switch (format) {
        case BodyFormat::json: return decode_json(std::move(body), rows);
        case BodyFormat::ndjson: return decode_ndjson(std::move(body), rows);
        case BodyFormat::csv: return decode_csv(std::move(body), rows);
    }
    return {};
}

BodyResult BodyDecoder::decode_json(std::shared_ptr<const Buffer> body, RowDecoder& rows) {
    const std::string_view text = body->view();
    rows.start(std::move(body), expected_records(text));
    json_.open(text);
    JsonRecord record;
    std::size_t count = 0;
    while (json_.next(record)) {
        add(rows, record);
        if (auto error = too_much(++count, rows)) [[unlikely]]
            return tl::unexpected(std::move(*error));
    }
    RowBatchPtr batch = rows.finish();
    if (auto error = json_.error()) return tl::unexpected(std::move(*error));
    return batch;
}

BodyResult BodyDecoder::decode_ndjson(std::shared_ptr<const Buffer> body, RowDecoder& rows) {
    const std::string_view text = body->view();
    rows.start(std::move(body), expected_lines(text));
    ndjson_.open(text);
    JsonRecord record;
    std::size_t count = 0;
    while (ndjson_.next(record)) {
        add(rows, record);
        if (auto error = too_much(++count, rows)) [[unlikely]]
            return tl::unexpected(std::move(*error));
    }
    return rows.finish();
}

BodyResult BodyDecoder::decode_csv(std::shared_ptr<const Buffer> body, RowDecoder& rows) {
    const std::string_view text = body->view();
    csv_.open(text);
    std::vector<std::string_view> names;
    if (auto error = csv_.read_header(names)) return tl::unexpected(std::move(*error));
    auto header = rows.bind_header(names);
    if (!header)
        return tl::unexpected(BodyError{FieldErrorCode::syntax, std::move(header.error().message), 0});
    rows.start(std::move(body), expected_lines(text));
    const bool id_leads = header->target.front() == HeaderBinding::kEventId;
    CsvRow row;
    std::size_t count = 0;
    while (csv_.next(row)) {
        if (row.broken)
            rows.add_broken(row.raw, field_error(*row.broken),
                            id_leads ? internal::leading_cell(row.raw) : std::string_view());
        else
            rows.add_texts(*header, row.values);
        if (auto error = too_much(++count, rows)) [[unlikely]]
            return tl::unexpected(std::move(*error));
    }
    return rows.finish();
}

}  // namespace tillstream
