#include "formats/json_reader.h"

#include <fmt/format.h>

#include "codec/charset.h"
#include "formats/internal/broken.h"
#include "formats/internal/kept.h"

namespace tillstream {

void JsonReader::open(std::string_view text) {
    const auto bom = find_bom(text);
    bom_ = bom && bom->charset == Charset::utf8 ? bom->size : 0;
    text_ = text.substr(bom_);
    static_cast<void>(scanner_.open(text_));  // error() tells
}

/// What is shown of a broken record is its own, never a neighbour's.
std::string_view JsonReader::up_to_end_of(std::string_view element) const {
    return text_.substr(0, static_cast<std::size_t>(element.data() + element.size() - text_.data()));
}

bool JsonReader::next(JsonRecord& record) {
    json::Element element;
    if (!scanner_.next({limits_.depth, limits_.record_bytes}, element, fields_)) return false;
    record.raw = element.raw;
    record.fields = fields_;
    record.broken.reset();
    if (element.raw.size() > limits_.record_bytes)
        record.broken = internal::too_large(element.raw, limits_.record_bytes);
    else if (element.error)
        record.broken = internal::broken(*element.error, up_to_end_of(element.raw), limits_.depth);
    if (record.broken) record.fields = {};
    return true;
}

std::optional<BodyError> JsonReader::error() const {
    const auto& fault = scanner_.error();
    if (!fault) return std::nullopt;
    const BrokenRecord broken = internal::broken(*fault, text_, json::kDepthMax);
    return BodyError{
        broken.code,
        fmt::format("malformed JSON at byte {}: expected {}, found {}", fault->offset + bom_, broken.expected,
                    broken.found.empty() ? "the end" : '"' + broken.found + '"'),
        fault->offset + bom_};
}

void JsonReader::trim() { internal::give_back_excess(fields_); }

std::size_t JsonReader::kept_bytes() const { return internal::bytes_of(fields_); }

}  // namespace tillstream
