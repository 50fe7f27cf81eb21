#include "contract/row_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "contract/internal/header_binding.h"
#include "contract/internal/row_decoder_state.h"
#include "core/assert.h"

namespace tillstream {

using decode::Outcome;

namespace {

/// Longer ids would cost more to remember than the records they name.
constexpr std::size_t kMaxEventId = 255;
/// Keys of a record whose order is remembered.
constexpr std::size_t kMaxPredicted = 1024;
/// Bytes of one stored record, and fields of one record, for which memory is kept from batch to batch.
constexpr std::size_t kScratchKept = 1 << 20;
constexpr std::size_t kFieldsKept = 64 << 10;

FieldErrorCode code_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
        case Outcome::null:
        case Outcome::type: return FieldErrorCode::type;
        case Outcome::range: return FieldErrorCode::range;
        case Outcome::scale: return FieldErrorCode::scale;
        case Outcome::format: return FieldErrorCode::format;
        case Outcome::required: return FieldErrorCode::required;
    }
    return FieldErrorCode::type;
}

/// How deep brackets are nested in valid JSON.
int depth_of(std::string_view json) {
    int depth = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            deepest = std::max(deepest, ++depth);
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return deepest;
}

Zone zone_of(const Contract& contract) {
    auto zone = Zone::find(contract.zone);
    TILLSTREAM_ASSERT(zone.has_value());  // parse_contract has found it
    return std::move(*zone);
}

template <class T>
void resize_if(bool used, std::vector<T>& values, std::size_t rows) {
    if (used) values.resize(rows);
}

void resize_column(ColumnVector& column, std::size_t rows) {
    column.validity.resize((rows + 63) / 64);
    const ColumnType type = column.type.type;
    const bool narrow = type == ColumnType::decimal && !column.is_wide();
    resize_if(
        type == ColumnType::int64 || type == ColumnType::date || type == ColumnType::timestamp || narrow,
        column.ints, rows);
    resize_if(column.is_wide(), column.wide, rows);
    resize_if(type == ColumnType::float64, column.doubles, rows);
    resize_if(type == ColumnType::boolean, column.bools, rows);
    resize_if(type == ColumnType::string || type == ColumnType::json, column.strings, rows);
}

}  // namespace

RowDecoder::State::State(ContractPtr contract_in, DecodeLimits limits_in)
    : contract(std::move(contract_in)),
      limits(limits_in),
      names(*contract),
      values_(zone_of(*contract)),
      judge_(contract),
      layouts_(contract->columns.size()) {
    for (std::size_t i = 0; i < contract->columns.size(); ++i)
        if (contract->columns[i].required) required_.push_back(i);
}

void RowDecoder::State::start(std::shared_ptr<const Buffer> input, std::size_t expected_rows) {
    constexpr std::size_t kLeastRows = 16;
    values_.arena().take();
    values_.set_input(input ? input->view() : std::string_view());
    batch_ = std::make_shared<RowBatch>(contract);
    if (input) batch_->pinned_.push_back(std::move(input));
    layouts_.clear();
    capacity_ = 0;
    errors_kept_ = 0;
    stored_bytes = 0;
    grow(std::max(expected_rows, kLeastRows));
}

void RowDecoder::State::grow(std::size_t rows) {
    capacity_ = rows;
    for (ColumnVector& column : batch_->columns_) resize_column(column, rows);
    batch_->raw_.resize(rows);
    batch_->accepted_.resize((rows + 63) / 64);
    resize_if(batch_->has_event_ids(), batch_->event_ids_, rows);
    resize_if(!batch_->extra_.empty(), batch_->extra_, rows);
    layouts_.reserve(rows);
}

void RowDecoder::State::begin_row() {
    if (batch_->rows_ == capacity_) grow(capacity_ * 2);
    layouts_.begin_row();
    unknown_.clear();
    errors_.clear();
    has_event_id_ = false;
}

void RowDecoder::State::end_row(std::string_view stored) {
    const std::size_t row = batch_->rows_++;
    batch_->raw_[row] = stored;
    stored_bytes += stored.size() + 1;
    layouts_.end_row();
    if (errors_.empty()) {
        batch_->accepted_[row / 64] |= std::uint64_t{1} << (row % 64);
        return;
    }
    if (errors_kept_ >= RowDecoder::kErrorsMax) errors_.resize(1);
    errors_kept_ += errors_.size();
    batch_->rejections_.push_back({static_cast<std::uint32_t>(row), std::move(errors_)});
}

void RowDecoder::State::forget_value(ColumnVector& column, std::size_t row) {
    column.validity[row / 64] &= ~(std::uint64_t{1} << (row % 64));
}

void RowDecoder::State::forget_values(std::size_t row) {
    for (ColumnVector& column : batch_->columns_) forget_value(column, row);
    if (!batch_->extra_.empty()) batch_->extra_[row] = StringRef();
}

void RowDecoder::State::report(FieldErrorCode code, std::string pointer, std::string expected,
                               std::string_view found) {
    if (errors_.size() < Rejection::kMaxErrors)
        errors_.push_back({code, std::move(pointer), std::move(expected), found_text(found)});
}

void RowDecoder::State::report_value(FieldErrorCode code, const json::Field& field, std::string expected) {
    report(code, json_pointer(field.key), std::move(expected),
           field.kind == json::Kind::null ? "null" : field.text);
}

bool RowDecoder::State::within_limits(std::string_view raw, std::span<const json::Field> fields) {
    if (raw.size() > limits.record_bytes) {
        report(FieldErrorCode::size, "", fmt::format("at most {} bytes", limits.record_bytes),
               fmt::format("{} bytes", raw.size()));
        return false;
    }
    for (const json::Field& field : fields) {
        if (field.kind != json::Kind::object && field.kind != json::Kind::array) continue;
        const int depth = 1 + depth_of(field.text);
        if (depth <= limits.depth) continue;
        report(FieldErrorCode::depth, json_pointer(field.key), fmt::format("at most {} levels", limits.depth),
               fmt::format("{} levels", depth));
        return false;
    }
    return true;
}

void RowDecoder::State::add_object(std::string_view raw, std::span<const json::Field> fields) {
    begin_row();
    if (within_limits(raw, fields)) {
        for (std::size_t i = 0; i < fields.size(); ++i) take(i, fields[i]);
        require_missing();
        if (!unknown_.empty()) take_unknown();
    }
    if (has_line_break(raw)) [[unlikely]] {
        scratch_.clear();
        append_one_line(scratch_, raw);
        end_row(values_.arena().keep(scratch_));
    } else {
        end_row(values_.kept(raw));
    }
}

void RowDecoder::State::add_texts(const HeaderBinding& header, std::span<const std::string_view> values) {
    TILLSTREAM_ASSERT(values.size() == header.names.size());
    begin_row();
    scratch_.clear();
    append_text_row(scratch_, header, values);
    const std::string_view stored = values_.arena().keep(scratch_);
    for (std::size_t i = 0; i < values.size(); ++i)
        take(i, {.key = header.names[i], .text = values[i], .kind = json::Kind::string});
    require_missing();
    if (!unknown_.empty()) take_unknown();
    end_row(stored);
}

void RowDecoder::State::add_broken(std::string_view raw, FieldError error, std::string_view event_id) {
    begin_row();
    errors_.push_back(std::move(error));
    if (contract->event_id && event_id.size() <= kMaxEventId)
        take_event_id({.key = "event_id", .text = event_id, .kind = json::Kind::string});
    scratch_.clear();
    if (checker_.is_object(raw))
        append_one_line(scratch_, raw);
    else
        append_broken(scratch_, raw);
    end_row(values_.arena().keep(scratch_));
}

std::uint32_t RowDecoder::State::name_of(std::size_t position, std::string_view key) {
    if (position < predicted_.size()) [[likely]] {
        const std::uint32_t predicted = predicted_[position];
        if (predicted != FieldMap::kNone && names.text(predicted) == key) [[likely]]
            return predicted;
    }
    const std::uint32_t name = names.find(key);
    if (position >= kMaxPredicted) return name;
    if (position >= predicted_.size()) predicted_.resize(position + 1, FieldMap::kNone);
    predicted_[position] = name;
    return name;
}

void RowDecoder::State::take(std::size_t position, const json::Field& field) {
    const std::uint32_t name = name_of(position, field.key);
    if (name == FieldMap::kNone)
        unknown_.push_back(field);
    else if (const int target = names.target(name); target == HeaderBinding::kEventId)
        take_event_id(field);
    else
        take_value(static_cast<std::size_t>(target), name, field);
}

void RowDecoder::State::take_value(std::size_t column, std::uint32_t name, const json::Field& field) {
    const Column& declared = contract->columns[column];
    if (layouts_.has(column)) {
        report_value(FieldErrorCode::duplicate_field, field, fmt::format("'{}' once", declared.name));
        return;
    }
    layouts_.set(column, name);
    const Outcome outcome =
        values_.decode(declared, field.kind, field.text, batch_->rows_, batch_->columns_[column]);
    if (outcome == Outcome::ok || outcome == Outcome::null) [[likely]]
        return;
    report_value(code_of(outcome), field, declared.type.name());
    forget_value(batch_->columns_[column], batch_->rows_);
}

void RowDecoder::State::take_event_id(const json::Field& field) {
    if (has_event_id_) return report_value(FieldErrorCode::duplicate_field, field, "'event_id' once");
    has_event_id_ = true;
    std::string_view id = field.text;
    if (field.kind == json::Kind::number) id = decode::number_digits(id, scratch_);
    const bool null = field.kind == json::Kind::null || (field.kind == json::Kind::string && id.empty());
    if (null) return;
    if (field.kind != json::Kind::string &&
        (field.kind != json::Kind::number || !decode::is_integer_text(id)))
        return report_value(FieldErrorCode::type, field, "string or integer");
    if (id.size() > kMaxEventId)
        return report(FieldErrorCode::size, json_pointer(field.key),
                      fmt::format("at most {} bytes", kMaxEventId), fmt::format("{} bytes", id.size()));
    if (batch_->event_ids_.empty()) batch_->event_ids_.resize(capacity_);
    batch_->event_ids_[batch_->rows_] = values_.kept_ref(id);
}

void RowDecoder::State::require_missing() {
    for (const std::size_t column : required_) {
        if (layouts_.has(column)) [[likely]]
            continue;
        const Column& declared = contract->columns[column];
        report(FieldErrorCode::required, json_pointer(declared.name), declared.type.name(), "");
    }
}

void RowDecoder::State::take_unknown() {
    find_repeated_unknown();
    if (contract->unknown == UnknownFields::quarantine) {
        for (const json::Field& field : unknown_)
            report_value(FieldErrorCode::unknown_field, field, "a field of contract " + contract->name);
    }
    if (contract->unknown != UnknownFields::keep || !errors_.empty()) return;
    if (batch_->extra_.empty()) batch_->extra_.resize(capacity_);
    scratch_.clear();
    append_fields(scratch_, unknown_);
    batch_->extra_[batch_->rows_] = values_.kept_ref(scratch_);
}

void RowDecoder::State::find_repeated_unknown() {
    sorted_keys_.clear();
    for (const json::Field& field : unknown_) sorted_keys_.push_back(field.key);
    std::sort(sorted_keys_.begin(), sorted_keys_.end());
    for (auto at = sorted_keys_.begin(); at != sorted_keys_.end();) {
        const auto end =
            std::find_if(at, sorted_keys_.end(), [&](std::string_view key) { return key != *at; });
        if (end - at > 1)
            report(FieldErrorCode::duplicate_field, json_pointer(*at),
                   fmt::format("'{}' once", found_text(*at)), fmt::format("{} times", end - at));
        at = end;
    }
}

void RowDecoder::State::judge() {
    std::vector<Rejection> late;
    Judge::Bench bench;
    bench.columns = batch_->columns_;
    bench.rows = batch_->rows_;
    bench.accepted = batch_->accepted_;
    bench.key_of = [this](std::size_t row, std::size_t column) -> std::string_view {
        if (column >= contract->columns.size()) return contract->column_name(column);
        const std::uint32_t name = layouts_.name(row, column);
        return name == FieldMap::kNone ? std::string_view(contract->column_name(column)) : names.text(name);
    };
    bench.reject = [&](std::size_t row, FieldError error) {
        late.push_back({static_cast<std::uint32_t>(row), {std::move(error)}});
    };
    bench.warn = [this](std::size_t row, std::size_t rule) {
        batch_->warnings_.push_back({static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(rule)});
    };
    judge_.run(bench);
    if (!late.empty()) add_late_rejections(std::move(late));
    for (const Rejection& rejection : batch_->rejections_) forget_values(rejection.index);
}

/// One entry an error so far; all errors of a row become one rejection.
void RowDecoder::State::add_late_rejections(std::vector<Rejection> late) {
    const auto by_index = [](const Rejection& a, const Rejection& b) { return a.index < b.index; };
    std::stable_sort(late.begin(), late.end(), by_index);
    for (const Rejection& one : late)
        batch_->accepted_[one.index / 64] &= ~(std::uint64_t{1} << (one.index % 64));
    std::vector<Rejection>& early = batch_->rejections_;
    std::vector<Rejection> all;
    all.reserve(early.size() + late.size());
    const auto add = [&all](Rejection& one) {
        if (all.empty() || all.back().index != one.index)
            all.push_back(std::move(one));
        else if (all.back().errors.size() < Rejection::kMaxErrors)
            std::move(one.errors.begin(), one.errors.end(), std::back_inserter(all.back().errors));
    };
    auto next = early.begin();
    for (Rejection& one : late) {
        for (; next != early.end() && next->index <= one.index; ++next) add(*next);
        add(one);
    }
    for (; next != early.end(); ++next) add(*next);
    early = std::move(all);
    std::erase_if(batch_->warnings_,
                  [this](const RuleWarning& warning) { return !batch_->accepted(warning.row); });
}

RowBatchPtr RowDecoder::State::finish() {
    if (!batch_) start(nullptr, 0);
    judge();
    grow(batch_->rows_);
    batch_->arena_bytes_ = values_.arena().bytes();
    batch_->arena_ = values_.arena().take();
    capacity_ = 0;
    trim();
    return std::move(batch_);
}

void RowDecoder::State::drop() {
    batch_.reset();
    values_.arena().take();
    capacity_ = 0;
    stored_bytes = 0;
    trim();
}

/// What only odd records need is not kept for the next batch.
void RowDecoder::State::trim() {
    if (scratch_.capacity() > kScratchKept) std::string().swap(scratch_);
    if (unknown_.capacity() > kFieldsKept) std::vector<json::Field>().swap(unknown_);
    if (sorted_keys_.capacity() > kFieldsKept) std::vector<std::string_view>().swap(sorted_keys_);
}

std::size_t RowDecoder::State::kept_bytes() const {
    return scratch_.capacity() + unknown_.capacity() * sizeof(json::Field) +
           sorted_keys_.capacity() * sizeof(std::string_view) + checker_.kept_bytes() +
           values_.arena().bytes();
}

RowDecoder::RowDecoder(ContractPtr contract, DecodeLimits limits)
    : state_(std::make_unique<State>(std::move(contract), limits)) {}
RowDecoder::~RowDecoder() = default;
RowDecoder::RowDecoder(RowDecoder&&) noexcept = default;

const ContractPtr& RowDecoder::contract() const { return state_->contract; }
void RowDecoder::start(std::shared_ptr<const Buffer> input, std::size_t expected_rows) {
    state_->start(std::move(input), expected_rows);
}
void RowDecoder::add_object(std::string_view raw, std::span<const json::Field> fields) {
    state_->add_object(raw, fields);
}
void RowDecoder::add_texts(const HeaderBinding& header, std::span<const std::string_view> values) {
    state_->add_texts(header, values);
}
void RowDecoder::add_broken(std::string_view raw, FieldError error, std::string_view event_id) {
    state_->add_broken(raw, std::move(error), event_id);
}
std::size_t RowDecoder::stored_bytes() const { return state_->stored_bytes; }
void RowDecoder::drop() { state_->drop(); }
RowBatchPtr RowDecoder::finish() { return state_->finish(); }
std::size_t RowDecoder::kept_bytes() const { return state_->kept_bytes(); }
Result<HeaderBinding> RowDecoder::bind_header(std::span<const std::string_view> header) const {
    return make_header_binding(*state_->contract, state_->names, header);
}

}  // namespace tillstream
