// header_binding.h - matches the header of a CSV body or sheet with the columns of a contract.
#pragma once

#include <span>
#include <string_view>

#include "contract/internal/field_map.h"
#include "contract/row_decoder.h"

namespace tillstream {

/// A doubled name that no column knows (blank headers of empty columns, for one) gets "_2", "_3", ... in the
/// binding, so that the stored object has each key once.
Result<HeaderBinding> make_header_binding(const Contract& contract, const FieldMap& names,
                                          std::span<const std::string_view> header);

}  // namespace tillstream
