#include "quarantine/sink_reject.h"

#include <charconv>

#include "json/scanner.h"
#include "json/writer.h"
#include "ports/control_batch.h"

namespace tillstream {

namespace {

template <class Id>
void read_number(std::string_view text, Id& id) {
    std::from_chars(text.data(), text.data() + text.size(), id.value);
}

}  // namespace

LogBatch sink_reject_batch(SourceId system_source, const std::vector<SinkReject>& rejects) {
    std::vector<std::string> records;
    for (const SinkReject& reject : rejects) {
        json::Writer out(records.emplace_back());
        out.begin_object()
            .member("type", "sink_reject")
            .member("sink", reject.sink)
            .member("stream", reject.stream);
        out.member("shard", reject.shard.value).member("source", reject.source.value);
        out.member("offset", reject.offset.value).member("contract", reject.contract);
        out.member("error", reject.error).member("raw", reject.raw).end_object();
    }
    return control_batch(system_source, records);
}

std::optional<SinkReject> parse_sink_reject(std::string_view record) {
    const Buffer padded(record);
    json::Scanner scanner;
    std::vector<json::Field> fields;
    if (scanner.scan_object(padded.view(), {}, fields)) return std::nullopt;
    SinkReject reject;
    bool is_reject = false;
    for (const json::Field& field : fields) {
        if (field.key == "type")
            is_reject = field.text == "sink_reject";
        else if (field.key == "sink")
            reject.sink = field.text;
        else if (field.key == "stream")
            reject.stream = field.text;
        else if (field.key == "shard")
            read_number(field.text, reject.shard);
        else if (field.key == "source")
            read_number(field.text, reject.source);
        else if (field.key == "offset")
            read_number(field.text, reject.offset);
        else if (field.key == "contract")
            reject.contract = field.text;
        else if (field.key == "error")
            reject.error = field.text;
        else if (field.key == "raw")
            reject.raw = field.text;
    }
    if (!is_reject) return std::nullopt;
    return reject;
}

}  // namespace tillstream
