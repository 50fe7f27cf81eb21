#include "adapters/rocksdb/internal/keys.h"

#include <algorithm>
#include <cstring>

namespace tillstream::rocks {

namespace {

constexpr char kPositionKind = 1;
constexpr char kItemKind = 2;
constexpr char kNumber = 1;
constexpr char kBytes = 2;
/// A zero byte is written as these two, and the end as kEnd, which sorts before them.
constexpr std::string_view kZero{"\0\xff", 2};
constexpr std::string_view kEnd{"\0\x01", 2};

template <class Unsigned>
void append_big_endian(std::string& key, Unsigned value) {
    for (int shift = sizeof(Unsigned) * 8 - 8; shift >= 0; shift -= 8) {
        key += static_cast<char>(value >> shift);
    }
}

template <class Unsigned>
bool take_big_endian(std::string_view& from, Unsigned& value) {
    if (from.size() < sizeof(Unsigned)) return false;
    value = 0;
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
        value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(from[i]));
    }
    from.remove_prefix(sizeof(Unsigned));
    return true;
}

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

void append_terminated(std::string& key, std::string_view bytes) {
    for (const char byte : bytes) {
        if (byte == '\0') {
            key += kZero;
        } else {
            key += byte;
        }
    }
    key += kEnd;
}

bool take_terminated(std::string_view& from, std::string& bytes) {
    bytes.clear();
    while (true) {
        const std::size_t zero = from.find('\0');
        if (zero == std::string_view::npos || zero + 1 == from.size()) return false;
        bytes += from.substr(0, zero);
        const bool end = from[zero + 1] == kEnd[1];
        if (!end && from[zero + 1] != kZero[1]) return false;
        from.remove_prefix(zero + 2);
        if (end) return true;
        bytes += '\0';
    }
}

/// The kind byte and a number; false if the part is bytes.
bool append_number(std::string& key, const TableKeyPart& part) {
    const auto* number = std::get_if<std::int64_t>(&part);
    key += number == nullptr ? kBytes : kNumber;
    if (number == nullptr) return false;
    append_big_endian(key, static_cast<std::uint64_t>(*number) ^ kSign);
    return true;
}

bool take_number(std::string_view& from, std::int64_t& number) {
    std::uint64_t bits = 0;
    if (!take_big_endian(from, bits)) return false;
    number = static_cast<std::int64_t>(bits ^ kSign);
    return true;
}

bool take_byte(std::string_view& from, char& byte) {
    if (from.empty()) return false;
    byte = from.front();
    from.remove_prefix(1);
    return true;
}

}  // namespace

void append_table(std::string& key, std::string_view table) {
    key += kItemKind;
    append_terminated(key, table);
}

void append_partition(std::string& key, const TableKeyPart& partition) {
    if (!append_number(key, partition)) append_terminated(key, std::get<std::string_view>(partition));
}

void append_sort(std::string& key, const TableKeyPart& sort) {
    if (!append_number(key, sort)) key += std::get<std::string_view>(sort);
}

void append_item_key(std::string& bytes, const TableKey& key) {
    append_table(bytes, key.table);
    append_partition(bytes, key.partition);
    append_sort(bytes, key.sort);
}

std::string item_key(const TableKey& key) {
    std::string bytes;
    append_item_key(bytes, key);
    return bytes;
}

std::string consumer_prefix(std::string_view consumer) {
    std::string key(1, kPositionKind);
    append_terminated(key, consumer);
    return key;
}

std::string position_key(std::string_view consumer, SourceId source) {
    std::string key = consumer_prefix(consumer);
    append_big_endian(key, source.value);
    return key;
}

std::string behind(std::string prefix) {
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

bool read_item_key(std::string_view rest, KeyScratch& scratch, TableKeyPart& partition, TableKeyPart& sort) {
    char kind = 0;
    std::int64_t number = 0;
    if (!take_byte(rest, kind)) return false;
    if (kind == kNumber) {
        if (!take_number(rest, number)) return false;
        partition = number;
    } else {
        if (kind != kBytes || !take_terminated(rest, scratch.partition)) return false;
        partition = std::string_view(scratch.partition);
    }
    if (!take_byte(rest, kind)) return false;
    if (kind == kNumber) {
        if (!take_number(rest, number) || !rest.empty()) return false;
        sort = number;
        return true;
    }
    sort = rest;
    return kind == kBytes && !rest.empty();
}

bool read_position_key(std::string_view key, std::string& consumer, SourceId& source) {
    char kind = 0;
    return take_byte(key, kind) && kind == kPositionKind && take_terminated(key, consumer) &&
           take_big_endian(key, source.value) && key.empty();
}

}  // namespace tillstream::rocks
