// cursor.h - the journal's resume token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.h"
#include "core/result.h"
#include "log/internal/format.h"

namespace tillstream::journal {

/// Everything before group `next` and the first `batch` record batches of it are read.
struct Cursor {
    Lsn next{1};
    std::uint32_t batch = 0;
    friend auto operator<=>(const Cursor&, const Cursor&) = default;
};

std::string encode_cursor(const Cursor& cursor, const LogUuid& uuid);
/// The empty text is the beginning. invalid_argument for anything encode_cursor did not write; corruption for
/// a token of another log.
Result<Cursor> decode_cursor(std::string_view text, const LogUuid& uuid);

}  // namespace tillstream::journal
