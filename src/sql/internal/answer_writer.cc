#include "sql/internal/answer_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace tillstream {

namespace {

struct CellWriter {
    json::Writer& out;
    void operator()(std::monostate) const { out.null(); }
    void operator()(bool v) const { out.boolean(v); }
    void operator()(std::int64_t v) const { out.number(v); }
    void operator()(Int128 v) const { out.number(v); }
    void operator()(double v) const {
        if (!std::isfinite(v)) {
            out.null();
            return;
        }
        fmt::memory_buffer text;
        fmt::format_to(std::back_inserter(text), "{}", v);
        out.raw({text.data(), text.size()});
    }
    void operator()(const DecimalCell& v) const { out.string(format_decimal(v.value, v.scale)); }
    void operator()(DateCell v) const { out.string(format_date(v.days)); }
    void operator()(Timestamp v) const { out.string(format_timestamp(v)); }
    void operator()(JsonCell v) const { out.raw(v.text); }
    void operator()(std::string_view v) const { out.string(v); }
};

}  // namespace

void AnswerWriter::columns(std::span<const ResultColumn> columns) {
    writer_.begin_object().key("columns").begin_array();
    for (const ResultColumn& column : columns) {
        writer_.begin_object().member("name", column.name).member("type", column.type).end_object();
    }
    writer_.end_array().key("rows").begin_array();
}

bool AnswerWriter::row(std::span<const Cell> cells) {
    if (answer_.rows == rows_max_ || answer_.json.size() >= bytes_max_) {
        answer_.truncated = true;
        return false;
    }
    writer_.begin_array();
    for (const Cell& cell : cells) std::visit(CellWriter{writer_}, cell);
    writer_.end_array();
    ++answer_.rows;
    return true;
}

QueryAnswer AnswerWriter::finish() {
    writer_.end_array().member("truncated", answer_.truncated).end_object();
    return std::move(answer_);
}

}  // namespace tillstream
