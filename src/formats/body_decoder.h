// body_decoder.h - from the bytes of a request to a batch of typed rows: splits records and feeds a
//     RowDecoder.
//
// Source:   FACES "Ingest". A request that does not split into records stores nothing and is the caller's
//           error; a record that does not split into fields is a row of the batch, rejected.
// Place:    doors (bodies) and replay (sealed NDJSON). Below it nothing knows HTTP.
// Errors:   a BodyError: the door answers 400. Bodies too large are refused before they get here.
// Threads:  one at a time; one decoder a thread, reused.
#pragma once

#include <memory>
#include <optional>

#include "contract/row_decoder.h"
#include "core/bytes.h"
#include "core/result.h"
#include "formats/csv.h"
#include "formats/json_reader.h"
#include "formats/ndjson.h"

namespace tillstream {

enum class BodyFormat : std::uint8_t { json, ndjson, csv };

using BodyResult = tl::expected<RowBatchPtr, BodyError>;

class BodyDecoder {
public:
    explicit BodyDecoder(DecodeLimits limits = {});

    /// `body` is UTF-8 up to broken lines, and is pinned by the batch. Rows keep the order of the records.
    /// More records than DecodeLimits::records, or more than stored_bytes of them, are an error of code size,
    /// found before the rest is decoded. An empty body is an error, `[]` and a header without rows are empty
    /// batches.
    BodyResult decode(BodyFormat format, std::shared_ptr<const Buffer> body, RowDecoder& rows);

    /// Memory held for the next body; what odd ones need is given back when they are done.
    std::size_t kept_bytes() const;

private:
    BodyResult decode_text(BodyFormat format, std::shared_ptr<const Buffer> body, RowDecoder& rows);
    BodyResult decode_json(std::shared_ptr<const Buffer> body, RowDecoder& rows);
    BodyResult decode_ndjson(std::shared_ptr<const Buffer> body, RowDecoder& rows);
    BodyResult decode_csv(std::shared_ptr<const Buffer> body, RowDecoder& rows);

    /// Of the rows so far, `count` of them.
    std::optional<BodyError> too_much(std::size_t count, const RowDecoder& rows) const;

    std::size_t records_max_;
    std::size_t stored_bytes_max_;
    JsonReader json_;
    NdjsonReader ndjson_;
    CsvReader csv_;
};

}  // namespace tillstream
