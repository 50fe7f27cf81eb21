#include <fmt/format.h>

#include "sinks/tables/internal/layout.h"

namespace tillstream::tables {

namespace {

constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

template <class Unsigned>
void put_big_endian(char* at, Unsigned value) {
    for (std::size_t i = sizeof(Unsigned); i-- > 0; value >>= 8) at[i] = static_cast<char>(value);
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

/// The 8 bytes behind the kind; false if the key has another kind or is shorter.
bool take_number(const TableKeyPart& sort, char kind, std::uint64_t& number, std::string_view& rest) {
    const auto* bytes = std::get_if<std::string_view>(&sort);
    if (bytes == nullptr || bytes->size() < kShareKeyBytes || bytes->front() != kind) return false;
    number = big_endian(bytes->substr(1, 8));
    rest = bytes->substr(kShareKeyBytes);
    return true;
}

}  // namespace

FixedSort FixedSort::lines(std::uint64_t first_line) {
    FixedSort sort;
    sort.bytes_[0] = 1;
    put_big_endian(sort.bytes_ + 1, first_line);
    sort.size_ = 9;
    return sort;
}

FixedSort FixedSort::customer_share(std::int64_t customer) {
    FixedSort sort;
    sort.bytes_[0] = 2;
    put_big_endian(sort.bytes_ + 1, static_cast<std::uint64_t>(customer) ^ kSign);
    sort.size_ = 9;
    return sort;
}

FixedSort FixedSort::source(SourceId source) {
    FixedSort sort;
    sort.bytes_[0] = 1;
    put_big_endian(sort.bytes_ + 1, source.value);
    sort.size_ = 5;
    return sort;
}

FixedSort FixedSort::share(Timestamp time) {
    return customer_share(time.micros);  // the same form: kind 2, a signed number
}

bool read_lines_sort(const TableKeyPart& sort, std::uint64_t& first_line) {
    std::string_view rest;
    return take_number(sort, 1, first_line, rest) && rest.empty();
}

bool read_share_sort(const TableKeyPart& sort, Timestamp& time, std::string_view& invoice_no) {
    std::uint64_t bits = 0;
    if (!take_number(sort, 2, bits, invoice_no)) return false;
    time.micros = static_cast<std::int64_t>(bits ^ kSign);
    return !invoice_no.empty();
}

Result<std::string_view> value_of(const TableItem& item) {
    const TableValue* value = item.find(kValue);
    const auto* bytes = value == nullptr ? nullptr : std::get_if<TableBytes>(value);
    if (bytes == nullptr) return failure(damaged("an item without its value"));
    return bytes->bytes;
}

Error damaged(std::string_view what) {
    return {
        Errc::corruption,
        fmt::format("the tables are damaged ({}); stop the server and delete the folder `tables` of the data "
                    "folder: it is rebuilt from the log",
                    what)};
}

}  // namespace tillstream::tables
