#include "tests/crash/keyed_load.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>

namespace tillstream {

namespace {

constexpr std::chrono::minutes kPatience{3};
constexpr std::size_t kLieOneIn = 6;
constexpr std::size_t kMalformedOneIn = 12;

std::size_t drawn_from(const std::string& key) { return std::hash<std::string>{}(key); }

}  // namespace

KeyedEntry make_keyed(const std::string& key) {
    constexpr std::size_t kRecordsMax = 200;
    constexpr std::size_t kBadOneIn = 40;
    const std::size_t drawn = drawn_from(key);
    KeyedEntry entry;
    entry.records = static_cast<std::int64_t>(1 + drawn % kRecordsMax);
    entry.malformed = drawn / kRecordsMax % kMalformedOneIn == 0;
    entry.body = "[";
    for (std::int64_t i = 0; i < entry.records; ++i) {
        const bool bad = (drawn + static_cast<std::size_t>(i)) % kBadOneIn == 0;
        entry.body +=
            fmt::format(R"({}{{"invoice_no":"{}.{}","stock_code":"{}","description":"{}","quantity":{},)"
                        R"("invoice_date":"2011-03-01T10:00:00Z","unit_price":"1.25","customer_id":77}})",
                        i ? "," : "", key, i % 5, i, key, bad ? "\"six\"" : "3");
    }
    entry.body += entry.malformed ? "," : "]";
    return entry;
}

Result<ClientResponse> post_keyed(ShopClient& client, const std::string& key, std::string_view body) {
    return client.post("/v1/streams/sales/records", body, {{"Idempotency-Key", key}});
}

bool is_replay(const ClientResponse& answer) { return answer.find("Idempotent-Replayed") == "true"; }

KeyedLoad::KeyedLoad(const std::string& url, int round, int pairs) : url_(url), running_(2 * pairs) {
    for (int pair = 0; pair < pairs; ++pair) {
        const std::string name = fmt::format("r{}-p{}-", round, pair);
        for (const bool may_lie : {false, true})
            threads_.emplace_back([this, name, may_lie] { run(name, may_lie); });
    }
}

KeyedLoad::~KeyedLoad() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
}

Status KeyedLoad::wait_for(int acknowledged, int in_flight) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (acknowledged_ < acknowledged || in_flight_ < in_flight) {
        if (std::string text = wrong(); !text.empty()) return failure(Errc::internal, std::move(text));
        if (running_ == 0) return failure(Errc::unavailable, "every connection broke before the kill");
        if (std::chrono::steady_clock::now() > deadline)
            return failure(Errc::timeout,
                           fmt::format("only {} requests acknowledged in 3 minutes", acknowledged_.load()));
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    return {};
}

Result<KeyedLedger> KeyedLoad::finish() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    if (!wrong_.empty()) return failure(Errc::internal, wrong_);
    return std::move(ledger_);
}

void KeyedLoad::run(const std::string& name, bool may_lie) {
    auto client = ShopClient::open(url_);
    for (int n = 0; client && !stopping_; ++n) {
        if (!send_one(*client, name + std::to_string(n), may_lie)) break;
    }
    --running_;
}

Result<ClientResponse> KeyedLoad::insist(ShopClient& client, const std::string& key, std::string_view body) {
    for (;;) {
        ++in_flight_;
        auto answer = post_keyed(client, key, body);
        --in_flight_;
        if (!answer || answer->status != 409) return answer;
        ++conflicts_;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
}

bool KeyedLoad::send_one(ShopClient& client, const std::string& key, bool may_lie) {
    const KeyedEntry entry = make_keyed(key);
    {
        // Before the first byte leaves: what is on its way at the kill must be known.
        const std::lock_guard lock(mutex_);
        ledger_.try_emplace(key, entry);
    }
    const auto answer = insist(client, key, entry.body);
    if (!answer) return false;
    if (answer->status == 503) return true;  // refused: nobody was told anything
    if (answer->status != (entry.malformed ? 400 : 200)) {
        note_wrong(key, "was answered wrongly", *answer);
        return false;
    }
    if (entry.malformed) return true;
    note_answer(key, entry, *answer);
    if (!may_lie || drawn_from(key) % kLieOneIn != 0) return true;
    const auto lie = insist(client, key, make_keyed(key + "lie").body);
    if (lie && lie->status != 422) note_wrong(key, "took another body", *lie);
    return lie.has_value();
}

void KeyedLoad::note_answer(const std::string& key, const KeyedEntry& entry, const ClientResponse& answer) {
    bool differs = false, twice = false;
    {
        const std::lock_guard lock(mutex_);
        KeyedEntry& known = ledger_.try_emplace(key, entry).first->second;
        if (!known.answer) {
            known.answer = answer.body;
            ++acknowledged_;
        }
        differs = *known.answer != answer.body;
        twice = !is_replay(answer) && ++first_answers_[key] > 1;
    }
    if (differs) note_wrong(key, "got two different answers", answer);
    if (twice) note_wrong(key, "ran twice", answer);
}

void KeyedLoad::note_wrong(const std::string& key, const std::string& what, const ClientResponse& answer) {
    const std::lock_guard lock(mutex_);
    if (wrong_.empty()) wrong_ = fmt::format("key {} {}: {} {}", key, what, answer.status, answer.body);
}

std::string KeyedLoad::wrong() {
    const std::lock_guard lock(mutex_);
    return wrong_;
}

}  // namespace tillstream
