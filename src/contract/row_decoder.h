// row_decoder.h - turns the fields of records into typed rows and verdicts under a contract.
//
// Source:     FACES "Decode": tolerant in what real producers send, strict in what is stored; all errors of a
//             record.
// Lifecycle:  one decoder a thread and contract, reused: start -> add_* -> finish, again and again.
// Cost:       no allocation per row: the key order of the previous record predicts the next (one comparison a
//             key), a hash look-up serves a miss; unescaped text goes to the batch's arena.
// Bounds:     of a batch's first kErrorsMax errors all are kept, after that the first error of each record.
// Threads:    one at a time.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/row_batch.h"
#include "core/result.h"
#include "json/field.h"

namespace tillstream {

/// Which column each field of a CSV header feeds. Made once per body or file.
struct HeaderBinding {
    static constexpr int kUnknown = -1;
    static constexpr int kEventId = -2;

    std::vector<std::string> names;  ///< as received
    std::vector<int> target;         ///< column, kUnknown or kEventId
    std::string json_keys;           ///< the names as escaped JSON keys, for the stored form
    std::vector<std::uint32_t> json_key_ends;
};

struct DecodeLimits {
    std::size_t record_bytes = 1 << 20;
    int depth = 32;
    std::size_t records = 500'000;  ///< of one body; more is refused as a whole (formats/body_decoder.h)
    /// Of one body's records as they are stored, each with a line end; more is refused as a whole.
    std::size_t stored_bytes = std::numeric_limits<std::size_t>::max();
};

class RowDecoder {
public:
    static constexpr std::size_t kErrorsMax = 50'000;

    explicit RowDecoder(ContractPtr contract, DecodeLimits limits = {});
    ~RowDecoder();
    RowDecoder(RowDecoder&&) noexcept;

    const ContractPtr& contract() const;

    /// Begins a batch. Views handed to add_* must point into `input` or live until finish; `input` is pinned.
    void start(std::shared_ptr<const Buffer> input, std::size_t expected_rows);

    /// A JSON object. `raw` is its text in the input; line breaks in it become blanks in the stored form.
    void add_object(std::string_view raw, std::span<const json::Field> fields);

    /// invalid_argument if no column is known or one is named twice.
    Result<HeaderBinding> bind_header(std::span<const std::string_view> names) const;
    /// A CSV row: as many values as the header has names (the reader quarantines others by add_broken). Empty
    /// is null. The stored form is an object of the header's names and texts.
    void add_texts(const HeaderBinding& header, std::span<const std::string_view> values);

    /// A record that could not be split into fields. Stored as {"_raw":text}, or {"_raw_base64":...} if `raw`
    /// is not UTF-8; a `raw` that is a valid JSON object is stored as it is. `event_id`: what could still be
    /// read of it, empty if nothing; one that is too long is none.
    void add_broken(std::string_view raw, FieldError error, std::string_view event_id = {});

    /// What the batch begun takes as stored, each record with a line end. A few bytes of input may become
    /// many (names of a header stand in each row), so who adds looks at it: memory grows with it.
    std::size_t stored_bytes() const;

    /// Gives up the batch begun, and its memory.
    void drop();

    /// Evaluates derived columns and rules over the whole batch, and hands it over.
    RowBatchPtr finish();

    /// Memory held for the next batch that grows with the size of records.
    std::size_t kept_bytes() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tillstream
