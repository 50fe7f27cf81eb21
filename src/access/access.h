// access.h - who may do what: tokens at work, their quotas, and the record of their use.
//
// Open:        without any token a server is open to whoever reaches it, which is why only loopback is bound
//              then (app). The first token closes it at once, and it stays closed when every token is
//              revoked: who owns the folder makes a new one with the server stopped.
// Lifecycle:   open -> any calls. Outlives the server and its doors.
// Durability:  create and revoke are on stable storage when they return.
// Secrets:     a token's text comes in by admit and out by create, and is nowhere kept, logged or told.
// Threads:     any. admit and charge never wait for the disk.
// Metrics:     tillstream_access_tokens; tillstream_access_refused_total{reason};
//              tillstream_access_audit_failures_total; by token id, for the first kTokensLabelled of a run,
//              "other" for the rest: tillstream_token_requests_total, _records_total, _bytes_total,
//              _throttled_total.
// Source:      FACES "Doors", "Conventions".
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit_log.h"
#include "access/token.h"
#include "access/token_store.h"
#include "core/log.h"
#include "core/metrics.h"

namespace tillstream {

struct TokenSpec {
    std::string name;
    ScopeSet scopes;
    Quota quota;
};

struct CreatedToken {
    AccessToken token;
    std::string text;  ///< the secret; shown once
};

/// What a request asks for.
struct Need {
    std::optional<Scope> scope;    ///< nothing: any token will do
    std::string_view stream = {};  ///< of Scope::ingest
};

struct AccessDecision {
    std::string token_id;          ///< of a known token, whatever became of the request
    std::optional<Error> refusal;  ///< unauthenticated, permission_denied, resource_exhausted (quota)
    int retry_after_seconds = 0;   ///< of a quota that is used up
};

class Access {
public:
    static constexpr std::size_t kTokensLabelled = 64;
    /// The id of admit_owner's token: no stored token has it.
    static constexpr std::string_view kOwnerId = "000000000000";

    /// `folder` must exist. As TokenStore::open and AuditLog::open.
    static Result<std::unique_ptr<Access>> open(const PrivateFolder& folder, Clock& clock, AuditOptions audit,
                                                const Logger& logger, Metrics& metrics);
    ~Access();

    /// A token was made once: nobody gets in without one.
    bool closed() const { return closed_.load(std::memory_order_acquire); }

    /// Whether the holder of `text` may. A token whose quota is used up is refused if it wants to store.
    AccessDecision admit(std::string_view text, const Need& need);
    /// The decision of a request that carries no token to look at.
    AccessDecision turn_away(Error refusal);
    /// Takes records and bytes from the token's quota, or nothing, and tells after how many seconds to try
    /// again. An unknown id has no quota.
    std::optional<int> charge(std::string_view token_id, std::uint64_t records, std::uint64_t bytes);

    /// invalid_argument (name, quota over Quota::kMax), conflict (too many), io.
    Result<CreatedToken> create(TokenSpec spec);
    /// Repeatable. not_found, io.
    Result<AccessToken> revoke(std::string_view id);
    /// In the order they were made.
    std::vector<AccessToken> tokens();

    /// A token of this process alone, never stored, that may everything: for who opens the folder itself.
    std::string admit_owner();

    /// Durable on return; a failure is logged and counted, what was done stays done.
    void record(const AuditEntry& entry);
    void note_refusal(const AuditEntry& entry);
    /// Writes refusals that wait; call it about once a second, and with `all` at the end.
    void flush_audit(bool all = false);

private:
    struct Holder;

    Access(TokenStore store, std::unique_ptr<AuditLog> audit, Clock& clock, const Logger& logger,
           Metrics& metrics);
    void renew_holders();
    std::shared_ptr<Holder> make_holder(StoredToken stored);
    std::shared_ptr<Holder> find_holder(std::string_view id) const;
    void note_audit(const Status& written);

    Clock& clock_;
    const Logger logger_;
    Metrics& metrics_;
    std::unique_ptr<AuditLog> audit_;

    std::mutex change_mutex_;  ///< one change at a time; guards store_
    TokenStore store_;

    mutable std::shared_mutex holders_mutex_;
    std::map<std::string, std::shared_ptr<Holder>, std::less<>> holders_;
    std::shared_ptr<Holder> owner_;
    std::size_t labelled_ = 0;
    std::atomic<bool> closed_{false};
    std::atomic<bool> audit_broken_{false};
};

}  // namespace tillstream
