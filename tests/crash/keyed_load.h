// keyed_load.h - producers that send under idempotency keys, until the server is killed under them.
//
// Twins:      each request is sent by two producers at about the same time, under one key with one body. The
//             second may be told 409 while the first runs, and asks again. Now and then one of them then
//             sends another body under the key, which must be a 422.
// Ledger:     every key that was ever sent, with its body, and the first answer if one came.
// Lifecycle:  construct (they start) -> wait_for -> the caller kills the server -> finish.
// Threads:    two a pair; counters may be read by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.h"
#include "tests/support/shop_client.h"

namespace tillstream {

struct KeyedEntry {
    std::string body;
    std::int64_t records = 0;
    bool malformed = false;             ///< a 4xx claims no key
    std::optional<std::string> answer;  ///< the bytes of the first 200; nothing: nobody was told
};
using KeyedLedger = std::map<std::string, KeyedEntry>;

/// The request of a key: made anew whenever it is asked for, always the same.
KeyedEntry make_keyed(const std::string& key);

/// What the door answers to `body` under `key`.
Result<ClientResponse> post_keyed(ShopClient& client, const std::string& key, std::string_view body);
bool is_replay(const ClientResponse& answer);

class KeyedLoad {
public:
    KeyedLoad(const std::string& url, int round, int pairs);
    ~KeyedLoad();

    /// Until so many requests are acknowledged and `in_flight` wait for their answer; a failure if an answer
    /// was wrong, or every producer has ended before.
    Status wait_for(int acknowledged, int in_flight);
    /// Joins the producers, which end at the first broken connection. A failure if an answer was wrong.
    Result<KeyedLedger> finish();
    /// Requests that were told 409.
    int conflicts() const { return conflicts_; }

private:
    void run(const std::string& name, bool may_lie);
    /// The answer that is not 409; a failure once the connection is broken.
    Result<ClientResponse> insist(ShopClient& client, const std::string& key, std::string_view body);
    /// False: the producer ends.
    bool send_one(ShopClient& client, const std::string& key, bool may_lie);
    void note_answer(const std::string& key, const KeyedEntry& entry, const ClientResponse& answer);
    void note_wrong(const std::string& key, const std::string& what, const ClientResponse& answer);
    std::string wrong();

    const std::string url_;
    std::mutex mutex_;
    KeyedLedger ledger_;
    std::map<std::string, int> first_answers_;  ///< by key: answers that were no replays
    std::string wrong_;
    std::atomic<int> acknowledged_{0};
    std::atomic<int> in_flight_{0};
    std::atomic<int> conflicts_{0};
    std::atomic<int> running_;
    std::atomic<bool> stopping_{false};
    std::vector<std::thread> threads_;
};

}  // namespace tillstream
