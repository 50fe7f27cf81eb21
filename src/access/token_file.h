// token_file.h - the bytes of <data>/state/tokens (docs/formats/tokens.md).
//
// Form:    JSON lines. The first names the format, its version, how many tokens follow, and the CRC32C of all
//          bytes behind it; then one token a line, in the order they were made.
// Errors:  corruption for anything that was not written so, unsupported for a later version.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/token.h"

namespace tillstream {

std::string encode_tokens(std::span<const StoredToken> tokens);
Result<std::vector<StoredToken>> decode_tokens(std::string_view bytes);

}  // namespace tillstream
