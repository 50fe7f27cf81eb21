// broken.h - the words in which readers say why a record is broken.
#pragma once

#include <string_view>

#include "formats/record.h"
#include "json/scanner.h"

namespace tillstream::internal {

/// At most `size` bytes of `text`, cut on a character border; bytes that are not UTF-8 become '?'.
std::string shown(std::string_view text, std::size_t size);
BrokenRecord broken(const json::ScanError& error, std::string_view text, int depth_max);
BrokenRecord too_large(std::string_view raw, std::size_t bytes_max);
BrokenRecord not_utf8(std::string_view raw);

}  // namespace tillstream::internal
