// token.h - a token: its text, which is the secret, and what is known of it, which is not.
//
// Text:     ts_<id>_<secret>: 12 and 64 lower-case hex digits. The secret is 256 bits of the operating
//           system's randomness. A scanner finds leaked ones with ts_[0-9a-f]{12}_[0-9a-f]{64}.
// Kept:     the SHA-256 of the whole text, never the text: it is shown once, when the token is made.
// Threads:  plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/scope.h"
#include "core/time.h"

namespace tillstream {

/// What a token may store in a second; 0: as much as it likes.
struct Quota {
    static constexpr std::uint64_t kMax = 1'000'000'000'000;

    std::uint64_t records_per_second = 0;
    std::uint64_t bytes_per_second = 0;
    friend bool operator==(const Quota&, const Quota&) = default;
};

/// What may be known about a token.
struct AccessToken {
    std::string id;
    std::string name;  ///< for people; may be empty
    ScopeSet scopes;
    Quota quota;
    Timestamp created;
    std::optional<Timestamp> revoked = {};
};

/// As it is kept.
struct StoredToken {
    AccessToken token;
    std::string sha256;  ///< of the text; 64 lower-case hex digits
};

struct TokenText {
    std::string id;
    std::string text;
};

/// A new one.
TokenText make_token_text();
/// One with a given id.
TokenText make_token_text(std::string_view id);

bool is_token_id(std::string_view text);
/// The id within a text of the right form; nothing if it has another.
std::optional<std::string_view> token_id_in(std::string_view text);

/// At most 100 bytes of UTF-8 without control characters; else invalid_argument.
Status check_token_name(std::string_view name);

/// Takes as long for equal texts as for different ones of the same size.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace tillstream
