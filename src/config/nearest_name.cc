#include "config/nearest_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tillstream {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Names are short; what is longer is no misspelling of one, and the distance costs the product of the
/// lengths.
constexpr std::size_t kMaxLength = 100;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates) {
    if (name.empty() || name.size() > kMaxLength) return std::nullopt;
    std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
    std::optional<std::string> nearest;
    for (const std::string& candidate : candidates) {
        if (candidate.size() > kMaxLength) continue;
        const std::size_t distance = edit_distance(name, candidate);
        if (distance >= best || distance >= std::max(name.size(), candidate.size())) continue;
        best = distance;
        nearest = candidate;
    }
    return nearest;
}

std::string suggestion(std::string_view name, std::span<const std::string> candidates) {
    const auto nearest = nearest_name(name, candidates);
    return nearest ? fmt::format("; did you mean '{}'?", *nearest) : std::string();
}

}  // namespace tillstream
