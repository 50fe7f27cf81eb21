#include "adapters/rocksdb/internal/values.h"

#include "core/varint.h"

namespace tillstream::rocks {

namespace {

enum class Tag : std::uint8_t { null, no, yes, number, text, bytes };

void append_length(std::string& bytes, std::uint64_t value) {
    char buffer[kVarintBytesMax];
    bytes.append(buffer, write_varint(buffer, value));
}

void append_tag(std::string& bytes, Tag tag) { bytes += static_cast<char>(tag); }

void append_text(std::string& bytes, Tag tag, std::string_view text) {
    append_tag(bytes, tag);
    append_length(bytes, text.size());
    bytes += text;
}

void append_number(std::string& bytes, const TableNumber& number) {
    append_tag(bytes, Tag::number);
    bytes += static_cast<char>(number.scale);
    char buffer[kVarint128BytesMax];
    bytes.append(buffer, write_varint(buffer, fold_sign128(number.value)));
}

void append_value(std::string& bytes, const TableValue& value) {
    if (const auto* raw = std::get_if<TableBytes>(&value)) {
        append_text(bytes, Tag::bytes, raw->bytes);
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
        append_text(bytes, Tag::text, *text);
    } else if (const auto* number = std::get_if<TableNumber>(&value)) {
        append_number(bytes, *number);
    } else if (const auto* flag = std::get_if<bool>(&value)) {
        append_tag(bytes, *flag ? Tag::yes : Tag::no);
    } else {
        append_tag(bytes, Tag::null);
    }
}

class Reading {
public:
    explicit Reading(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

    bool at_end() const { return at_ == end_; }
    bool byte(std::uint8_t& value) {
        if (at_ == end_) return false;
        value = static_cast<std::uint8_t>(*at_++);
        return true;
    }
    template <class Unsigned>
    bool number(Unsigned& value) {
        return read_varint(at_, end_, value);
    }
    bool view(std::uint64_t size, std::string_view& into) {
        if (size > static_cast<std::uint64_t>(end_ - at_)) return false;
        into = {at_, size};
        at_ += size;
        return true;
    }
    bool text(std::string_view& into) {
        std::uint64_t size = 0;
        return number(size) && view(size, into);
    }
    bool value(TableValue& into);

private:
    bool decimal(TableValue& into) {
        std::uint8_t scale = 0;
        UInt128 folded = 0;
        if (!byte(scale) || !number(folded)) return false;
        into = TableNumber{unfold_sign128(folded), scale};
        return true;
    }

    const char* at_;
    const char* end_;
};

bool Reading::value(TableValue& into) {
    std::uint8_t tag = 0;
    if (!byte(tag)) return false;
    std::string_view bytes;
    switch (static_cast<Tag>(tag)) {
        case Tag::null: into = std::monostate{}; return true;
        case Tag::no: into = false; return true;
        case Tag::yes: into = true; return true;
        case Tag::number: return decimal(into);
        case Tag::text:
            if (!text(bytes)) return false;
            into = bytes;
            return true;
        case Tag::bytes:
            if (!text(bytes)) return false;
            into = TableBytes{bytes};
            return true;
    }
    return false;
}

}  // namespace

void append_item(std::string& bytes, std::span<const TableAttribute> attributes) {
    append_length(bytes, attributes.size());
    for (const TableAttribute& attribute : attributes) {
        bytes += static_cast<char>(attribute.name.size());
        bytes += attribute.name;
        append_value(bytes, attribute.value);
    }
}

bool read_item(std::string_view bytes, std::vector<TableAttribute>& attributes) {
    attributes.clear();
    Reading reading(bytes);
    std::uint64_t count = 0;
    if (!reading.number(count)) return false;
    for (std::uint64_t i = 0; i < count; ++i) {
        TableAttribute attribute;
        std::uint8_t size = 0;
        if (!reading.byte(size) || !reading.view(size, attribute.name) || !reading.value(attribute.value)) {
            return false;
        }
        attributes.push_back(attribute);
    }
    return reading.at_end();
}

std::string position_value(const SinkPosition& position) {
    std::string bytes;
    append_length(bytes, position.next.value);
    append_length(bytes, position.epoch.value);
    append_length(bytes, position.cursor.size());
    return bytes + position.cursor;
}

bool read_position(std::string_view bytes, SinkPosition& position) {
    Reading reading(bytes);
    std::string_view cursor;
    if (!reading.number(position.next.value) || !reading.number(position.epoch.value) ||
        !reading.text(cursor) || !reading.at_end()) {
        return false;
    }
    position.cursor = cursor;
    return true;
}

}  // namespace tillstream::rocks
