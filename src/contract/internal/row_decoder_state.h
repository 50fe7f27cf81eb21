// row_decoder_state.h - the batch being built by a RowDecoder, and what it reuses from batch to batch.
#pragma once

#include "contract/internal/field_map.h"
#include "contract/internal/judge.h"
#include "contract/internal/key_layout.h"
#include "contract/internal/stored_form.h"
#include "contract/internal/value_decoder.h"
#include "contract/row_decoder.h"
#include "json/checker.h"

namespace tillstream {

struct RowDecoder::State {
    State(ContractPtr contract_in, DecodeLimits limits_in);

    void start(std::shared_ptr<const Buffer> input, std::size_t expected_rows);
    void add_object(std::string_view raw, std::span<const json::Field> fields);
    void add_texts(const HeaderBinding& header, std::span<const std::string_view> values);
    void add_broken(std::string_view raw, FieldError error, std::string_view event_id);
    RowBatchPtr finish();
    void drop();
    std::size_t kept_bytes() const;

    ContractPtr contract;
    DecodeLimits limits;
    FieldMap names;
    std::size_t stored_bytes = 0;  ///< of the batch

private:
    void trim();
    void grow(std::size_t rows);
    void begin_row();
    void end_row(std::string_view stored);
    void take(std::size_t position, const json::Field& field);
    std::uint32_t name_of(std::size_t position, std::string_view key);
    void take_value(std::size_t column, std::uint32_t name, const json::Field& field);
    void take_event_id(const json::Field& field);
    void take_unknown();
    void require_missing();
    void find_repeated_unknown();
    bool within_limits(std::string_view raw, std::span<const json::Field> fields);
    void report(FieldErrorCode code, std::string pointer, std::string expected, std::string_view found);
    void report_value(FieldErrorCode code, const json::Field& field, std::string expected);
    static void forget_value(ColumnVector& column, std::size_t row);
    void forget_values(std::size_t row);
    void judge();
    void add_late_rejections(std::vector<Rejection> late);

    ValueDecoder values_;
    Judge judge_;
    KeyLayouts layouts_;
    json::Checker checker_;
    std::vector<std::size_t> required_;
    std::vector<std::uint32_t> predicted_;  ///< names of the previous record, by position
    std::vector<json::Field> unknown_;      ///< of the current record
    std::vector<FieldError> errors_;        ///< of the current record
    std::vector<std::string_view> sorted_keys_;
    std::string scratch_;
    std::shared_ptr<RowBatch> batch_;
    std::size_t capacity_ = 0;
    std::size_t errors_kept_ = 0;
    bool has_event_id_ = false;
};

}  // namespace tillstream
