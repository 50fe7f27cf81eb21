// token_json.h - tokens as the door and the command line show them (FACES "Doors"). Never with their text,
// but for the one answer that makes a token.
#pragma once

#include <span>
#include <string>

#include "access/access.h"

namespace tillstream {

/// {id,name,scopes,records_per_second,bytes_per_second,created,revoked}; what is not there is null.
std::string token_json(const AccessToken& token);
/// {tokens,next}
std::string tokens_json(std::span<const AccessToken> tokens);
/// {id,token,scopes}
std::string created_token_json(const CreatedToken& created);

/// What POST /v1/tokens takes, written and read. Reading: invalid_argument naming the member.
std::string token_spec_json(const TokenSpec& spec);
Result<TokenSpec> read_token_spec(std::string_view text);

}  // namespace tillstream
