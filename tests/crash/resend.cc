#include "tests/crash/resend.h"

namespace tillstream {

namespace {

Status wrong(const LedgerEntry& entry, const std::string& what, const std::string& body) {
    return failure(Errc::internal, "request " + entry.id + ", sent again, " + what + ": " + body);
}

Result<ClientResponse> send_once(ShopClient& client, const CrashRequest& request,
                                 const std::string& more = "") {
    return client.post(request.target(), request.body + more, request.headers());
}

Status resend_one(ShopClient& client, LedgerEntry& entry, ResendCounts& counts) {
    const CrashRequest& request = *entry.again;
    const ClientResponse answer = TILLSTREAM_TRY(send_once(client, request));
    if (answer.status != 200)
        return wrong(entry, "was answered " + std::to_string(answer.status), answer.body);
    const json::Value figures = TILLSTREAM_TRY(json::parse(answer.body));
    const auto all = static_cast<std::int64_t>(request.records());
    const bool as_new = number_of(figures, "accepted") == static_cast<std::int64_t>(entry.accepted) &&
                        number_of(figures, "quarantined") == static_cast<std::int64_t>(entry.quarantined) &&
                        number_of(figures, "duplicates") == 0;
    const bool as_copies = number_of(figures, "duplicates") == all && request.has_ids;
    if (number_of(figures, "received") != all || (!as_new && !as_copies))
        return wrong(entry, "is neither new nor known as a whole", answer.body);
    if (as_copies || answer.find("Idempotent-Replayed")) ++counts.were_there;
    const ClientResponse again = TILLSTREAM_TRY(send_once(client, request));
    if (!request.key.empty() && (again.body != answer.body || !again.find("Idempotent-Replayed")))
        return wrong(entry, "got another answer under its key", again.body);
    if (!request.key.empty()) {
        const ClientResponse other = TILLSTREAM_TRY(send_once(client, request, " "));
        if (other.status != 422) return wrong(entry, "took another body under its key", other.body);
    }
    if (request.key.empty() && number_of(TILLSTREAM_TRY(json::parse(again.body)), "duplicates") != all)
        return wrong(entry, "was stored again", again.body);
    entry.fate = Fate::acknowledged;
    entry.again.reset();
    ++counts.resent;
    return {};
}

}  // namespace

Status resend(ShopClient& client, Ledger& ledger, ResendCounts& counts) {
    for (LedgerEntry& entry : ledger)
        if (entry.fate == Fate::unknown && entry.again) TILLSTREAM_CHECK(resend_one(client, entry, counts));
    return {};
}

}  // namespace tillstream
