#include "log/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "core/digest.h"
#include "log/internal/committer.h"
#include "log/internal/continuous_reader.h"
#include "log/internal/cursor.h"
#include "log/internal/cuts_rebuild.h"
#include "log/internal/published.h"
#include "log/internal/recovery.h"
#include "log/internal/registry.h"
#include "log/internal/sealed_log.h"
#include "log/internal/sealer.h"
#include "log/internal/segment_preparer.h"

namespace tillstream {

namespace {

using journal::RegistryData;

/// Bounds checkpoints: each names every source.
constexpr std::size_t kMaxSources = 65536;

/// Bounds max_request_bytes by what a segment and the queue can hold; a sealed journal's segments and volumes
/// by its budget, so that it can be recycled in small steps.
Result<JournalOptions> usable(JournalOptions options) {
    if (options.objects != nullptr) {
        constexpr std::uint64_t kShare = 8;
        const std::uint64_t most = options.budget_bytes / kShare / journal::kBlock * journal::kBlock;
        options.segment_bytes = std::min(options.segment_bytes, std::max(most, 16 * journal::kBlock));
        options.seal_total_bytes = std::min(options.seal_total_bytes, options.budget_bytes / 4);
        options.keep_bytes = std::min(options.keep_bytes, options.budget_bytes / 2);
    }
    if (options.segment_bytes % journal::kBlock != 0 || options.segment_bytes < 16 * journal::kBlock)
        return failure(Errc::invalid_argument,
                       fmt::format("segment_bytes {}: take a multiple of 4096 of at least 65536",
                                   options.segment_bytes));
    const std::uint64_t most = std::min<std::uint64_t>(options.segment_bytes / 4 * 3, options.queue_bytes);
    options.max_request_bytes = std::min<std::uint64_t>(options.max_request_bytes, most);
    if (options.max_request_bytes < journal::kBlock)
        return failure(Errc::invalid_argument,
                       fmt::format("queue_bytes {} and max_request_bytes {}: take at least 4096 of both",
                                   options.queue_bytes, options.max_request_bytes));
    return options;
}

/// How many sources a segment can name and still hold the largest request: its checkpoint comes first, a
/// seal and a clean mark must fit behind.
Status check_sources(std::size_t sources, const JournalOptions& options) {
    using journal::kBlock;
    const std::uint64_t mark =
        round_up(journal::kGroupHeaderBytes + journal::EncodedBatch::checkpoint_bytes(sources), kBlock);
    const std::uint64_t needed = kBlock + 3 * mark + round_up(options.max_request_bytes, kBlock);
    if (sources <= kMaxSources && needed <= options.segment_bytes) return {};
    return failure(Errc::resource_exhausted,
                   fmt::format("{} sources: the log holds {} at most, and fewer with small segments: raise "
                               "log.segment_bytes above {}",
                               sources, kMaxSources, options.segment_bytes));
}

Result<RegistryData> open_registry(Filesystem& fs, const std::string& dir) {
    auto registry = journal::load_registry(fs, dir);
    if (registry || registry.error().code != Errc::not_found) return registry;
    if (!TILLSTREAM_TRY(journal::list_segments(fs, dir)).empty())
        return failure(
            Errc::corruption,
            fmt::format("{} holds segments but no registry: restore the file `registry` from a copy", dir));
    RegistryData fresh;
    const std::string uuid = random_bytes(fresh.uuid.bytes.size());
    std::copy(uuid.begin(), uuid.end(), fresh.uuid.bytes.begin());
    return fresh;
}

/// What was written but perhaps never flushed reads back fine after a kill and is gone after a power cut: it
/// is made durable before anybody may see it. A torn group behind it is cut off.
Status settle_tail(Filesystem& fs, const std::string& dir, journal::Recovered& recovered) {
    if (recovered.segments.empty()) return {};
    journal::StoredSegment& newest = recovered.segments.back();
    auto file = TILLSTREAM_TRY(fs.open(newest.path, {.write = true, .direct = true}));
    if (recovered.cut != 0 && recovered.cut < newest.bytes) {
        TILLSTREAM_CHECK(file->truncate(recovered.cut));
        newest.bytes = recovered.cut;
    }
    TILLSTREAM_CHECK(file->sync());
    return fs.sync_dir(dir);
}

std::uint64_t used_bytes(const journal::Recovered& recovered) {
    std::uint64_t used = 0;
    for (const journal::StoredSegment& segment : recovered.segments) used += segment.bytes;
    return used;
}

struct OpenedCuts {
    journal::CutsData data;
    bool rebuilt = false;  ///< not on disk yet
};

/// What is recorded of the sealed log, or found again among its objects; nothing of a log without objects.
Result<OpenedCuts> open_cuts(Filesystem& fs, const std::string& dir, const RegistryData& registry,
                             const JournalOptions& options, const Logger& logger) {
    OpenedCuts none;
    none.data.uuid = registry.uuid;
    if (options.objects == nullptr) return none;
    none.rebuilt = true;
    auto cuts = journal::load_cuts(fs, dir);
    if (cuts && cuts->uuid == registry.uuid) return OpenedCuts{*std::move(cuts), false};
    if (!cuts && cuts.error().code == Errc::unavailable) return failure(std::move(cuts).error());
    if (cuts)
        return failure(Errc::corruption, fmt::format("{}/cuts belongs to another log: remove the file", dir));
    if (registry.epoch.value == 0) return none;  // a new log
    if (cuts.error().code != Errc::not_found)
        logger.error("the record of sealed objects is damaged and is built again from the objects",
                     {{"error", cuts.error().message}});
    return OpenedCuts{
        TILLSTREAM_TRY(journal::rebuild_cuts(*options.objects, registry.uuid, registry.sources)), true};
}

journal::SealedEnds sealed_ends(const journal::CutsData& cuts) {
    journal::SealedEnds ends;
    for (const journal::PassPtr& pass : cuts.passes)
        if (pass->done) ends.last = Lsn{pass->to.value - 1};
    ends.sources = journal::ends_of(cuts);
    return ends;
}

/// The group with which the journal's oldest segment begins.
Lsn first_group(const journal::Recovered& recovered) {
    for (const journal::StoredSegment& segment : recovered.segments)
        if (segment.header) return Lsn{segment.header->prev_last_lsn.value + 1};
    return Lsn{recovered.last_lsn.value + 1};
}

std::optional<journal::SealedStore> make_store(const JournalOptions& options,
                                               const journal::SealedLog& sealed, const journal::LogUuid& uuid,
                                               journal::SourceList sources) {
    if (options.objects == nullptr) return std::nullopt;
    return journal::SealedStore{*options.objects, sealed, uuid, std::move(sources)};
}

journal::SegmentPreparer::Options preparing(const JournalOptions& options, journal::Published* to_wake) {
    journal::SegmentPreparer::Options made{options.segment_bytes, options.budget_bytes,
                                           options.segments_ahead};
    if (to_wake != nullptr) made.on_short = [to_wake] { to_wake->wake_sealer(); };
    return made;
}

journal::Committer::Start start_of(const RegistryData& registry, const journal::Recovered& recovered) {
    journal::Committer::Start start;
    start.segment.uuid = registry.uuid;
    start.segment.epoch = registry.epoch;
    start.segment.id = recovered.segments.empty() ? 1 : recovered.segments.back().id + 1;
    start.last_lsn = recovered.last_lsn;
    start.last_crc = recovered.last_crc;
    start.ends = recovered.ends;
    return start;
}

}  // namespace

struct Journal::Parts {
    Filesystem& fs;
    std::string dir;
    JournalOptions options;
    journal::Recovered recovered;
    const journal::LogUuid uuid;
    const Epoch epoch;
    mutable std::mutex registry_mutex;
    RegistryData registry;  ///< its sources change
    std::atomic<std::uint32_t> source_count;
    journal::SealedLog sealed;
    const std::optional<journal::SealedStore> store;  ///< nothing: the log is not sealed
    journal::Published published;
    journal::SegmentPreparer preparer;
    journal::Committer committer;
    std::optional<journal::Sealer> sealer;

    const journal::SealedStore* sealed_store() const { return store ? &*store : nullptr; }

    Parts(Filesystem& filesystem, Clock& clock, const std::string& folder, JournalOptions o,
          const Logger& logger, Metrics& metrics, journal::Recovered r, RegistryData reg,
          journal::CutsData cuts)
        : fs(filesystem),
          dir(folder),
          options(std::move(o)),
          recovered(std::move(r)),
          uuid(reg.uuid),
          epoch(reg.epoch),
          registry(std::move(reg)),
          source_count(static_cast<std::uint32_t>(registry.sources.size())),
          sealed(fs, dir, std::move(cuts), first_group(recovered), recovered.earliest),
          store(make_store(options, sealed, uuid, [this] { return source_list(); })),
          published(recovered, options.tail_bytes, store ? sealed.sealed() : Lsn{0},
                    {options.seal_bytes, options.seal_total_bytes}),
          preparer(fs, dir, preparing(options, store ? &published : nullptr), used_bytes(recovered)),
          committer(fs, clock, dir, options, logger, metrics, preparer, published,
                    start_of(registry, recovered)) {
        if (store)
            sealer.emplace(fs, clock, options, logger, metrics, published, preparer, sealed, *store,
                           journal::hidden_segments(recovered, sealed.sealed()));
    }

    std::vector<SourceInfo> source_list() const {
        const std::lock_guard lock(registry_mutex);
        return registry.sources;
    }

    /// Where a reader begins that looks for a record.
    journal::ReadPlace place_of(SourceId source, Offset from, const journal::SealedStart& start) const {
        if (start.object) {
            const journal::SealedKey key{start.object->hour, source, std::max(from, start.object->first)};
            return {{start.pass->from, 0}, journal::ReadPlace::Sealed{start.pass->to, key}};
        }
        const Lsn begin = store ? start.sealed : Lsn{1};
        return {{published.group_before(source, from, begin), 0}, std::nullopt};
    }

    Status check(const std::vector<LogBatch>& batches) const {
        if (batches.empty()) return failure(Errc::invalid_argument, "an append without batches");
        if (batches.size() > UINT16_MAX)
            return failure(Errc::invalid_argument, fmt::format("an append of {} batches: take at most {}",
                                                               batches.size(), UINT16_MAX));
        for (const LogBatch& batch : batches) {
            if (batch.source.value == 0 || batch.source.value > source_count.load())
                return failure(
                    Errc::invalid_argument,
                    fmt::format("source {} is not registered: call register_stream", batch.source.value));
            if (!batch.records || batch.records->count() == 0)
                return failure(Errc::invalid_argument,
                               fmt::format("a batch without records for source {}", batch.source.value));
            if (batch.contract.size() > UINT16_MAX)
                return failure(Errc::invalid_argument,
                               fmt::format("a contract id of {} bytes", batch.contract.size()));
        }
        return {};
    }
};

Journal::Journal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Journal::~Journal() { close(); }

Result<std::unique_ptr<Journal>> Journal::open(Filesystem& fs, Clock& clock, const std::string& dir,
                                               JournalOptions options, Logger logger, Metrics& metrics) {
    logger = logger.named("log");
    options = TILLSTREAM_TRY(usable(std::move(options)));
    if (!options.fatal) {
        options.fatal = [logger](const Error& error) {
            logger.error("the log ends the process", {{"error", error.message}});
            std::_Exit(EXIT_FAILURE);
        };
    }
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    RegistryData registry = TILLSTREAM_TRY(open_registry(fs, dir));
    TILLSTREAM_CHECK(check_sources(registry.sources.size(), options));
    OpenedCuts cuts = TILLSTREAM_TRY(open_cuts(fs, dir, registry, options, logger));
    journal::Recovered recovered = TILLSTREAM_TRY(journal::recover(
        fs, dir, registry.uuid, static_cast<std::uint32_t>(registry.sources.size()), sealed_ends(cuts.data)));
    if (cuts.rebuilt) journal::doubt_passes_from(first_group(recovered), cuts.data);
    TILLSTREAM_CHECK(settle_tail(fs, dir, recovered));
    for (const std::string& damage : recovered.damages)
        logger.warn("damaged bytes in the journal", {{"where", damage}});
    registry.epoch = Epoch{std::max(registry.epoch, recovered.epoch).value + 1};
    TILLSTREAM_CHECK(journal::store_registry(fs, dir, registry));
    if (cuts.rebuilt) TILLSTREAM_CHECK(journal::store_cuts(fs, dir, cuts.data));
    logger.info("journal recovered", {{"clean", recovered.clean},
                                      {"segments", std::uint64_t{recovered.segments.size()}},
                                      {"last_group", recovered.last_lsn.value},
                                      {"epoch", registry.epoch.value}});
    auto parts = std::make_unique<Parts>(fs, clock, dir, std::move(options), logger, metrics,
                                         std::move(recovered), std::move(registry), std::move(cuts.data));
    TILLSTREAM_CHECK(parts->preparer.start());
    TILLSTREAM_CHECK(parts->committer.start());
    if (parts->sealer) parts->sealer->start();
    return std::unique_ptr<Journal>(new Journal(std::move(parts)));
}

LogCapabilities Journal::capabilities() const {
    return {
        .atomic_request = true, .dense_seq = true, .max_request_bytes = parts_->options.max_request_bytes};
}

Result<std::vector<SourceInfo>> Journal::register_stream(std::string_view stream, std::uint32_t shards) {
    const std::lock_guard lock(parts_->registry_mutex);
    std::vector<SourceInfo> found;
    for (const SourceInfo& source : parts_->registry.sources)
        if (source.stream == stream) found.push_back(source);
    if (stream.empty() || shards == 0)
        return failure(Errc::invalid_argument, fmt::format("stream '{}' with {} shards", stream, shards));
    if (!found.empty()) {
        if (found.size() == shards) return found;
        return failure(Errc::invalid_argument, fmt::format("stream '{}' is registered with {} shards, not {}",
                                                           stream, found.size(), shards));
    }
    RegistryData next = parts_->registry;
    TILLSTREAM_CHECK(check_sources(next.sources.size() + shards, parts_->options));
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
        const SourceId id{static_cast<std::uint32_t>(next.sources.size() + 1)};
        next.sources.push_back({id, std::string(stream), ShardId{shard}, 0});
        found.push_back(next.sources.back());
    }
    TILLSTREAM_CHECK(journal::store_registry(parts_->fs, parts_->dir, next));
    parts_->registry = std::move(next);
    parts_->source_count.store(static_cast<std::uint32_t>(parts_->registry.sources.size()));
    return found;
}

std::vector<SourceInfo> Journal::sources() const { return parts_->source_list(); }

void Journal::append(std::vector<LogBatch> batches, AppendDone done) {
    if (auto checked = parts_->check(batches); !checked) return done(failure(std::move(checked).error()));
    journal::AppendRequest request;
    request.encoded.reserve(batches.size());
    const auto of = static_cast<std::uint16_t>(batches.size());
    for (std::uint16_t part = 0; part < of; ++part) {
        request.encoded.emplace_back(batches[part], part, of);
        request.bytes += request.encoded.back().bytes();
    }
    if (request.bytes > parts_->options.max_request_bytes)
        return done(
            failure(Errc::invalid_argument, fmt::format("a request of {} bytes: the log takes at most {}",
                                                        request.bytes, parts_->options.max_request_bytes)));
    request.memory = journal::memory_of(batches);
    request.batches = std::move(batches);
    request.done = std::move(done);
    parts_->committer.submit(std::move(request));
}

Position Journal::durable_end() const { return parts_->published.durable_end(parts_->source_count.load()); }

Position Journal::earliest() const {
    Position position;
    for (std::uint32_t id = 1; id <= parts_->source_count.load(); ++id)
        position.push_back({SourceId{id}, Offset{}});
    const auto raise = [&](SourceId source, Offset next) {
        if (source.value - 1 < position.size()) position[source.value - 1].next = next;
    };
    if (!parts_->store)
        for (const journal::SourceEnd& end : parts_->recovered.earliest) raise(end.source, end.next);
    for (const journal::RemovedRange& range : parts_->sealed.removed()) raise(range.source, range.earliest);
    return position;
}

std::string Journal::durable_cursor() const {
    return journal::encode_cursor({Lsn{parts_->published.last().value + 1}, 0}, parts_->uuid);
}

Result<std::unique_ptr<LogReader>> Journal::open_reader(std::string_view cursor, ReadFrom from) {
    const journal::ReadPlace start = TILLSTREAM_TRY(journal::decode_place(cursor, parts_->uuid));
    if (start.at.next.value > parts_->published.last().value + 1)
        return failure(
            Errc::corruption,
            fmt::format("log-truncated: cursor '{}' lies beyond the log's end at group {}: rebuild the sink "
                        "that holds it",
                        cursor, parts_->published.last().value));
    return std::make_unique<journal::ContinuousReader>(parts_->fs, parts_->published, parts_->uuid,
                                                       parts_->sealed_store(), start, from);
}

Result<std::unique_ptr<LogReader>> Journal::open_reader_at(SourceId source, Offset from) {
    if (source.value == 0 || source.value > parts_->source_count.load())
        return failure(Errc::not_found, fmt::format("no source {}", source.value));
    const journal::SealedStart start = parts_->sealed.find(source, from);
    auto reader = std::make_unique<journal::ContinuousReader>(
        parts_->fs, parts_->published, parts_->uuid, parts_->sealed_store(),
        parts_->place_of(source, from, start), ReadFrom::nearest);
    reader->look_up(source, from, earliest()[source.value - 1].next, start.gaps);
    return std::unique_ptr<LogReader>(std::move(reader));
}

Status Journal::seal(std::string_view stream, std::chrono::milliseconds timeout) {
    if (!parts_->sealer)
        return failure(Errc::unsupported, "this log has no object store: nothing can be sealed");
    const std::vector<SourceInfo> all = sources();
    const bool known = stream.empty() || std::any_of(all.begin(), all.end(), [&](const SourceInfo& source) {
                           return source.stream == stream;
                       });
    if (!known) return failure(Errc::not_found, fmt::format("no stream '{}'", stream));
    return parts_->sealer->seal(timeout);
}

std::uint64_t Journal::bytes_behind(std::string_view cursor) const {
    const auto place = journal::decode_place(cursor, parts_->uuid);
    if (!place) return 0;
    if (parts_->published.holds(place->at.next)) return parts_->published.bytes_behind(place->at);
    return parts_->sealed.bytes_behind(*place) + parts_->published.bytes_behind({parts_->sealed.sealed(), 0});
}

bool Journal::wait_for_more(std::string_view cursor, std::chrono::milliseconds timeout) {
    const auto place = journal::decode_place(cursor, parts_->uuid);
    return place && parts_->published.wait_behind(place->at, timeout);
}

Epoch Journal::epoch() const { return parts_->epoch; }

void Journal::close() {
    parts_->committer.close();
    if (parts_->sealer) parts_->sealer->close(!parts_->committer.failed());
    parts_->preparer.stop();
}

}  // namespace tillstream
