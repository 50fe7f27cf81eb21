// structure.h - where the tokens of a JSON text start: simdjson's first stage.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "json/scanner.h"

namespace tillstream::json::internal {

/// Reused from text to text. What a large text needed is given back by the next small one.
class Structure {
public:
    Structure();
    ~Structure();

    /// Checks UTF-8, quotes and control characters in strings, and lists token starts.
    [[nodiscard]] ScanOutcome index(std::string_view text);
    /// Ascending offsets of brackets, commas, colons, opening quotes and the first byte of any other run;
    /// closed by two entries that hold the size of the text. Valid after a good index until the next one.
    const std::uint32_t* tokens() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tillstream::json::internal
