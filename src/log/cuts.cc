#include "log/internal/cuts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

#include "core/bytes.h"
#include "core/checksum.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kFixedBytes = 64;
constexpr std::size_t kPassBytes = 40;
constexpr std::size_t kObjectBytes = 64;
constexpr std::size_t kGapBytes = 32;
constexpr std::size_t kRemovedBytes = 24;
constexpr std::string_view kNames[] = {"cuts", "cuts.copy"};

constexpr std::uint32_t kDone = 1;
constexpr std::uint32_t kPinned = 2;
constexpr std::uint8_t kObjectRemoved = 1;

std::string path_of(const std::string& dir, std::string_view name) { return fmt::format("{}/{}", dir, name); }

tl::unexpected<Error> bad() { return failure(Errc::corruption, "cuts: the bytes are not what was written"); }

void encode_object(const CutObject& object, Buffer& out) {
    char* at = out.extend(kObjectBytes);
    std::memset(at, 0, kObjectBytes);
    store_le(at, object.source.value);
    store_le(at + 4, static_cast<std::uint8_t>(object.kind));
    store_le(at + 5, static_cast<std::uint8_t>(object.removed ? kObjectRemoved : 0));
    store_le(at + 8, object.hour.micros);
    store_le(at + 16, object.first.value);
    store_le(at + 24, object.last.value);
    store_le(at + 32, object.raw_bytes);
    store_le(at + 40, object.stored_bytes);
    store_le(at + 48, object.last_arrived.micros);
    store_le(at + 56, object.last_group.value);
}

void encode_gap(const CutGap& gap, Buffer& out) {
    char* at = out.extend(kGapBytes);
    store_le(at, gap.source.value);
    store_le(at + 4, static_cast<std::uint32_t>(gap.reason.size()));
    store_le(at + 8, gap.from.value);
    store_le(at + 16, gap.to.value);
    store_le(at + 24, gap.seen.value);
    out.append(gap.reason);
}

void encode_pass(const Pass& pass, Buffer& out) {
    char* at = out.extend(kPassBytes);
    std::memset(at, 0, kPassBytes);
    store_le(at, pass.number);
    store_le(at + 8, pass.from.value);
    store_le(at + 16, pass.to.value);
    store_le(at + 24, (pass.done ? kDone : 0U) | (pass.pinned ? kPinned : 0U));
    store_le(at + 28, static_cast<std::uint32_t>(pass.objects.size()));
    store_le(at + 32, static_cast<std::uint32_t>(pass.gaps.size()));
    for (const CutObject& object : pass.objects) encode_object(object, out);
    for (const CutGap& gap : pass.gaps) encode_gap(gap, out);
}

/// Takes fixed pieces off the front; whole turns false where they end early.
class Pieces {
public:
    explicit Pieces(std::string_view bytes) : rest_(bytes) {}
    const char* take(std::size_t size) {
        static constexpr char kZeros[kObjectBytes] = {};
        if (rest_.size() < size) {
            whole_ = false;
            rest_ = {};
            return kZeros;
        }
        const char* at = rest_.data();
        rest_.remove_prefix(size);
        return at;
    }
    std::string text(std::size_t size) {
        if (rest_.size() < size) {
            whole_ = false;
            return {};
        }
        std::string taken(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return taken;
    }
    bool whole() const { return whole_; }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
    bool whole_ = true;
};

CutObject decode_object(Pieces& in) {
    const char* at = in.take(kObjectBytes);
    CutObject object;
    object.source.value = load_le<std::uint32_t>(at);
    object.kind = at[4] == 0 ? BatchKind::data : BatchKind::control;
    object.removed = (at[5] & kObjectRemoved) != 0;
    object.hour.micros = load_le<std::int64_t>(at + 8);
    object.first.value = load_le<std::uint64_t>(at + 16);
    object.last.value = load_le<std::uint64_t>(at + 24);
    object.raw_bytes = load_le<std::uint64_t>(at + 32);
    object.stored_bytes = load_le<std::uint64_t>(at + 40);
    object.last_arrived.micros = load_le<std::int64_t>(at + 48);
    object.last_group.value = load_le<std::uint64_t>(at + 56);
    return object;
}

CutGap decode_gap(Pieces& in) {
    const char* at = in.take(kGapBytes);
    CutGap gap;
    gap.source.value = load_le<std::uint32_t>(at);
    gap.from.value = load_le<std::uint64_t>(at + 8);
    gap.to.value = load_le<std::uint64_t>(at + 16);
    gap.seen.value = load_le<std::uint64_t>(at + 24);
    gap.reason = in.text(load_le<std::uint32_t>(at + 4));
    return gap;
}

Pass decode_pass(Pieces& in) {
    const char* at = in.take(kPassBytes);
    Pass pass;
    pass.number = load_le<std::uint64_t>(at);
    pass.from.value = load_le<std::uint64_t>(at + 8);
    pass.to.value = load_le<std::uint64_t>(at + 16);
    const auto flags = load_le<std::uint32_t>(at + 24);
    pass.done = (flags & kDone) != 0;
    pass.pinned = (flags & kPinned) != 0;
    const auto objects = load_le<std::uint32_t>(at + 28);
    const auto gaps = load_le<std::uint32_t>(at + 32);
    for (std::uint32_t i = 0; i < objects && in.whole(); ++i) pass.objects.push_back(decode_object(in));
    for (std::uint32_t i = 0; i < gaps && in.whole(); ++i) pass.gaps.push_back(decode_gap(in));
    return pass;
}

bool follows(const std::vector<PassPtr>& passes, const Pass& next) {
    if (next.to <= next.from) return false;
    if (passes.empty()) return true;
    return passes.back()->done && passes.back()->to == next.from && passes.back()->number < next.number;
}

}  // namespace

std::uint64_t Pass::raw_bytes() const {
    std::uint64_t bytes = 0;
    for (const CutObject& object : objects)
        if (!object.removed) bytes += object.raw_bytes;
    return bytes;
}

std::vector<SourceEnd> ends_of(const CutsData& data) {
    std::map<SourceId, SourceEnd> ends;
    const auto advance = [&](SourceId source, Offset next, Timestamp arrived) {
        SourceEnd& end = ends[source];
        end = {source, std::max(end.next, next), std::max(end.arrived, arrived)};
    };
    for (const PassPtr& pass : data.passes) {
        if (!pass->done) continue;
        for (const CutObject& object : pass->objects)
            advance(object.source, Offset{object.last.value + 1}, object.last_arrived);
        for (const CutGap& gap : pass->gaps) advance(gap.source, gap.to, Timestamp{});
    }
    for (const RemovedRange& range : data.removed) advance(range.source, range.earliest, Timestamp{});
    std::vector<SourceEnd> all;
    for (const auto& [source, end] : ends) all.push_back(end);
    return all;
}

std::string encode_cuts(const CutsData& data) {
    Buffer out;
    char* at = out.extend(kFixedBytes);
    std::memset(at, 0, kFixedBytes);
    std::memcpy(at, kCutsMagic.data(), kCutsMagic.size());
    std::memcpy(at + 24, data.uuid.bytes.data(), data.uuid.bytes.size());
    store_le(at + 40, data.version);
    store_le(at + 48, static_cast<std::uint32_t>(data.passes.size()));
    store_le(at + 52, static_cast<std::uint32_t>(data.removed.size()));
    for (const PassPtr& pass : data.passes) encode_pass(*pass, out);
    for (const RemovedRange& range : data.removed) {
        char* entry = out.extend(kRemovedBytes);
        std::memset(entry, 0, kRemovedBytes);
        store_le(entry, range.source.value);
        store_le(entry + 8, range.earliest.value);
        store_le(entry + 16, range.last_group.value);
    }
    store_le(out.data() + 16, static_cast<std::uint64_t>(out.size()));
    store_le(out.data() + 8, crc32c(out.view().substr(12)));
    return std::string(out.view());
}

Result<CutsData> decode_cuts(std::string_view bytes) {
    if (bytes.size() < kFixedBytes || !bytes.starts_with(kCutsMagic) ||
        load_le<std::uint64_t>(bytes.data() + 16) != bytes.size() ||
        load_le<std::uint32_t>(bytes.data() + 8) != crc32c(bytes.substr(12)))
        return bad();
    CutsData data;
    std::memcpy(data.uuid.bytes.data(), bytes.data() + 24, data.uuid.bytes.size());
    data.version = load_le<std::uint64_t>(bytes.data() + 40);
    const auto passes = load_le<std::uint32_t>(bytes.data() + 48);
    const auto removed = load_le<std::uint32_t>(bytes.data() + 52);
    Pieces in(bytes.substr(kFixedBytes));
    for (std::uint32_t i = 0; i < passes && in.whole(); ++i) {
        Pass pass = decode_pass(in);
        if (!follows(data.passes, pass)) return bad();
        data.passes.push_back(std::make_shared<const Pass>(std::move(pass)));
    }
    for (std::uint32_t i = 0; i < removed && in.whole(); ++i) {
        const char* at = in.take(kRemovedBytes);
        data.removed.push_back({SourceId{load_le<std::uint32_t>(at)}, Offset{load_le<std::uint64_t>(at + 8)},
                                Lsn{load_le<std::uint64_t>(at + 16)}});
    }
    if (!in.whole() || !in.at_end()) return bad();
    return data;
}

Result<CutsData> load_cuts(Filesystem& fs, const std::string& dir) {
    std::optional<CutsData> newest;
    std::optional<Error> damage;
    for (const std::string_view name : kNames) {
        auto bytes = read_file(fs, path_of(dir, name));
        if (!bytes) {
            if (bytes.error().code == Errc::unavailable) return failure(std::move(bytes).error());
            if (bytes.error().code != Errc::not_found) damage = std::move(bytes).error();
            continue;
        }
        auto data = decode_cuts(*bytes);
        if (!data) {
            damage = std::move(data).error().with_context(path_of(dir, name));
            continue;
        }
        if (!newest || data->version > newest->version) newest = std::move(*data);
    }
    if (newest) return *std::move(newest);
    if (damage) return failure(*std::move(damage));
    return failure(Errc::not_found, fmt::format("no cuts in {}", dir));
}

Status store_cuts(Filesystem& fs, const std::string& dir, const CutsData& data) {
    const std::string bytes = encode_cuts(data);
    TILLSTREAM_CHECK(write_file_atomic(fs, path_of(dir, kNames[1]), bytes));
    return write_file_atomic(fs, path_of(dir, kNames[0]), bytes);
}

}  // namespace tillstream::journal
