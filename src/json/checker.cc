#include "json/checker.h"

namespace tillstream::json {

namespace {

constexpr std::size_t kKept = 1 << 20;

}  // namespace

bool Checker::is_object(std::string_view text) {
    if (text.empty()) return false;
    padded_.clear();
    padded_.append(text);
    const bool object = scan(0);
    trim();
    return object;
}

bool Checker::is_value(std::string_view text) {
    // The scanner reads objects: the value becomes their only member.
    padded_.clear();
    padded_.append("{\"v\":");
    padded_.append(text);
    padded_.append("}");
    const bool value = scan(std::string_view::npos) && fields_.size() == 1;
    trim();
    return value;
}

bool Checker::scan(std::size_t fields_within) {
    return !scanner_.scan_object(padded_.view(), {kDepthMax, fields_within}, fields_);
}

void Checker::trim() {
    if (kept_bytes() <= kKept) return;
    Buffer().swap(padded_);
    std::vector<Field>().swap(fields_);
    scanner_ = Scanner();
}

}  // namespace tillstream::json
