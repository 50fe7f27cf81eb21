#include "log/internal/sealed_inspect.h"

#include <fmt/format.h>

#include <iterator>

#include "log/internal/sealed_frames.h"
#include "log/internal/sealed_index.h"

namespace tillstream::journal {

namespace {

template <class... Args>
void line(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
    out += '\n';
}

ReadBytes reader_of(File& file) {
    return [&file](std::uint64_t offset, std::size_t size) -> Result<std::string> {
        std::string bytes(size, '\0');
        bytes.resize(TILLSTREAM_TRY(file.read_at(offset, bytes.data(), size)));
        return bytes;
    };
}

void describe_id(const SealedIndex& index, std::uint64_t bytes, std::string& out) {
    const SealedId& id = index.id();
    line(out, "sealed object of log {} source {} stream '{}' shard {} incarnation {} kind {}", id.log.hex(),
         id.source.id.value, id.source.stream, id.source.shard.value, id.source.incarnation,
         id.kind == BatchKind::data ? "data" : "control");
    line(out, "  hour {} records {} to {}, {} in {} batches and {} frames, {} bytes, index {} decoded crc ok",
         format_timestamp(id.hour), id.first.value, id.last.value, index.records(), index.batches().size(),
         index.frames().size(), bytes, index.raw_bytes());
    line(out, "  name {}", sealed_object_name(id));
}

/// Frames are read only to say whether they hold what they should.
void describe_frames(const SealedIndex& index, SealedFrames& frames, std::string& out) {
    for (std::size_t i = 0; i < index.frames().size(); ++i) {
        const SealedFrame& frame = index.frames()[i];
        const auto lines = frames.lines(i, frame.first_ordinal, index.frame_end(i));
        line(out, "frame {} at {} bytes {} raw {} records {} crc {:08x} {}", i, frame.at, frame.stored_bytes,
             frame.raw_bytes, frame.records, frame.stored_crc,
             lines ? "ok" : "DAMAGE: " + lines.error().message);
    }
}

struct BatchWords {
    const SealedIndex& index;
    SealedFrames& frames;
    std::string& out;

    void describe(std::size_t number);
    void describe_records(const SealedBatchEntry& batch, std::uint32_t from, std::uint32_t to,
                          std::string_view lines);
};

void BatchWords::describe(std::size_t number) {
    const SealedBatchEntry& batch = index.batches()[number];
    const std::uint32_t end = index.batch_end(number);
    const std::uint32_t count = end - batch.first_ordinal;
    const auto rejections = index.rejections(batch.first_ordinal, end);
    line(out, "  batch records {} to {} rejected {} arrived {} contract '{}' group {} number {}",
         batch.base.value, batch.base.value + count, rejections.size(), format_timestamp(batch.arrived),
         index.contract_of(batch), batch.group.value, batch.number);
    for (std::uint32_t from = batch.first_ordinal; from < end;) {
        const std::size_t frame = index.frame_of(from);
        const std::uint32_t to = std::min(end, index.frame_end(frame));
        if (const auto lines = frames.lines(frame, from, to)) {
            describe_records(batch, from, to, *lines);
        } else {
            line(out, "    records {} to {}: DAMAGE: {}", batch.base.value + (from - batch.first_ordinal),
                 batch.base.value + (to - batch.first_ordinal), lines.error().message);
        }
        from = to;
    }
    for (const Rejection& rejection : rejections)
        for (const FieldError& error : rejection.errors)
            line(out, "    rejected {}: {} at {}: expected {}, found {}", batch.base.value + rejection.index,
                 to_string(error.code), error.pointer, error.expected, error.found);
}

void BatchWords::describe_records(const SealedBatchEntry& batch, std::uint32_t from, std::uint32_t to,
                                  std::string_view lines) {
    RecordBlock ids;
    index.copy_event_ids(batch, from, to, ids);
    for (std::uint32_t i = 0; i < to - from; ++i) {
        const std::size_t end = lines.find('\n');
        const std::string_view id = ids.event_id(i);
        line(out, "    {} {}{}{}", batch.base.value + (from - batch.first_ordinal) + i, lines.substr(0, end),
             id.empty() ? "" : " event_id ", id);
        lines.remove_prefix(end + 1);
    }
}

}  // namespace

Result<bool> looks_sealed(Filesystem& fs, const std::string& path) {
    if (path.ends_with(".ndjson.zst")) return true;
    const auto file = TILLSTREAM_TRY(fs.open(path, {}));
    const std::uint64_t size = TILLSTREAM_TRY(file->size());
    std::string end(kSealedMagic.size(), '\0');
    if (size < end.size()) return false;
    end.resize(TILLSTREAM_TRY(file->read_at(size - end.size(), end.data(), end.size())));
    return end == kSealedMagic;
}

Status describe_sealed(Filesystem& fs, const std::string& path, std::string& out) {
    const auto file = TILLSTREAM_TRY(fs.open(path, {}));
    const ReadBytes read = reader_of(*file);
    const std::uint64_t bytes = TILLSTREAM_TRY(file->size());
    const auto index = load_sealed_index(read, bytes);
    if (!index) {
        line(out, "DAMAGE: {}; `zstd -dc` still gives the lines of whole frames", index.error().message);
        return {};
    }
    describe_id(*index, bytes, out);
    const std::uint64_t skippable_at = index->frames().back().at + index->frames().back().stored_bytes;
    const std::string header = TILLSTREAM_TRY(read(skippable_at, kSkippableHeaderBytes));
    const bool whole = header.size() == kSkippableHeaderBytes &&
                       load_le<std::uint32_t>(header.data()) == kSkippableMagic &&
                       load_le<std::uint32_t>(header.data() + 4) == bytes - skippable_at - header.size();
    line(out, "skippable frame at {} {}", skippable_at,
         whole ? "ok" : "DAMAGE: its header; other programs cannot pass over the index");
    SealedFrames frames(read, *index);
    describe_frames(*index, frames, out);
    BatchWords words{*index, frames, out};
    for (std::size_t i = 0; i < index->batches().size(); ++i) words.describe(i);
    return {};
}

}  // namespace tillstream::journal
