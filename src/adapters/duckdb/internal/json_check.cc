#include "adapters/duckdb/internal/json_check.h"

#include "core/bytes.h"

namespace tillstream::duck {

bool JsonCheck::passes(std::string_view text) {
    // The scanner reads objects: the value becomes their only member.
    record_.assign("{\"v\":").append(text).append("}");
    const std::size_t size = record_.size();
    record_.append(Buffer::kPadding, ' ');
    const auto error =
        scanner_.scan_object(std::string_view(record_).substr(0, size), {json::kDepthMax}, fields_);
    return !error && fields_.size() == 1;
}

}  // namespace tillstream::duck
