#include "identity/ingest_fact.h"

#include <algorithm>
#include <charconv>

#include "core/digest.h"
#include "json/scanner.h"
#include "json/writer.h"
#include "ports/control_batch.h"

namespace tillstream {

namespace {

constexpr std::size_t kDigestDigits = 32;

template <class T>
void read_number(std::string_view text, T& value) {
    std::from_chars(text.data(), text.data() + text.size(), value);
}

std::string join(const std::vector<std::uint64_t>& numbers) {
    std::string text;
    for (const std::uint64_t number : numbers) {
        if (!text.empty()) text += ',';
        text += std::to_string(number);
    }
    return text;
}

std::vector<std::uint64_t> split(std::string_view text) {
    std::vector<std::uint64_t> numbers;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        read_number(text.substr(0, end), numbers.emplace_back());
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return numbers;
}

std::vector<std::uint64_t> flat(const Position& position) {
    std::vector<std::uint64_t> numbers;
    for (const SourceOffset& entry : position) {
        numbers.push_back(entry.source.value);
        numbers.push_back(entry.next.value);
    }
    return numbers;
}

Position pairs(const std::vector<std::uint64_t>& numbers) {
    Position position;
    for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
        position.push_back({SourceId{static_cast<std::uint32_t>(numbers[i])}, Offset{numbers[i + 1]}});
    return position;
}

void write_keyed(json::Writer& out, const KeyedRequest& keyed) {
    out.member("key", keyed.key).member("body", keyed.body).member("contract", keyed.contract);
    out.member("rows", keyed.rows).member("record_bytes", keyed.record_bytes).member("depth", keyed.depth);
    out.member("form", keyed.form).member("skipped", join(keyed.skipped));
    out.member("seen", join(flat(keyed.seen))).member("parts", keyed.parts);
    if (keyed.bases.empty()) return;
    std::vector<std::uint64_t> bases;
    for (const Offset base : keyed.bases) bases.push_back(base.value);
    out.member("bases", join(bases));
}

void read_keyed(const json::Field& field, KeyedRequest& keyed) {
    if (field.key == "key") keyed.key = field.text;
    if (field.key == "body") keyed.body = field.text;
    if (field.key == "contract") keyed.contract = field.text;
    if (field.key == "rows") read_number(field.text, keyed.rows);
    if (field.key == "record_bytes") read_number(field.text, keyed.record_bytes);
    if (field.key == "depth") read_number(field.text, keyed.depth);
    if (field.key == "form") read_number(field.text, keyed.form);
    if (field.key == "skipped") keyed.skipped = split(field.text);
    if (field.key == "seen") keyed.seen = pairs(split(field.text));
    if (field.key == "parts") read_number(field.text, keyed.parts);
    if (field.key == "bases")
        for (const std::uint64_t base : split(field.text)) keyed.bases.emplace_back(base);
}

}  // namespace

std::string encode_ingest_fact(const IngestFact& fact) {
    std::string line;
    json::Writer out(line);
    out.begin_object().member("type", "ingest").member("stream", fact.stream);
    out.member("duplicates", fact.duplicates);
    if (fact.keyed) write_keyed(out, *fact.keyed);
    out.end_object();
    return line;
}

std::optional<IngestFact> parse_ingest_fact(std::string_view record) {
    const Buffer padded(record);
    json::Scanner scanner;
    std::vector<json::Field> fields;
    if (scanner.scan_object(padded.view(), {}, fields)) return std::nullopt;
    IngestFact fact;
    KeyedRequest keyed;
    bool is_fact = false;
    for (const json::Field& field : fields) {
        if (field.key == "type") is_fact = field.text == "ingest";
        if (field.key == "stream") fact.stream = field.text;
        if (field.key == "duplicates") read_number(field.text, fact.duplicates);
        read_keyed(field, keyed);
    }
    if (!is_fact) return std::nullopt;
    if (!keyed.key.empty()) fact.keyed = std::move(keyed);
    return fact;
}

LogBatch ingest_fact_batch(SourceId system_source, const IngestFact& fact) {
    const std::string record = encode_ingest_fact(fact);
    return control_batch(system_source, {&record, 1});
}

std::string request_key(std::string_view caller, std::string_view stream, std::string_view key) {
    Sha256 digest;
    digest.update(std::to_string(caller.size()) + ":" + std::to_string(stream.size()) + ":");
    digest.update(caller);
    digest.update(stream);
    digest.update(key);
    return digest.finish_hex().substr(0, kDigestDigits);
}

std::string body_digest(std::string_view kind, std::string_view body) {
    Sha256 digest;
    digest.update(kind);
    digest.update(std::string_view("\0", 1));
    digest.update(body);
    return digest.finish_hex().substr(0, kDigestDigits);
}

}  // namespace tillstream
