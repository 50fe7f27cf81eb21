#include "identity/internal/run_store.h"

#include <algorithm>
#include <set>

#include "core/digest.h"

namespace tillstream::identity {

namespace {

constexpr std::size_t kMergeLeast = 4;
constexpr std::uint64_t kLimitPieces = 8;
constexpr Hour kWindowPieces = 4;
constexpr std::size_t kPrefetched = 16;
/// There are more small runs than large ones, and a wrong "perhaps" costs the reading of a block.
constexpr std::size_t kSmallRunBits = 20;
constexpr std::uint64_t kSmallPieces = 64;

std::uint64_t entries_of(const std::vector<RunPtr>& runs) {
    std::uint64_t entries = 0;
    for (const RunPtr& run : runs) entries += run->info().entries;
    return entries;
}

SipHashKey random_key() {
    SipHashKey key;
    const std::string bytes = random_bytes(key.size());
    std::copy(bytes.begin(), bytes.end(), key.begin());
    return key;
}

}  // namespace

RunStore::RunStore(Filesystem& fs, std::string dir, RunLimits limits, const Logger& logger, Metrics& metrics)
    : fs_(fs),
      dir_(std::move(dir)),
      limits_(limits),
      logger_(logger),
      dropped_(metrics.counter("tillstream_dedup_dropped_ids_total",
                               "Ids forgotten before their time, because there were too many")),
      damages_(metrics.counter(
          "tillstream_dedup_damage_total",
          "Look-ups and merges that met damage in a run: copies of its ids are not known until a restart")),
      ids_gauge_(metrics.gauge("tillstream_dedup_ids", "Ids and keys in sealed runs")),
      runs_gauge_(metrics.gauge("tillstream_dedup_runs", "Sealed runs of ids and keys")),
      memory_gauge_(metrics.gauge("tillstream_dedup_memory_bytes", "Memory of the filters of sealed runs")) {}

Result<std::unique_ptr<RunStore>> RunStore::open(Filesystem& fs, std::string dir, RunLimits limits,
                                                 const Logger& logger, Metrics& metrics) {
    std::unique_ptr<RunStore> store(new RunStore(fs, std::move(dir), limits, logger, metrics));
    TILLSTREAM_CHECK(fs.make_dirs(store->dir_));
    if (const Status loaded = store->load(); !loaded) {
        const Errc code = loaded.error().code;
        if (code != Errc::corruption && code != Errc::not_found) return failure(loaded.error());
        if (code == Errc::corruption)
            store->logger_.error("the index of event ids is damaged and is built again from the log",
                                 {{"error", loaded.error().message}});
        TILLSTREAM_CHECK(store->start_anew());
    }
    TILLSTREAM_CHECK(store->remove_unnamed());
    return store;
}

Status RunStore::load() {
    const std::string bytes = TILLSTREAM_TRY(read_file(fs_, dir_ + "/index"));
    list_ = TILLSTREAM_TRY(parse_run_list(bytes));
    if (list_.rebuild) return failure(Errc::corruption, "a run was found damaged before the last stop");
    std::vector<RunPtr> all;
    for (const RunInfo& info : list_.runs) {
        auto run = IdRun::open(fs_, dir_, info);
        if (!run && (run.error().code == Errc::not_found || run.error().code == Errc::io))
            return failure(Errc::corruption, std::move(run).error().message);
        if (!run) return failure(std::move(run).error());
        all.push_back(*std::move(run));
    }
    return publish(std::move(all), list_.cursor);
}

/// The old files are named by nobody then; they are removed before a new one is written.
Status RunStore::start_anew() {
    list_ = RunList{};
    list_.key = random_key();
    return publish({}, {});
}

Status RunStore::forget() {
    TILLSTREAM_CHECK(publish({}, {}));
    return remove_unnamed();
}

Status RunStore::remove_unnamed() {
    std::set<std::string> named{"index"};
    for (const RunInfo& info : list_.runs) {
        named.insert(run_path("", info.kind, info.number).substr(1));
        if (info.kind == RunKind::keys) named.insert(texts_path("", info.number).substr(1));
    }
    for (const std::string& name : TILLSTREAM_TRY(fs_.list(dir_)))
        if (!named.contains(name)) TILLSTREAM_CHECK(fs_.remove(dir_ + "/" + name));
    return {};
}

RunSetPtr RunStore::runs() const {
    const std::lock_guard lock(mutex_);
    return runs_;
}

std::vector<RunPtr> RunStore::all_runs() const {
    const RunSetPtr set = runs();
    std::vector<RunPtr> all = set->ids;
    all.insert(all.end(), set->keys.begin(), set->keys.end());
    return all;
}

std::uint64_t RunStore::ids() const { return entries_of(all_runs()); }

std::size_t RunStore::memory_bytes() const {
    std::size_t bytes = 0;
    for (const RunPtr& run : all_runs()) bytes += run->memory_bytes();
    return bytes;
}

/// The list first: what it names is there whatever happens next.
Status RunStore::publish(std::vector<RunPtr> all, std::string cursor) {
    RunList next = list_;
    next.cursor = std::move(cursor);
    next.rebuild = damaged_;
    next.runs.clear();
    RunSet set;
    for (RunPtr& run : all) {
        next.runs.push_back(run->info());
        next.next_number = std::max(next.next_number, run->info().number + 1);
        (run->info().kind == RunKind::ids ? set.ids : set.keys).push_back(std::move(run));
    }
    if (next != list_ || next.cursor.empty())
        TILLSTREAM_CHECK(write_file_atomic(fs_, dir_ + "/index", encode_run_list(next)));
    list_ = std::move(next);
    RunSetPtr newest = std::make_shared<const RunSet>(std::move(set));
    {
        const std::lock_guard lock(mutex_);
        runs_.swap(newest);
    }
    ids_gauge_.set(static_cast<double>(ids()));
    runs_gauge_.set(static_cast<double>(list_.runs.size()));
    memory_gauge_.set(static_cast<double>(memory_bytes()));
    return {};
}

/// An entry's own hour tells its age for 341 days only.
bool RunStore::has_outlived(const IdRun& run, Hour now) const {
    return now > run.info().last_hour && now - run.info().last_hour > limits_.keep;
}

void RunStore::look_up(const RunSet& runs, std::span<const IdHash> hashes, Hour now, unsigned* kinds) {
    std::vector<IdHash> found;
    for (const RunPtr& run : runs.ids) {
        if (has_outlived(*run, now)) continue;
        const Filter& filter = run->filter();
        for (std::size_t i = 0; i < std::min(hashes.size(), kPrefetched); ++i) filter.prefetch(hashes[i]);
        for (std::size_t i = 0; i < hashes.size(); ++i) {
            if (i + kPrefetched < hashes.size()) filter.prefetch(hashes[i + kPrefetched]);
            if (!filter.may_hold(hashes[i])) [[likely]]
                continue;
            found.clear();
            if (const Status asked = run->find(hashes[i], found); !asked) note_damage(*run, asked.error());
            for (const IdHash& entry : found)
                if (age_of(entry, now) <= limits_.keep) kinds[i] |= bit_of(entry.kind());
        }
    }
}

std::string RunStore::text_of(const RunSet& runs, const IdHash& key, Hour now) {
    std::vector<IdHash> found;
    for (auto run = runs.keys.rbegin(); run != runs.keys.rend(); ++run) {
        if (has_outlived(**run, now) || !(*run)->filter().may_hold(key)) continue;
        found.clear();
        Status asked = (*run)->find(key, found);
        if (asked && (found.empty() || age_of(found.back(), now) > limits_.keep)) continue;
        if (asked) {
            auto text = (*run)->text_of(key);
            if (text) return *std::move(text);
            asked = failure(std::move(text).error());
        }
        note_damage(**run, asked.error());
    }
    return {};
}

void RunStore::note_damage(const IdRun& run, const Error& error) {
    damages_.add();
    std::uint64_t newest = newest_damaged_;
    while (newest < run.info().number && !newest_damaged_.compare_exchange_weak(newest, run.info().number)) {
    }
    if (damaged_.exchange(true)) return;
    logger_.error(
        "a run of event ids is damaged: copies of records it knows may be stored twice until the index is "
        "built "
        "again from the log, which the next start does",
        {{"run", run.info().number}, {"error", error.message}});
}

/// Reads them whole. Whether any was damaged.
bool RunStore::note_damages(const std::vector<RunPtr>& runs) {
    bool any = false;
    for (const RunPtr& run : runs) {
        const Status whole = run->check();
        if (whole || whole.error().code != Errc::corruption) continue;
        note_damage(*run, whole.error());
        any = true;
    }
    return any;
}

std::size_t RunStore::filter_bits(std::uint64_t entries) const {
    return entries <= limits_.ids_max / kSmallPieces ? kSmallRunBits : Filter::kBitsPerId;
}

Status RunStore::seal(std::vector<IdHash>& ids, std::vector<RunEntry> keys, std::string cursor, Hour now) {
    std::vector<RunPtr> all = all_runs();
    std::uint64_t number = list_.next_number;
    Hour oldest = 0, youngest = now;  // ages of the entries of one run
    const auto note_age = [&](const IdHash& hash) {
        const Hour age = std::min(now, age_of(hash, now));
        oldest = std::max(oldest, age);
        youngest = std::min(youngest, age);
    };
    const auto finish = [&](RunWriter& writer) -> Status {
        const RunInfo info = TILLSTREAM_TRY(writer.finish(now - oldest, now - youngest));
        all.push_back(TILLSTREAM_TRY(IdRun::open(fs_, dir_, info)));
        oldest = 0;
        youngest = now;
        return {};
    };
    if (!ids.empty()) {
        // What one stream claimed comes in order.
        if (!std::is_sorted(ids.begin(), ids.end())) std::sort(ids.begin(), ids.end());
        RunWriter writer = TILLSTREAM_TRY(
            RunWriter::open(fs_, dir_, RunKind::ids, number++, ids.size(), filter_bits(ids.size())));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const bool again =
                i + 1 < ids.size() && ids[i + 1].same(ids[i]) && ids[i + 1].kind() == ids[i].kind();
            if (again) continue;
            note_age(ids[i]);
            TILLSTREAM_CHECK(writer.add(ids[i]));
        }
        TILLSTREAM_CHECK(finish(writer));
    }
    if (!keys.empty()) {
        std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
        RunWriter writer = TILLSTREAM_TRY(
            RunWriter::open(fs_, dir_, RunKind::keys, number++, keys.size(), filter_bits(keys.size())));
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (i + 1 < keys.size() && keys[i + 1].hash.same(keys[i].hash)) continue;
            note_age(keys[i].hash);
            TILLSTREAM_CHECK(writer.add(keys[i].hash, keys[i].text));
        }
        TILLSTREAM_CHECK(finish(writer));
    }
    return publish(std::move(all), std::move(cursor));
}

Status RunStore::tidy(Hour now) {
    TILLSTREAM_CHECK(drop_old(now));
    TILLSTREAM_CHECK(merge_kind(RunKind::ids, now));
    TILLSTREAM_CHECK(merge_kind(RunKind::keys, now));
    if (damaged_ && !list_.rebuild) TILLSTREAM_CHECK(publish(all_runs(), list_.cursor));
    return {};
}

Status RunStore::drop_old(Hour now) {
    std::vector<RunPtr> all = all_runs();
    const std::size_t before = all.size();
    std::erase_if(all, [&](const RunPtr& run) { return has_outlived(*run, now); });
    std::uint64_t left = entries_of(all);
    while (left > limits_.ids_max) {
        const auto oldest = std::min_element(all.begin(), all.end(), [](const RunPtr& a, const RunPtr& b) {
            return a->info().last_hour < b->info().last_hour;
        });
        const std::uint64_t gone = (*oldest)->info().entries;
        logger_.warn(
            "there are more event ids than dedup.max_ids or dedup.memory_bytes allow: the oldest are "
            "forgotten, copies of them would be stored",
            {{"ids", gone}, {"limit", limits_.ids_max}});
        dropped_.add(static_cast<double>(gone));
        left -= gone;
        all.erase(oldest);
    }
    if (all.size() == before) return {};
    TILLSTREAM_CHECK(publish(std::move(all), list_.cursor));
    return remove_unnamed();
}

/// As many of the newest runs as are of like size, if that is worth a merge.
Status RunStore::merge_kind(RunKind kind, Hour now) {
    const RunSetPtr set = runs();
    const std::vector<RunPtr>& own = kind == RunKind::ids ? set->ids : set->keys;
    if (own.size() < kMergeLeast || own.back()->info().number <= newest_damaged_) return {};
    const std::uint64_t most = std::max<std::uint64_t>(limits_.ids_max / kLimitPieces, 1);
    const Hour span = std::max<Hour>(limits_.keep / kWindowPieces, 1);
    std::uint64_t sum = own.back()->info().entries;
    std::size_t from = own.size() - 1;
    const Hour newest = own.back()->info().last_hour;
    while (from > 0) {
        const RunInfo& older = own[from - 1]->info();
        if (older.number <= newest_damaged_) break;
        if (older.entries > 2 * sum || older.entries + sum > most) break;
        if (newest - std::min(newest, older.first_hour) > span) break;
        sum += older.entries;
        --from;
    }
    if (own.size() - from < kMergeLeast) return {};
    const auto first = static_cast<std::ptrdiff_t>(from);
    const std::vector<RunPtr> taken(own.begin() + first, own.end());
    const auto merging = merge_runs(fs_, dir_, taken, list_.next_number, now, limits_.keep, filter_bits(sum));
    if (!merging && note_damages(taken)) return {};
    const RunInfo merged = TILLSTREAM_TRY(merging);
    std::vector<RunPtr> all(own.begin(), own.begin() + first);
    all.push_back(TILLSTREAM_TRY(IdRun::open(fs_, dir_, merged)));
    const std::vector<RunPtr>& others = kind == RunKind::ids ? set->keys : set->ids;
    all.insert(all.end(), others.begin(), others.end());
    TILLSTREAM_CHECK(publish(std::move(all), list_.cursor));
    return remove_unnamed();
}

}  // namespace tillstream::identity
