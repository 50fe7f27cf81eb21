#include "identity/deduplicator.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "core/own_thread.h"
#include "identity/internal/dedup_stream.h"
#include "identity/internal/key_table.h"
#include "identity/internal/log_fold.h"
#include "identity/internal/run_store.h"
#include "identity/internal/waiting_room.h"

namespace tillstream {

using identity::ClaimState;
using identity::Hour;
using identity::IdHash;
using identity::RunSetPtr;
using identity::RunStore;

namespace {

constexpr std::size_t kReadBytes = std::size_t{8} << 20;
constexpr std::uint64_t kTableBytesPerId = identity::ClaimTable::kBytesPerIdMax;
/// Few runs are asked faster than many. Each stripe's table has 2^16 slots then, nearly two thirds full.
constexpr std::uint64_t kFreshIdsMax = std::uint64_t{640} << 10;
constexpr std::uint64_t kFreshIdsMin = 64;
constexpr std::uint64_t kUnsealedIdsMax = 3 * kFreshIdsMax;
/// So many tables' worth of claims may be unsealed at least.
constexpr std::uint64_t kTablesMin = 3;
constexpr std::chrono::milliseconds kSettleCheck{1};
/// Before the sinks: where ids come faster than they are sealed, claims are refused.
constexpr int kKeeperNice = kBackgroundNice / 2;
/// A request that the log has not answered after its close will not be answered.
constexpr std::chrono::seconds kSettleMost{10};

/// 12 bits in the filter, 8 bytes of fence for 255 ids, and what small runs have more.
std::uint64_t ids_within(std::uint64_t bytes) { return bytes * 100 / 160; }

identity::RunLimits run_limits(const DedupOptions& options) {
    return {static_cast<Hour>(std::max<std::int64_t>(options.window.count(), 1)),
            std::max<std::uint64_t>(std::min(options.ids_max, ids_within(options.memory_bytes / 2)), 1)};
}

struct UnsealedLimits {
    std::uint64_t seal_from;    ///< ids in the tables in use
    std::uint64_t refuse_from;  ///< from where on claims are refused: sealing does not keep up
};

UnsealedLimits unsealed_limits(const DedupOptions& options, std::uint64_t ids_max) {
    // Half of the memory for two tables: the one in use and the one set aside.
    const std::uint64_t most = std::min(options.memory_bytes / 4 / kTableBytesPerId, ids_max / 2);
    const std::uint64_t refuse_from = std::clamp(most, kTablesMin * kFreshIdsMin, kUnsealedIdsMax);
    return {std::min(refuse_from / kTablesMin, kFreshIdsMax), refuse_from};
}

IdHash key_hash(const SipHashKey& folder_key, const std::string& key) {
    return identity::hash_from(siphash128(folder_key, "key:", key));
}

}  // namespace

struct Claim::Hold {
    identity::Decision decision;
};

struct Deduplicator::Parts {
    DedupSurroundings around;
    const DedupOptions options;
    std::unique_ptr<RunStore> store;
    const SipHashKey folder_key;
    const UnsealedLimits unsealed;

    std::atomic<std::ptrdiff_t> unsealed_ids{0};  ///< of all streams
    mutable std::mutex streams_mutex;
    std::map<std::string, std::unique_ptr<DedupStream>, std::less<>> streams;
    identity::KeyTable keys;
    identity::WaitingRoom waiting;
    std::uint64_t replayed = 0;

    std::mutex seal_mutex;                       ///< one seal at a time
    std::optional<std::string> unsealed_cursor;  ///< tables are set aside for a run that could not be written
    Position unsealed_end;                       ///< of the log, just before that cursor
    std::vector<IdHash> sealing;                 ///< of one seal; kept for the next: fresh memory is dear
    std::atomic<Hour> sealed_hour{0};
    mutable std::mutex sealed_end_mutex;
    std::optional<Position> sealed_end;

    std::mutex keeper_mutex;
    std::condition_variable keeper_wake;
    bool stopping = false;
    std::atomic<bool> full{false};
    std::thread keeper;

    Counter& copies_counter;
    Counter& waits_counter;
    Counter& replays_counter;
    Counter& key_refusals_counter;

    Parts(DedupSurroundings s, DedupOptions o, std::unique_ptr<RunStore> runs)
        : around(std::move(s)),
          options(o),
          store(std::move(runs)),
          folder_key(store->key()),
          unsealed(unsealed_limits(options, store->limits().ids_max)),
          copies_counter(around.metrics.counter("tillstream_dedup_copies_total",
                                                "Records found to be copies by their event id")),
          waits_counter(around.metrics.counter(
              "tillstream_dedup_waits_total",
              "Requests that waited for a copy of one of their records to become durable")),
          replays_counter(around.metrics.counter("tillstream_dedup_replayed_answers_total",
                                                 "Requests that got the first answer under their key again")),
          key_refusals_counter(
              around.metrics.counter("tillstream_dedup_key_refusals_total",
                                     "Requests whose key was in use, or had been used with another body")) {}

    Hour now() const { return identity::hour_of(around.clock.now()); }

    std::vector<DedupStream*> all_streams() const {
        const std::lock_guard lock(streams_mutex);
        std::vector<DedupStream*> all;
        for (const auto& [name, stream] : streams) all.push_back(stream.get());
        return all;
    }
    DedupStream& stream(std::string_view name) {
        const std::lock_guard lock(streams_mutex);
        auto found = streams.find(name);
        if (found == streams.end())
            found =
                streams
                    .emplace(name, std::make_unique<DedupStream>(std::string(name), folder_key, unsealed_ids))
                    .first;
        return *found->second;
    }
    /// A key with its answer takes the memory of several ids, and counts as so many.
    std::uint64_t fresh_keys() const {
        return std::max<std::uint64_t>(keys.size(), keys.memory_bytes() / kTableBytesPerId);
    }
    std::uint64_t fresh_records() const {
        return static_cast<std::uint64_t>(std::max<std::ptrdiff_t>(unsealed_ids.load(), 0));
    }
    std::uint64_t fresh_ids() const { return fresh_keys() + fresh_records(); }

    void answer_key(const IngestFact& fact, Timestamp arrived);
    Status replay();
    Status replay_from(std::string_view cursor);
    void replay_ids(const std::string& name, const LogBatch& batch);
    bool wait_until_settled(const std::vector<std::string>& running_keys);
    Status seal();
    Status seal_set_aside();
    void set_sealed_end(Position end);
    std::optional<Position> known_sealed_end() const;
    void note_nothing_unsealed();
    bool is_due();
    void keep();
};

Deduplicator::Deduplicator(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Deduplicator::~Deduplicator() { close(); }

Result<std::unique_ptr<Deduplicator>> Deduplicator::open(DedupSurroundings surroundings,
                                                         DedupOptions options) {
    surroundings.logger = surroundings.logger.named("dedup");
    auto store = TILLSTREAM_TRY(RunStore::open(surroundings.fs, surroundings.dir, run_limits(options),
                                               surroundings.logger, surroundings.metrics));
    auto parts = std::make_unique<Parts>(std::move(surroundings), options, std::move(store));
    TILLSTREAM_CHECK(parts->replay());
    parts->sealed_hour = parts->now();
    parts->note_nothing_unsealed();
    Parts& p = *parts;
    p.keeper = std::thread([&p] { p.keep(); });
    return std::unique_ptr<Deduplicator>(new Deduplicator(std::move(parts)));
}

/// A cursor the log does not know belongs to a folder from elsewhere, or to a log that was cut: then only the
/// log itself tells what is in it.
Status Deduplicator::Parts::replay() {
    const std::string cursor = store->cursor();
    Status read = replay_from(cursor);
    if (!read && !cursor.empty() &&
        (read.error().code == Errc::corruption || read.error().code == Errc::invalid_argument)) {
        around.logger.warn("the index of event ids does not belong to this log and is built again",
                           {{"error", read.error().message}});
        TILLSTREAM_CHECK(store->forget());
        read = replay_from({});
    }
    if (replayed > 0)
        around.logger.info("event ids read from the log",
                           {{"records", replayed}, {"from_start", cursor.empty()}});
    return read;
}

Status Deduplicator::Parts::replay_from(std::string_view cursor) {
    auto reader = TILLSTREAM_TRY(around.log.open_reader(cursor));
    identity::LogFold fold(
        around.log, around.system,
        {[this](const std::string& stream, const LogBatch& batch) { replay_ids(stream, batch); },
         [this](const IngestFact& fact, Timestamp arrived) { answer_key(fact, arrived); }});
    // From here the next start reads, whatever is sealed meanwhile: a key and the records of its request may
    // lie on both sides of another cursor. To know an id twice does no harm.
    std::string whole(cursor);
    for (;;) {
        LogRead read = TILLSTREAM_TRY(reader->read(kReadBytes));
        if (read.whole) whole = std::move(read.cursor);
        const Hour oldest = now() - std::min(now(), store->limits().keep);
        for (const LogBatch& batch : read.batches)
            if (identity::hour_of(batch.arrived) >= oldest) fold.take(batch);
        const auto damaged = std::count_if(read.gaps.begin(), read.gaps.end(),
                                           [](const Gap& gap) { return gap.kind == Gap::Kind::damage; });
        if (damaged > 0)
            around.logger.warn("the log has gaps: copies of records in them are not known",
                               {{"gaps", static_cast<std::int64_t>(damaged)}});
        if (read.batches.empty() || read.at_end) break;
        if (fresh_ids() < unsealed.seal_from) continue;
        for (DedupStream* stream : all_streams()) stream->set_aside(unsealed.seal_from);
        unsealed_cursor = whole;
        TILLSTREAM_CHECK(seal_set_aside());
        TILLSTREAM_CHECK(store->tidy(now()));
    }
    return {};
}

void Deduplicator::Parts::replay_ids(const std::string& name, const LogBatch& batch) {
    std::vector<RecordId> records;
    auto rejection = batch.records->rejections.begin();
    for (std::uint32_t i = 0; i < batch.count(); ++i) {
        const bool rejected = rejection != batch.records->rejections.end() && rejection->index == i;
        if (rejected) ++rejection;
        const std::string_view id = batch.records->event_id(i);
        if (!id.empty()) records.push_back({id, batch.records->value(i), !rejected});
    }
    stream(name).replay(records, identity::hour_of(batch.arrived));
    replayed += records.size();
}

DedupStream& Deduplicator::stream(std::string_view name) { return parts_->stream(name); }
SourceId Deduplicator::system_source() const { return parts_->around.system; }

Claim Deduplicator::claim(DedupStream& stream, std::span<const RecordId> records) {
    Parts& p = *parts_;
    Claim claim;
    const std::uint64_t fresh = p.fresh_records();
    if (fresh >= p.unsealed.seal_from && !p.full.exchange(true)) p.keeper_wake.notify_one();
    if (fresh >= p.unsealed.refuse_from) return claim;
    const std::vector<IdHash> hashes = stream.hashes_of(records);
    for (;;) {
        const RunSetPtr runs = p.store->runs();
        const Hour now = p.now();
        std::vector<unsigned> kinds(records.size());
        p.store->look_up(*runs, hashes, now, kinds.data());
        identity::Decision decision = stream.decide(records, hashes, kinds, *p.store, *runs, now);
        if (decision.ended()) {
            p.waiting.something_settled();
            if (decision.no_room) return claim;
            claim.outcome_ = Claim::Outcome::blocked;
            claim.hold_ = std::make_shared<Claim::Hold>(Claim::Hold{std::move(decision)});
            return claim;
        }
        // A table may have become a run between the question and the decision.
        if (p.store->runs() != runs) {
            decision.settle(ClaimState::taken_back, now);
            p.waiting.something_settled();
            continue;
        }
        claim.outcome_ = Claim::Outcome::claimed;
        claim.copies_ = std::move(decision.copies);
        claim.hold_ = std::make_shared<Claim::Hold>(Claim::Hold{std::move(decision)});
        return claim;
    }
}

void Deduplicator::settle(const Claim& claim, std::optional<Timestamp> arrived) {
    const ClaimState state = arrived ? ClaimState::durable : ClaimState::taken_back;
    claim.hold_->decision.settle(state, arrived ? identity::hour_of(*arrived) : 0);
    if (arrived && !claim.copies_.empty())
        parts_->copies_counter.add(static_cast<double>(claim.copies_.size()));
    parts_->waiting.something_settled();
}

void Deduplicator::when_settled(const Claim& blocked, std::function<void(bool)> again) {
    parts_->waits_counter.add();
    const identity::Decision& decision = blocked.hold_->decision;
    parts_->waiting.wait_for(decision.waiting_in, *decision.waits_for, std::move(again));
}

KeyAnswer Deduplicator::begin_key(const std::string& key, const std::string& body) {
    Parts& p = *parts_;
    KeyAnswer answer;
    const std::uint64_t fresh = p.fresh_keys();
    if (fresh >= p.unsealed.seal_from && !p.full.exchange(true)) p.keeper_wake.notify_one();
    if (fresh >= p.unsealed.refuse_from) {
        answer.fate = KeyAnswer::Fate::overloaded;
        return answer;
    }
    std::string known;
    for (;;) {
        const RunSetPtr runs = p.store->runs();
        known = p.store->text_of(*runs, key_hash(p.folder_key, key), p.now());
        if (!known.empty()) break;
        identity::KeyTable::Found found = p.keys.begin(key);
        if (found.state == identity::KeyTable::State::running) {
            answer.fate = KeyAnswer::Fate::running;
            p.key_refusals_counter.add();
            return answer;
        }
        known = std::move(found.text);
        if (!known.empty()) break;
        // It may have gone from the table into a run between the two questions.
        if (p.store->runs() == runs) return answer;
        p.keys.release(key);
    }
    const auto first = parse_ingest_fact(known);
    if (!first || !first->keyed || first->keyed->key != key || first->keyed->body != body) {
        answer.fate = KeyAnswer::Fate::other_body;
        p.key_refusals_counter.add();
        return answer;
    }
    answer.fate = KeyAnswer::Fate::answered;
    p.replays_counter.add();
    answer.stream = first->stream;
    answer.first = *first->keyed;
    return answer;
}

void Deduplicator::Parts::answer_key(const IngestFact& fact, Timestamp arrived) {
    if (!fact.keyed) return;
    const std::string& key = fact.keyed->key;
    keys.answer(key, key_hash(folder_key, key), encode_ingest_fact(fact), identity::hour_of(arrived));
}

void Deduplicator::answer_key(const IngestFact& fact, Timestamp arrived) {
    parts_->answer_key(fact, arrived);
}

void Deduplicator::release_key(const std::string& key) { parts_->keys.release(key); }

/// False if they are not in time: the log is gone.
bool Deduplicator::Parts::wait_until_settled(const std::vector<std::string>& running_keys) {
    const auto deadline = std::chrono::steady_clock::now() + kSettleMost;
    const auto settled = [&] {
        const auto all = all_streams();
        return !keys.any_runs(running_keys) &&
               std::all_of(all.begin(), all.end(), [](const auto* s) { return s->is_settled(); });
    };
    while (!settled()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(kSettleCheck);
    }
    return true;
}

Status Deduplicator::Parts::seal() {
    const std::lock_guard lock(seal_mutex);
    if (!unsealed_cursor) {
        unsealed_end = around.log.durable_end();
        std::string cursor = around.log.durable_cursor();
        for (DedupStream* stream : all_streams()) stream->set_aside(unsealed.seal_from);
        unsealed_cursor = std::move(cursor);
    }
    if (!wait_until_settled(keys.running()))
        return failure(Errc::timeout, "requests that hold event ids are not answered by the log");
    TILLSTREAM_CHECK(seal_set_aside());
    set_sealed_end(unsealed_end);
    sealed_hour = now();
    return store->tidy(now());
}

/// Published before the tables are dropped: whoever does not find an id here finds it there.
Status Deduplicator::Parts::seal_set_aside() {
    sealing.clear();
    for (const DedupStream* stream : all_streams()) stream->collect(sealing);
    const std::vector<identity::RunEntry> answered = keys.answered();
    TILLSTREAM_CHECK(store->seal(sealing, answered, *unsealed_cursor, now()));
    if (sealing.size() < sealing.capacity() / 4) sealing.shrink_to_fit();
    for (DedupStream* stream : all_streams()) stream->drop_set_aside();
    keys.forget(answered);
    unsealed_cursor.reset();
    return {};
}

void Deduplicator::Parts::set_sealed_end(Position end) {
    const std::lock_guard lock(sealed_end_mutex);
    sealed_end = std::move(end);
}

std::optional<Position> Deduplicator::Parts::known_sealed_end() const {
    const std::lock_guard lock(sealed_end_mutex);
    return sealed_end;
}

/// Where no id is unsealed, none of what was durable before is.
void Deduplicator::Parts::note_nothing_unsealed() {
    Position end = around.log.durable_end();
    const std::lock_guard lock(seal_mutex);
    if (!unsealed_cursor && fresh_ids() == 0) set_sealed_end(std::move(end));
}

bool Deduplicator::Parts::is_due() {
    const std::uint64_t fresh = fresh_ids();
    if (fresh >= unsealed.seal_from) return true;
    if (fresh > 0 && (now() != sealed_hour || !known_sealed_end())) return true;
    const std::lock_guard lock(seal_mutex);
    return unsealed_cursor || around.log.bytes_behind(store->cursor()) >= options.replay_bytes;
}

void Deduplicator::Parts::keep() {
    name_own_thread("event-ids");
    lower_own_priority(kKeeperNice);
    bool failed = false;
    std::unique_lock lock(keeper_mutex);
    while (!stopping) {
        keeper_wake.wait_for(lock, options.check, [this] { return stopping || full.load(); });
        if (stopping) return;
        lock.unlock();
        full = false;
        const Status sealed = is_due() ? seal() : Status{};
        note_nothing_unsealed();
        // Told once: it is tried again for as long as it takes.
        if (!sealed && !failed)
            around.logger.error("event ids could not be sealed; it is tried again",
                                {{"error", sealed.error().message}});
        failed = !sealed;
        lock.lock();
        if (failed) keeper_wake.wait_for(lock, options.check, [this] { return stopping; });
    }
}

std::optional<Position> Deduplicator::sealed_end() const { return parts_->known_sealed_end(); }

Status Deduplicator::seal() { return parts_->seal(); }

void Deduplicator::close() {
    Parts& p = *parts_;
    {
        const std::lock_guard lock(p.keeper_mutex);
        if (p.stopping) return;
        p.stopping = true;
        p.keeper_wake.notify_one();
    }
    if (p.keeper.joinable()) p.keeper.join();
    p.waiting.close();
    if (const Status sealed = p.seal(); !sealed)
        p.around.logger.warn("event ids could not be sealed at the end: the next start reads more of the log",
                             {{"error", sealed.error().message}});
}

Deduplicator::Figures Deduplicator::figures() const {
    const Parts& p = *parts_;
    Figures figures;
    const RunSetPtr runs = p.store->runs();
    figures.sealed_ids = p.store->ids();
    figures.runs = runs->ids.size() + runs->keys.size();
    figures.memory_bytes = p.store->memory_bytes() + p.keys.memory_bytes();
    for (const DedupStream* stream : p.all_streams()) figures.memory_bytes += stream->memory_bytes();
    figures.fresh_ids = p.fresh_ids();
    figures.replayed_records = p.replayed;
    return figures;
}

std::vector<std::string> check_dedup_files(Filesystem& fs, const std::string& dir) {
    std::vector<std::string> problems;
    const auto bytes = read_file(fs, dir + "/index");
    if (!bytes) {
        if (bytes.error().code != Errc::not_found) problems.push_back(bytes.error().message);
        return problems;
    }
    const auto list = identity::parse_run_list(*bytes);
    if (!list) return {dir + "/index: " + list.error().message};
    if (list->rebuild) problems.push_back(dir + "/index: a run was found damaged");
    for (const identity::RunInfo& info : list->runs) {
        const auto run = identity::IdRun::open(fs, dir, info);
        if (!run) {
            // Beside a live server a run may just have been merged away.
            if (run.error().code != Errc::not_found) problems.push_back(run.error().message);
            continue;
        }
        if (const Status whole = (*run)->check(); !whole) problems.push_back(whole.error().message);
    }
    return problems;
}

}  // namespace tillstream
