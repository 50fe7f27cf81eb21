#include "tests/crash/load.h"

#include <chrono>
#include <random>
#include <set>

#include "tests/crash/request_maker.h"
#include "tests/support/shop_client.h"

namespace tillstream {

namespace {

constexpr std::chrono::minutes kPatience{3};

LedgerEntry entry_of(const CrashRequest& request) {
    LedgerEntry entry;
    entry.id = request.id;
    entry.customer = request.customer;
    std::set<std::string> invoices;
    for (std::size_t i = 0; i < request.bad.size(); ++i) {
        if (request.bad[i]) {
            ++entry.quarantined;
            continue;
        }
        ++entry.accepted;
        entry.quantity += quantity_of(i);
        entry.cents += quantity_of(i) * cents_of(i);
        invoices.insert(request.invoice_no(i));
    }
    entry.invoices.assign(invoices.begin(), invoices.end());
    return entry;
}

/// Reads a 200 into the entry; what it says must be what was sent.
Status take_answer(const CrashRequest& request, const std::string& body, LedgerEntry& entry) {
    const json::Value answer = TILLSTREAM_TRY(json::parse(body));
    const auto expected = static_cast<std::int64_t>(request.records());
    if (number_of(answer, "received") != expected ||
        number_of(answer, "accepted") != static_cast<std::int64_t>(entry.accepted) ||
        number_of(answer, "quarantined") != static_cast<std::int64_t>(entry.quarantined) ||
        number_of(answer, "duplicates") != 0) {
        return failure(Errc::internal,
                       "the answer to " + entry.id + " counts other records than were sent: " + body);
    }
    if (!request.wants_offsets) return {};
    const json::Value* records = answer.find("records");
    if (!records || records->items.size() != request.records()) {
        return failure(Errc::internal, "detail=all of " + entry.id + " does not list every record");
    }
    for (const json::Value& record : records->items) {
        entry.places.push_back({static_cast<std::uint32_t>(number_of(record, "shard")),
                                static_cast<std::uint64_t>(number_of(record, "offset"))});
    }
    return {};
}

bool is_refusal(int status) { return (status >= 400 && status < 500) || status == 503; }

}  // namespace

Load::Load(const std::string& url, int round, int connections, std::uint64_t seed)
    : url_(url),
      round_(round),
      seed_(seed),
      ledgers_(static_cast<std::size_t>(connections)),
      running_(connections) {
    for (int connection = 0; connection < connections; ++connection) {
        threads_.emplace_back([this, connection] { run(connection); });
    }
}

Load::~Load() { finish(); }

Status Load::wait_for(std::uint64_t records, int in_flight) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (acknowledged_ < records || in_flight_ < in_flight) {
        if (const std::string wrong = wrong_answer(); !wrong.empty()) return failure(Errc::internal, wrong);
        if (running_ == 0) return failure(Errc::unavailable, "every connection broke before the kill");
        if (std::chrono::steady_clock::now() > deadline) {
            return failure(Errc::timeout,
                           "only " + std::to_string(acknowledged_) + " records acknowledged in 3 minutes");
        }
        std::this_thread::sleep_for(std::chrono::microseconds{200});
    }
    return {};
}

Ledger Load::finish() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    Ledger all;
    for (Ledger& ledger : ledgers_) {
        for (LedgerEntry& entry : ledger) all.push_back(std::move(entry));
        ledger.clear();
    }
    return all;
}

std::string Load::wrong_answer() {
    const std::lock_guard lock(mutex_);
    return wrong_;
}

void Load::note_wrong(std::string what) {
    const std::lock_guard lock(mutex_);
    if (wrong_.empty()) wrong_ = std::move(what);
}

void Load::run(int connection) {
    std::mt19937_64 random(seed_ + static_cast<std::uint64_t>(connection));
    Ledger& ledger = ledgers_[static_cast<std::size_t>(connection)];
    auto client = ShopClient::open(url_);
    for (int n = 0; client && !stopping_; ++n) {
        const CrashRequest request = make_request(
            "r" + std::to_string(round_) + "-c" + std::to_string(connection) + "-q" + std::to_string(n) + "-",
            round_ * 10'000 + connection, random);
        LedgerEntry entry = entry_of(request);
        ++in_flight_;
        const auto answer = client->post(request.target(), request.body, request.headers());
        --in_flight_;
        if (answer && answer->status == 200 && !request.malformed) {
            entry.fate = Fate::acknowledged;
            if (const Status taken = take_answer(request, answer->body, entry); !taken)
                note_wrong(taken.error().message);
            acknowledged_ += request.records();
        } else if (answer && is_refusal(answer->status) && (request.malformed || answer->status == 503)) {
            entry.fate = Fate::refused;
        } else if (answer) {
            note_wrong(request.id + (request.malformed ? " (malformed)" : "") + " was answered " +
                       std::to_string(answer->status) + ": " + answer->body);
        } else if (answer.error().code == Errc::unavailable) {
            entry.fate = Fate::refused;  // it was never sent
        }
        if (entry.fate == Fate::unknown && !request.malformed && (request.has_ids || !request.key.empty()))
            entry.again = std::make_shared<const CrashRequest>(request);
        const bool broken = !answer;
        ledger.push_back(std::move(entry));
        if (broken) break;
    }
    --running_;
}

}  // namespace tillstream
