#include "access/token_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/checksum.h"
#include "json/value.h"
#include "json/writer.h"

namespace tillstream {

namespace {

constexpr std::string_view kFormat = "tillstream tokens";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kSha256Digits = 64;

tl::unexpected<Error> damaged(std::string what) { return failure(Errc::corruption, std::move(what)); }

std::string crc_text(std::string_view bytes) { return fmt::format("{:08x}", crc32c(bytes)); }

std::string header_line(std::size_t tokens, std::string_view rest) {
    std::string line;
    json::Writer out(line);
    out.begin_object().member("format", kFormat).member("version", kVersion).member("tokens", tokens);
    out.member("crc32c", crc_text(rest)).end_object();
    return line + "\n";
}

void append_token(std::string& text, const StoredToken& stored) {
    const AccessToken& token = stored.token;
    json::Writer out(text);
    out.begin_object().member("id", token.id).member("name", token.name).member("sha256", stored.sha256);
    out.key("scopes").begin_array();
    for (const std::string& scope : token.scopes.texts()) out.string(scope);
    out.end_array().member("records_per_second", token.quota.records_per_second);
    out.member("bytes_per_second", token.quota.bytes_per_second);
    out.member("created", format_timestamp(token.created)).key("revoked");
    if (token.revoked)
        out.string(format_timestamp(*token.revoked));
    else
        out.null();
    out.end_object();
    text += '\n';
}

Result<std::string> text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    if (value && value->as_string()) return std::string(*value->as_string());
    return damaged(fmt::format("{} is no text", name));
}

Result<std::uint64_t> number_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    const auto number = value ? value->as_int64() : std::nullopt;
    if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
    return damaged(fmt::format("{} is no whole number", name));
}

Result<Timestamp> time_of(const json::Value& object, std::string_view name) {
    const auto at = parse_rfc3339(TILLSTREAM_TRY(text_of(object, name)));
    if (at) return *at;
    return damaged(fmt::format("{} is no time", name));
}

Result<ScopeSet> scopes_of(const json::Value& object) {
    const json::Value* list = object.find("scopes");
    if (!list || list->kind != json::Kind::array) return damaged("scopes is no list");
    std::vector<std::string> texts;
    for (const json::Value& item : list->items) texts.push_back(item.text);
    auto scopes = ScopeSet::parse(texts);
    if (!scopes) return damaged(std::move(scopes).error().message);
    return scopes;
}

Result<StoredToken> token_of(const json::Value& line) {
    StoredToken stored;
    stored.token.id = TILLSTREAM_TRY(text_of(line, "id"));
    stored.token.name = TILLSTREAM_TRY(text_of(line, "name"));
    stored.sha256 = TILLSTREAM_TRY(text_of(line, "sha256"));
    stored.token.scopes = TILLSTREAM_TRY(scopes_of(line));
    stored.token.quota = {TILLSTREAM_TRY(number_of(line, "records_per_second")),
                          TILLSTREAM_TRY(number_of(line, "bytes_per_second"))};
    stored.token.created = TILLSTREAM_TRY(time_of(line, "created"));
    const json::Value* revoked = line.find("revoked");
    if (!revoked) return damaged("revoked is missing");
    if (!revoked->is_null()) stored.token.revoked = TILLSTREAM_TRY(time_of(line, "revoked"));
    if (!is_token_id(stored.token.id) || stored.sha256.size() != kSha256Digits)
        return damaged("id or sha256 is none");
    return stored;
}

/// Cuts the first line off `rest`.
Result<json::Value> take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos) return damaged("a line does not end");
    auto value = json::parse(rest.substr(0, end));
    if (!value) return damaged("a line is no JSON");
    rest.remove_prefix(end + 1);
    return std::move(*value);
}

}  // namespace

std::string encode_tokens(std::span<const StoredToken> tokens) {
    std::string lines;
    for (const StoredToken& token : tokens) append_token(lines, token);
    return header_line(tokens.size(), lines) + lines;
}

Result<std::vector<StoredToken>> decode_tokens(std::string_view bytes) {
    std::string_view rest = bytes;
    const json::Value header = TILLSTREAM_TRY(take_line(rest));
    if (TILLSTREAM_TRY(text_of(header, "format")) != kFormat)
        return damaged("the first line names another format");
    const std::uint64_t version = TILLSTREAM_TRY(number_of(header, "version"));
    if (version == 0) return damaged("it names no version");
    if (version > kVersion) return failure(Errc::unsupported, fmt::format("it is of version {}", version));
    if (TILLSTREAM_TRY(text_of(header, "crc32c")) != crc_text(rest)) return damaged("the checksum is wrong");
    std::vector<StoredToken> tokens;
    while (!rest.empty()) {
        const json::Value line = TILLSTREAM_TRY(take_line(rest));
        tokens.push_back(TILLSTREAM_TRY(token_of(line)));
    }
    if (tokens.size() == TILLSTREAM_TRY(number_of(header, "tokens"))) return tokens;
    return damaged(fmt::format("{} tokens are not as many as the first line says", tokens.size()));
}

}  // namespace tillstream
