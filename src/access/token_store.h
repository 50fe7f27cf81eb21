// token_store.h - the tokens of a data folder, kept in <data>/state/tokens.
//
// Durability:  a change is on stable storage when it returns. After a failure it may or may not be there at
//              the next start; in memory it is not.
// Revoked:     tokens stay, so that lists tell of them and doors once closed stay closed; the oldest go when
//              room is needed.
// Errors:      corruption or unsupported for a file that is not what was written: it names the file and the
//              way out, and whoever cannot read who may come in must let nobody in. not_found for an unknown
//              id, conflict when kTokensMax are in force, io.
// Threads:     one at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "access/private_folder.h"
#include "access/token.h"

namespace tillstream {

class TokenStore {
public:
    static constexpr std::size_t kTokensMax = 1000;
    static constexpr std::string_view kFileName = "tokens";

    /// A folder without the file has no tokens. It must exist once a token is added.
    static Result<TokenStore> open(PrivateFolder folder);

    /// In the order they were made.
    std::span<const StoredToken> tokens() const { return tokens_; }
    const StoredToken* find(std::string_view id) const;

    Status add(StoredToken token);
    /// Of one revoked before, nothing changes.
    Status revoke(std::string_view id, Timestamp at);

private:
    explicit TokenStore(PrivateFolder folder) : folder_(std::move(folder)) {}
    Status replace(std::vector<StoredToken> tokens);

    PrivateFolder folder_;
    std::vector<StoredToken> tokens_;
};

}  // namespace tillstream
