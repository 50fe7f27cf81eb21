#include "access/access.h"

#include "access/quota.h"
#include "core/digest.h"

namespace tillstream {

namespace {

/// Compared against when no token has the id: an unknown id takes as long as a wrong secret.
constexpr std::string_view kNobody = "0000000000000000000000000000000000000000000000000000000000000000";

Counter& refused_counter(Metrics& metrics, const char* reason) {
    return metrics.counter("tillstream_access_refused_total", "Requests turned away", {{"reason", reason}});
}

const char* reason_of(Errc code) {
    if (code == Errc::unauthenticated) return "unauthenticated";
    return code == Errc::permission_denied ? "forbidden" : "quota";
}

Error unknown_token() {
    return {Errc::unauthenticated, "the token is unknown; `tillstream token create` makes one"};
}

std::string scope_text(const Need& need) {
    std::string text(to_string(*need.scope));
    if (*need.scope == Scope::ingest) text.append(":").append(need.stream);
    return text;
}

Error quota_used_up(const AccessToken& token, int seconds) {
    return {Errc::resource_exhausted,
            "the quota of token " + token.id + " is used up; try again in " + std::to_string(seconds) + " s"};
}

}  // namespace

/// A token at work. All but `revoked` is constant.
struct Access::Holder {
    StoredToken stored;
    QuotaMeter meter;
    Counter& requests;
    Counter& records;
    Counter& bytes;
    Counter& throttled;
    std::atomic<bool> revoked;
};

Result<std::unique_ptr<Access>> Access::open(const PrivateFolder& folder, Clock& clock, AuditOptions audit,
                                             const Logger& logger, Metrics& metrics) {
    TokenStore store = TILLSTREAM_TRY(TokenStore::open(folder));
    auto log = TILLSTREAM_TRY(AuditLog::open(folder, clock, audit));
    return std::unique_ptr<Access>(new Access(std::move(store), std::move(log), clock, logger, metrics));
}

Access::Access(TokenStore store, std::unique_ptr<AuditLog> audit, Clock& clock, const Logger& logger,
               Metrics& metrics)
    : clock_(clock),
      logger_(logger.named("access")),
      metrics_(metrics),
      audit_(std::move(audit)),
      store_(std::move(store)) {
    renew_holders();
}

Access::~Access() = default;

std::shared_ptr<Access::Holder> Access::make_holder(StoredToken stored) {
    const bool revoked = stored.token.revoked.has_value();
    const bool labelled = !revoked && labelled_ < kTokensLabelled;
    labelled_ += labelled ? 1 : 0;
    const MetricLabels label{{"token", labelled ? stored.token.id : "other"}};
    const Quota quota = stored.token.quota;
    return std::shared_ptr<Holder>(new Holder{
        std::move(stored), QuotaMeter(quota),
        metrics_.counter("tillstream_token_requests_total", "Requests let in by a token", label),
        metrics_.counter("tillstream_token_records_total", "Records charged to a token", label),
        metrics_.counter("tillstream_token_bytes_total", "Bytes charged to a token", label),
        metrics_.counter("tillstream_token_throttled_total", "Requests over a token's quota", label),
        revoked});
}

void Access::renew_holders() {
    std::map<std::string, std::shared_ptr<Holder>, std::less<>> renewed;
    double in_force = 0;
    for (const StoredToken& stored : store_.tokens()) {
        std::shared_ptr<Holder> holder = find_holder(stored.token.id);
        if (!holder) holder = make_holder(stored);
        if (stored.token.revoked) holder->revoked = true;
        in_force += stored.token.revoked ? 0 : 1;
        renewed.emplace(stored.token.id, std::move(holder));
    }
    metrics_.gauge("tillstream_access_tokens", "Tokens in force").set(in_force);
    const std::unique_lock lock(holders_mutex_);
    holders_.swap(renewed);
    closed_.store(!holders_.empty(), std::memory_order_release);
}

std::shared_ptr<Access::Holder> Access::find_holder(std::string_view id) const {
    const std::shared_lock lock(holders_mutex_);
    if (owner_ && id == kOwnerId) return owner_;
    const auto found = holders_.find(id);
    return found == holders_.end() ? nullptr : found->second;
}

AccessDecision Access::admit(std::string_view text, const Need& need) {
    AccessDecision decision;
    const auto refuse = [&](Error error) {
        refused_counter(metrics_, reason_of(error.code)).add();
        decision.refusal = std::move(error);
        return std::move(decision);
    };
    const auto id = token_id_in(text);
    if (!id) return refuse(unknown_token());
    const std::shared_ptr<Holder> holder = find_holder(*id);
    const bool known = equal_in_constant_time(sha256_hex(text), holder ? holder->stored.sha256 : kNobody);
    if (!known || !holder) return refuse(unknown_token());
    const AccessToken& token = holder->stored.token;
    decision.token_id = token.id;
    if (holder->revoked) return refuse({Errc::unauthenticated, "token " + token.id + " was revoked"});
    if (need.scope && !token.scopes.allow(*need.scope, need.stream))
        return refuse({Errc::permission_denied, "this needs the scope " + scope_text(need) + "; token " +
                                                    token.id + " has " + token.scopes.joined()});
    if (need.scope == Scope::ingest) {
        if (const auto seconds = holder->meter.look(clock_.steady())) {
            holder->throttled.add();
            decision.retry_after_seconds = *seconds;
            return refuse(quota_used_up(token, *seconds));
        }
    }
    holder->requests.add();
    return decision;
}

AccessDecision Access::turn_away(Error refusal) {
    refused_counter(metrics_, reason_of(refusal.code)).add();
    return {{}, std::move(refusal), 0};
}

std::optional<int> Access::charge(std::string_view token_id, std::uint64_t records, std::uint64_t bytes) {
    const std::shared_ptr<Holder> holder = find_holder(token_id);
    if (!holder) return std::nullopt;
    if (const auto seconds = holder->meter.charge(records, bytes, clock_.steady())) {
        holder->throttled.add();
        refused_counter(metrics_, "quota").add();
        return seconds;
    }
    holder->records.add(static_cast<double>(records));
    holder->bytes.add(static_cast<double>(bytes));
    return std::nullopt;
}

Result<CreatedToken> Access::create(TokenSpec spec) {
    TILLSTREAM_CHECK(check_token_name(spec.name));
    for (const std::uint64_t quota : {spec.quota.records_per_second, spec.quota.bytes_per_second}) {
        if (quota > Quota::kMax)
            return failure(Errc::invalid_argument, "a quota of " + std::to_string(quota) +
                                                       " a second is none; at most " +
                                                       std::to_string(Quota::kMax));
    }
    const std::lock_guard lock(change_mutex_);
    TokenText made = make_token_text();
    while (store_.find(made.id) || made.id == kOwnerId) made = make_token_text();
    const StoredToken stored{
        {made.id, std::move(spec.name), std::move(spec.scopes), spec.quota, clock_.now()},
        sha256_hex(made.text)};
    TILLSTREAM_CHECK(store_.add(stored));
    renew_holders();
    return CreatedToken{stored.token, std::move(made.text)};
}

Result<AccessToken> Access::revoke(std::string_view id) {
    const std::lock_guard lock(change_mutex_);
    TILLSTREAM_CHECK(store_.revoke(id, clock_.now()));
    renew_holders();
    return store_.find(id)->token;
}

std::vector<AccessToken> Access::tokens() {
    const std::lock_guard lock(change_mutex_);
    std::vector<AccessToken> tokens;
    for (const StoredToken& stored : store_.tokens()) tokens.push_back(stored.token);
    return tokens;
}

std::string Access::admit_owner() {
    const TokenText made = make_token_text(kOwnerId);
    StoredToken stored{{made.id, "owner of the folder", {}, {}, clock_.now()}, sha256_hex(made.text)};
    static const std::string kAdmin(to_string(Scope::admin));
    if (auto scopes = ScopeSet::parse({&kAdmin, 1})) stored.token.scopes = std::move(*scopes);
    std::shared_ptr<Holder> owner = make_holder(std::move(stored));
    const std::unique_lock lock(holders_mutex_);
    owner_ = std::move(owner);
    return made.text;
}

void Access::record(const AuditEntry& entry) { note_audit(audit_->record(entry)); }

void Access::note_refusal(const AuditEntry& entry) { audit_->note_refusal(entry); }

void Access::flush_audit(bool all) { note_audit(audit_->flush(all)); }

/// Told when it begins and when it ends, not at every line.
void Access::note_audit(const Status& written) {
    if (written) {
        if (audit_broken_.exchange(false)) logger_.info("the audit log can be written again");
        return;
    }
    metrics_.counter("tillstream_access_audit_failures_total", "Lines the audit log could not take").add();
    if (!audit_broken_.exchange(true))
        logger_.error("the audit log cannot be written; what is done meanwhile is not recorded",
                      {{"error", written.error().message}});
}

}  // namespace tillstream
