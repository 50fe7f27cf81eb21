#include "log/inspect.h"

#include <fmt/format.h>

#include <iterator>

#include "log/internal/batch_codec.h"
#include "log/internal/cuts.h"
#include "log/internal/journal_reader.h"
#include "log/internal/published.h"
#include "log/internal/recovery.h"
#include "log/internal/registry.h"
#include "log/internal/sealed_inspect.h"
#include "log/internal/segment_reader.h"

namespace tillstream {

namespace {

using namespace journal;

template <class... Args>
void line(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
    out += '\n';
}

std::string_view name_of(StoredKind kind) {
    switch (kind) {
        case StoredKind::data: return "data";
        case StoredKind::control: return "control";
        case StoredKind::checkpoint: return "checkpoint";
    }
    return "unknown";
}

std::string_view name_of(SectionKind kind) {
    switch (kind) {
        case SectionKind::values: return "values";
        case SectionKind::value_ends: return "value_ends";
        case SectionKind::rejections: return "rejections";
        case SectionKind::event_ids: return "event_ids";
        case SectionKind::event_id_ends: return "event_id_ends";
        case SectionKind::source_ends: return "source_ends";
    }
    return "unknown";
}

std::string flags_text(std::uint32_t flags) {
    std::string text;
    if ((flags & kGroupSeal) != 0) text += " seal";
    if ((flags & kGroupClean) != 0) text += " clean-stop";
    return text;
}

void describe_records(const StoredBatch& batch, std::string& out) {
    const auto records = decode_records(batch);
    if (!records) {
        line(out, "    records: {}", records.error().message);
        return;
    }
    for (std::uint32_t i = 0; i < records->count(); ++i) {
        const std::string_view id = records->event_id(i);
        line(out, "    {} {}{}{}", batch.base.value + i, records->value(i), id.empty() ? "" : " event_id ",
             id);
    }
    for (const Rejection& rejection : records->rejections)
        for (const FieldError& error : rejection.errors)
            line(out, "    rejected {}: {} at {}: expected {}, found {}", batch.base.value + rejection.index,
                 to_string(error.code), error.pointer, error.expected, error.found);
}

void describe_batch(const StoredBatch& batch, std::string& out) {
    line(out,
         "  batch {} source {} records {} to {} rejected {} arrived {} contract '{}' part {} of {} crc ok",
         name_of(batch.kind), batch.source.value, batch.base.value, batch.end().value, batch.rejected,
         format_timestamp(batch.arrived), batch.contract, batch.part, batch.of);
    for (const SectionEntry& section : batch.sections)
        line(out, "    section {} codec {} encoding {} bytes {} raw {}", name_of(section.kind), section.codec,
             section.encoding, section.bytes.size(), section.raw_bytes);
    if (batch.kind != StoredKind::checkpoint) {
        describe_records(batch, out);
        return;
    }
    const auto ends = decode_checkpoint(batch);
    if (!ends) {
        line(out, "    checkpoint: {}", ends.error().message);
        return;
    }
    for (const SourceEnd& end : *ends)
        line(out, "    source {} next {} arrived {}", end.source.value, end.next.value,
             format_timestamp(end.arrived));
}

void describe_segment(SegmentReader& reader, std::string& out) {
    const SegmentHeader& h = reader.header();
    line(out, "segment {} of log {} epoch {} nonce {:016x} prepared {} bytes, holds {}, created {}", h.id,
         h.uuid.hex(), h.epoch.value, h.nonce, h.bytes, reader.file_bytes(), format_timestamp(h.created));
    line(out, "  follows group {} crc {:08x}", h.prev_last_lsn.value, h.prev_last_crc);
    for (;;) {
        const SegmentReader::Step step = reader.next();
        if (step.damage)
            line(out, "DAMAGE at bytes {} to {}: {}", step.damage->from, step.damage->to,
                 step.damage->reason);
        if (!step.group) break;
        const Group& group = *step.group;
        line(out, "group {} at {} body {} bytes, {} batches, committed {} crc {:08x} chain ok{}",
             group.header.lsn.value, group.offset, group.header.body_bytes, group.header.batches,
             format_timestamp(group.header.committed), group.header.header_crc,
             flags_text(group.header.flags));
        for (const StoredBatch& batch : group.batches) describe_batch(batch, out);
    }
    line(out, "end at {}: {}", reader.position(),
         reader.position() == reader.file_bytes() ? "the file ends here" : "no valid group follows");
}

void describe_registry(const RegistryData& registry, std::string& out) {
    line(out, "registry of log {} epoch {} crc ok", registry.uuid.hex(), registry.epoch.value);
    for (const SourceInfo& source : registry.sources)
        line(out, "  source {} stream '{}' shard {} incarnation {}", source.id.value, source.stream,
             source.shard.value, source.incarnation);
}

void describe_cut(const CutObject& object, std::string& out) {
    line(out,
         "  object hour {} source {} {} records {} to {} lines {} bytes stored {} newest {} last group {}{}",
         format_timestamp(object.hour), object.source.value,
         object.kind == BatchKind::data ? "data" : "control", object.first.value, object.last.value,
         object.raw_bytes, object.stored_bytes, format_timestamp(object.last_arrived),
         object.last_group.value, object.removed ? " removed" : "");
}

void describe_cuts(const CutsData& cuts, std::string& out) {
    line(out, "cuts of log {} version {} crc ok", cuts.uuid.hex(), cuts.version);
    for (const PassPtr& pass : cuts.passes) {
        line(out, "pass {} groups {} to {} {}{}", pass->number, pass->from.value, pass->to.value,
             pass->done ? "done" : "begun", pass->pinned ? " pinned: its segments are kept" : "");
        for (const CutObject& object : pass->objects) describe_cut(object, out);
        for (const CutGap& gap : pass->gaps)
            line(out, "  gap source {} records {} to {} seen by group {}: {}", gap.source.value,
                 gap.from.value, gap.to.value, gap.seen.value, gap.reason);
    }
    for (const RemovedRange& range : cuts.removed)
        line(out, "removed by retention: source {} before {}, last group {}", range.source.value,
             range.earliest.value, range.last_group.value);
}

/// Whether the file is, or was, one of those that are written whole: the damage may be in its first bytes.
bool describe_state(std::string_view name, std::string_view bytes, std::string& out) {
    if (bytes.starts_with(kRegistryMagic) || name == "registry" || name == "registry.copy") {
        const auto registry = decode_registry(bytes);
        registry ? describe_registry(*registry, out) : line(out, "DAMAGE: {}", registry.error().message);
        return true;
    }
    if (!bytes.starts_with(kCutsMagic) && name != "cuts" && name != "cuts.copy") return false;
    const auto cuts = decode_cuts(bytes);
    cuts ? describe_cuts(*cuts, out) : line(out, "DAMAGE: {}", cuts.error().message);
    return true;
}

}  // namespace

Status inspect_file(Filesystem& fs, const std::string& path, std::string& out) {
    if (TILLSTREAM_TRY(looks_sealed(fs, path))) return describe_sealed(fs, path, out);
    auto reader = SegmentReader::open(fs, path);
    if (reader) {
        describe_segment(**reader, out);
        return {};
    }
    if (reader.error().code != Errc::corruption) return failure(std::move(reader).error());
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (describe_state(name, TILLSTREAM_TRY(read_file(fs, path)), out)) return {};
    if (segment_id(name)) {
        line(out, "DAMAGE: {}", reader.error().message);
        return {};
    }
    return failure(Errc::invalid_argument,
                   fmt::format("{} is no journal segment, log registry, cuts or sealed object", path));
}

Status scan_log(Filesystem& fs, const std::string& dir, const LogVisitor& visitor) {
    const RegistryData registry = TILLSTREAM_TRY(load_registry(fs, dir));
    if (visitor.on_sources) visitor.on_sources(registry.sources);
    const Recovered recovered =
        TILLSTREAM_TRY(recover(fs, dir, registry.uuid, static_cast<std::uint32_t>(registry.sources.size())));
    const Published published(recovered, 0);
    JournalReader reader(fs, published, registry.uuid, Cursor{}, ReadFrom::storage);
    constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
    for (;;) {
        const LogRead piece = TILLSTREAM_TRY(reader.read(kPieceBytes));
        if (visitor.on_gap)
            for (const Gap& gap : piece.gaps) visitor.on_gap(gap);
        if (piece.batches.empty()) return {};
        for (const LogBatch& batch : piece.batches)
            if (visitor.on_batch && !visitor.on_batch(batch)) return {};
    }
}

}  // namespace tillstream
