#include "log/sealed_lake.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "log/internal/sealed_object.h"

namespace tillstream {

using journal::parse_sealed_object_name;
using journal::sealed_object_folder;
using journal::SealedObjectReader;

namespace {

constexpr std::size_t kPage = 1000;

auto order_of(const SealedObject& object) {
    return std::tuple(object.shard, object.incarnation, object.first, object.last, object.hour);
}

bool same_source(const SealedObject& a, const SealedObject& b) {
    return a.shard == b.shard && a.incarnation == b.incarnation;
}

/// What is wrong between an object and the one before it; nothing if they join.
std::optional<SealedDamage> damage_between(const SealedObject& before, const SealedObject& object) {
    if (!same_source(before, object)) return std::nullopt;
    if (object.first <= before.last)
        return SealedDamage{object, object.first, Offset{std::min(object.last, before.last).value + 1},
                            fmt::format("{} holds these records too", before.name)};
    if (object.first.value > before.last.value + 1)
        return SealedDamage{
            object, Offset{before.last.value + 1}, object.first,
            fmt::format("no sealed object between {} and {} holds these records", before.name, object.name)};
    return std::nullopt;
}

Status visit_records(SealedRecords& records, const SealedObject& object, const SealedVisitor& visitor) {
    for (;;) {
        const SealedRecords::Step step = TILLSTREAM_TRY(records.next());
        if (visitor.on_damage)
            for (const Gap& gap : step.gaps) visitor.on_damage({object, gap.from, gap.to, gap.reason});
        if (!step.batch) return {};
        if (visitor.on_batch) visitor.on_batch(records.source(), *step.batch);
    }
}

}  // namespace

struct SealedRecords::Parts {
    std::unique_ptr<SealedObjectReader> reader;
};

SealedRecords::SealedRecords(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SealedRecords::~SealedRecords() = default;

const SourceInfo& SealedRecords::source() const { return parts_->reader->id().source; }
std::string SealedRecords::log_uuid() const { return parts_->reader->id().log.hex(); }
void SealedRecords::seek(Offset from) { parts_->reader->seek(from); }
void SealedRecords::seek(Timestamp since) { parts_->reader->seek(since); }

Result<SealedRecords::Step> SealedRecords::next() {
    SealedObjectReader::Step step = TILLSTREAM_TRY(parts_->reader->next());
    Step out{std::move(step.gaps), std::nullopt};
    if (step.batch) out.batch = std::move(step.batch->batch);
    return out;
}

Result<std::vector<SealedObject>> SealedLake::objects(std::string_view stream, BatchKind kind) const {
    const std::string folder = sealed_object_folder(stream, kind);
    std::vector<SealedObject> objects;
    std::string after;
    for (;;) {
        const std::vector<ObjectInfo> page = TILLSTREAM_TRY(store_.list(folder, after, kPage));
        for (const ObjectInfo& info : page)
            if (const auto id = parse_sealed_object_name(info.name))
                objects.push_back({info.name, info.bytes, id->kind, id->source.stream, id->source.shard,
                                   id->source.incarnation, id->first, id->last, id->hour});
        if (page.size() < kPage) break;
        after = page.back().name;
    }
    std::sort(objects.begin(), objects.end(),
              [](const SealedObject& a, const SealedObject& b) { return order_of(a) < order_of(b); });
    return objects;
}

Result<std::unique_ptr<SealedRecords>> SealedLake::open(const SealedObject& object) const {
    auto reader = TILLSTREAM_TRY(SealedObjectReader::open(store_, object.name));
    return std::unique_ptr<SealedRecords>(
        new SealedRecords(std::make_unique<SealedRecords::Parts>(SealedRecords::Parts{std::move(reader)})));
}

Status SealedLake::scan(std::string_view stream, BatchKind kind, const SealedVisitor& visitor) const {
    const std::vector<SealedObject> all = TILLSTREAM_TRY(objects(stream, kind));
    for (std::size_t i = 0; i < all.size(); ++i) {
        const SealedObject& object = all[i];
        const auto between = i == 0 ? std::nullopt : damage_between(all[i - 1], object);
        if (between && visitor.on_damage) visitor.on_damage(*between);
        if (visitor.on_object && !visitor.on_object(object)) continue;
        const auto records = open(object);
        if (records) {
            TILLSTREAM_CHECK(visit_records(**records, object, visitor));
        } else if (records.error().code == Errc::corruption) {
            if (visitor.on_damage)
                visitor.on_damage(
                    {object, object.first, Offset{object.last.value + 1}, records.error().message});
        } else {
            return failure(records.error());
        }
    }
    return {};
}

}  // namespace tillstream
