#include <fmt/format.h>

#include <charconv>

#include "log/internal/sealed_object.h"

namespace tillstream::journal {

namespace {

constexpr std::string_view kDataFolder = "lake/raw/";
constexpr std::string_view kControlFolder = "state/raw/";
constexpr std::string_view kSuffix = ".ndjson.zst";
constexpr std::string_view kNoName = "%";  // no encoded byte, so no stream's

bool is_plain(char c, bool first) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || c == '_' || c == '-' || (c == '.' && !first);
}

std::string encode_stream(std::string_view stream) {
    if (stream.empty()) return std::string(kNoName);
    std::string out;
    for (const char c : stream) {
        if (is_plain(c, out.empty())) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

/// The inverse, of any text: whoever calls it encodes again and compares.
std::string decode_stream(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
            out += static_cast<char>(byte);
            i += 2;
        } else if (text != kNoName) {
            out += text[i];
        }
    }
    return out;
}

/// Takes pieces off the front of a name; every failure sticks.
class NameReader {
public:
    explicit NameReader(std::string_view text) : rest_(text) {}

    bool ok() const { return ok_ && rest_.empty(); }
    bool starts(std::string_view piece) const { return rest_.starts_with(piece); }
    NameReader& skip(std::string_view piece) {
        ok_ = ok_ && starts(piece);
        if (ok_) rest_.remove_prefix(piece.size());
        return *this;
    }
    template <class T>
    NameReader& number(T& into) {
        const auto [stop, fault] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), into);
        ok_ = ok_ && fault == std::errc();
        if (ok_) rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
        return *this;
    }
    std::string_view part() {
        const std::string_view part = rest_.substr(0, rest_.find('/'));
        rest_.remove_prefix(part.size());
        return part;
    }

private:
    std::string_view rest_;
    bool ok_ = true;
};

/// Most shards have no other: their names need not say so (FACES "Raw lake").
constexpr std::uint32_t kFirstIncarnation = 0;

}  // namespace

std::string sealed_object_folder(std::string_view stream, BatchKind kind) {
    return fmt::format("{}{}/", kind == BatchKind::data ? kDataFolder : kControlFolder,
                       encode_stream(stream));
}

std::string sealed_object_name(const SealedId& id) {
    const CivilTime hour = to_civil(id.hour);
    const std::string incarnation = id.source.incarnation == kFirstIncarnation
                                        ? std::string()
                                        : fmt::format("i{}", id.source.incarnation);
    return fmt::format("{}year={:04}/month={:02}/day={:02}/hour={:02}/s{}{}-{}-{}{}",
                       sealed_object_folder(id.source.stream, id.kind), hour.year, hour.month, hour.day,
                       hour.hour, id.source.shard.value, incarnation, id.first.value, id.last.value, kSuffix);
}

std::optional<SealedId> parse_sealed_object_name(std::string_view name) {
    SealedId id;
    CivilTime hour;
    NameReader reader(name);
    id.kind = reader.starts(kControlFolder) ? BatchKind::control : BatchKind::data;
    reader.skip(id.kind == BatchKind::data ? kDataFolder : kControlFolder);
    id.source.stream = decode_stream(reader.part());
    id.source.incarnation = kFirstIncarnation;
    reader.skip("/year=").number(hour.year).skip("/month=").number(hour.month).skip("/day=");
    reader.number(hour.day).skip("/hour=").number(hour.hour).skip("/s").number(id.source.shard.value);
    if (reader.starts("i")) reader.skip("i").number(id.source.incarnation);
    reader.skip("-").number(id.first.value).skip("-").number(id.last.value).skip(kSuffix);
    if (!reader.ok() || !is_valid_date(hour.year, hour.month, hour.day) || hour.hour < 0 || hour.hour > 23)
        return std::nullopt;
    id.hour = to_timestamp(hour);
    // One object, one name: leading zeros and needless escapes are somebody else's.
    if (sealed_object_name(id) != name) return std::nullopt;
    return id;
}

}  // namespace tillstream::journal
