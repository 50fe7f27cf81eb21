#include "access/token_store.h"

#include <algorithm>

#include "access/token_file.h"

namespace tillstream {

namespace {

Error unreadable(const std::string& path, const Error& error) {
    if (error.code == Errc::unsupported)
        return {error.code,
                path + ": " + error.message + ", which this program cannot read; use the one that wrote it"};
    return {error.code,
            path + " is damaged: " + error.message +
                "; restore it from a copy, or take it away and make new tokens with `tillstream token "
                "create`. Without it only loopback is served, and without a token"};
}

auto find_in(auto& tokens, std::string_view id) {
    return std::find_if(tokens.begin(), tokens.end(),
                        [&](const StoredToken& stored) { return stored.token.id == id; });
}

}  // namespace

Result<TokenStore> TokenStore::open(PrivateFolder folder) {
    TokenStore store(std::move(folder));
    const std::string path = store.folder_.path(kFileName);
    if (!TILLSTREAM_TRY(store.folder_.fs.exists(path))) return store;
    auto tokens = decode_tokens(TILLSTREAM_TRY(read_file(store.folder_.fs, path)));
    if (!tokens) return failure(unreadable(path, tokens.error()));
    store.tokens_ = std::move(*tokens);
    return store;
}

const StoredToken* TokenStore::find(std::string_view id) const {
    const auto found = find_in(tokens_, id);
    return found == tokens_.end() ? nullptr : &*found;
}

Status TokenStore::add(StoredToken token) {
    std::vector<StoredToken> tokens = tokens_;
    if (tokens.size() >= kTokensMax) {
        const auto spent = std::find_if(tokens.begin(), tokens.end(), [](const StoredToken& stored) {
            return stored.token.revoked.has_value();
        });
        if (spent == tokens.end())
            return failure(Errc::conflict, "there are " + std::to_string(kTokensMax) +
                                               " tokens, as many as a folder keeps; revoke one first");
        tokens.erase(spent);
    }
    tokens.push_back(std::move(token));
    return replace(std::move(tokens));
}

Status TokenStore::revoke(std::string_view id, Timestamp at) {
    std::vector<StoredToken> tokens = tokens_;
    const auto found = find_in(tokens, id);
    if (found == tokens.end())
        return failure(Errc::not_found, "no token has the id " + std::string(id.substr(0, 80)));
    if (found->token.revoked) return {};
    found->token.revoked = at;
    return replace(std::move(tokens));
}

Status TokenStore::replace(std::vector<StoredToken> tokens) {
    TILLSTREAM_CHECK(write_private_file(folder_, kFileName, encode_tokens(tokens)));
    tokens_ = std::move(tokens);
    return {};
}

}  // namespace tillstream
