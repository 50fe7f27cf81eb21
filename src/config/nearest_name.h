// nearest_name.h - "did you mean": the valid name closest to a misspelt one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tillstream {

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other; case does not
/// count.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first of the candidates with the least distance; none if all are further than a third of the length
/// (at least two) or there are none.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "; did you mean 'x'?" as the end of a message, or empty.
std::string suggestion(std::string_view name, std::span<const std::string> candidates);

}  // namespace tillstream
