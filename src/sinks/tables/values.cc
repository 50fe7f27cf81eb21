#include "sinks/tables/internal/values.h"

#include <fmt/format.h>

#include "core/checksum.h"
#include "core/varint.h"
#include "sinks/tables/internal/layout.h"

namespace tillstream::tables {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCrcBytes = 4;

enum HeadFlag : std::uint8_t { kHasCustomer = 1, kOwnShare = 2, kHasLines = 4, kHeadFlags = 7 };

enum LineFlag : std::uint8_t {
    kHasDescription = 1,
    kHasTotal = 2,  ///< not just quantity * unit_price at the same scale
    kNewCustomer = 4,
    kHasLineCustomer = 8,
    kNewCountry = 16,
    kHasCountry = 32,
    kLineFlags = 63,
};

/// Fixed fields of one value are written in one piece: this is more than any group of them takes.
constexpr std::size_t kFieldsRoom = 128;

char* write_signed(char* at, std::int64_t value) { return write_varint(at, fold_sign(value)); }
char* write_wide(char* at, Int128 value) {
    const UInt128 folded = fold_sign128(value);
    // Nearly every amount is short, and 64-bit arithmetic is faster.
    return folded >> 64 == 0 ? write_varint(at, static_cast<std::uint64_t>(folded))
                             : write_varint(at, folded);
}
char* write_text(char* at, std::string_view text) {
    at = write_varint(at, static_cast<std::uint64_t>(text.size()));
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return at + text.size();
}
/// None is 0, else the size plus one.
char* write_optional(char* at, const OptionalText& text) {
    if (!text) return write_varint(at, std::uint64_t{0});
    at = write_varint(at, static_cast<std::uint64_t>(text->size()) + 1);
    if (!text->empty()) std::memcpy(at, text->data(), text->size());
    return at + text->size();
}
std::size_t size_of(const OptionalText& text) { return text ? text->size() : 0; }

char* write_sums(char* at, const Sums& sums) {
    at = write_varint(at, sums.lines);
    at = write_wide(at, sums.units);
    *at++ = static_cast<char>(sums.scale);
    return write_wide(at, sums.total);
}

char* write_share(char* at, const Share& share) {
    at = write_sums(at, share.sums);
    at = write_signed(at, share.time.micros);
    return write_optional(at, share.country);
}

/// Of all from `start` on.
void append_crc(Buffer& out, std::size_t start) {
    const std::uint32_t crc = crc32c(out.view().substr(start));
    store_le(out.extend(kCrcBytes), crc);
}

/// Room for fields and texts, filled by `fields`, then the CRC.
template <class Fields>
void append_value(Buffer& out, std::size_t text_bytes, Fields&& fields) {
    const std::size_t start = out.size();
    char* at = out.extend(2 * kFieldsRoom + text_bytes);
    *at++ = static_cast<char>(kVersion);
    at = fields(at);
    out.resize(static_cast<std::size_t>(at - out.data()));
    append_crc(out, start);
}

class Reading {
public:
    Reading(const char*& at, const char* end) : at_(at), end_(end) {}

    template <class Unsigned>
    bool number(Unsigned& value) {
        return read_varint(at_, end_, value);
    }
    bool byte(int& value) {
        if (at_ == end_) return false;
        value = static_cast<unsigned char>(*at_++);
        return true;
    }
    bool scale(int& value) { return byte(value) && value <= 38; }
    bool signed_number(std::int64_t& value) {
        std::uint64_t folded = 0;
        if (!number(folded)) return false;
        value = unfold_sign(folded);
        return true;
    }
    bool wide(Int128& value) {
        UInt128 folded = 0;
        if (!number(folded)) return false;
        value = unfold_sign128(folded);
        return true;
    }
    bool text(std::string_view& value) {
        std::uint64_t size = 0;
        return number(size) && bytes(size, value);
    }
    bool optional(OptionalText& value) {
        std::uint64_t size = 0;
        if (!number(size)) return false;
        value = size == 0 ? OptionalText{} : OptionalText{std::string_view{}};
        return size == 0 || bytes(size - 1, *value);
    }
    bool sums(Sums& value) {
        return number(value.lines) && wide(value.units) && scale(value.scale) && wide(value.total);
    }
    bool share(Share& value) {
        return sums(value.sums) && signed_number(value.time.micros) && optional(value.country);
    }

private:
    bool bytes(std::uint64_t size, std::string_view& value) {
        if (size > static_cast<std::uint64_t>(end_ - at_)) return false;
        value = {at_, size};
        at_ += size;
        return true;
    }

    const char*& at_;
    const char* end_;
};

/// The fields between version and CRC.
Result<std::string_view> fields_of(std::string_view bytes, std::string_view what) {
    if (bytes.size() < 1 + kCrcBytes) return failure(damaged(fmt::format("{} is cut off", what)));
    const std::string_view covered = bytes.substr(0, bytes.size() - kCrcBytes);
    if (crc32c(covered) != load_le<std::uint32_t>(bytes.data() + covered.size())) {
        return failure(damaged(fmt::format("the checksum of {} is wrong", what)));
    }
    const auto version = static_cast<std::uint8_t>(bytes[0]);
    if (version != kVersion) {
        return failure(Errc::unsupported,
                       fmt::format("{} is in version {}, this program reads {}", what, version, kVersion));
    }
    return covered.substr(1);
}

/// Reads all fields with `read`, which must use them up.
template <class Value, class Read>
Result<Value> read_fields(std::string_view bytes, std::string_view what, Read&& read) {
    const std::string_view fields = TILLSTREAM_TRY(fields_of(bytes, what));
    const char* at = fields.data();
    const char* end = at + fields.size();
    Value value;
    Reading reading(at, end);
    if (!read(reading, value) || at != end) return failure(damaged(fmt::format("{} cannot be read", what)));
    return value;
}

/// The same without undefined behaviour where a difference does not fit.
std::int64_t difference(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t sum(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

void append_share(Buffer& out, const Share& share) {
    append_value(out, size_of(share.country), [&](char* at) { return write_share(at, share); });
}

Result<Share> read_share(std::string_view bytes) {
    return read_fields<Share>(bytes, "a customer's share of an invoice",
                              [](Reading& reading, Share& share) { return reading.share(share); });
}

void append_head(Buffer& out, const Head& head) {
    // An invoice of one customer, as nearly all are, has the same sums twice: they are written once.
    const bool own = head.customer && !(head.customers == head.whole);
    const bool lines = !head.first_lines.empty();
    const std::size_t texts =
        size_of(head.whole.country) + size_of(head.customers.country) + head.first_lines.size();
    append_value(out, texts, [&](char* at) {
        *at++ = static_cast<char>((head.customer ? kHasCustomer : 0) | (own ? kOwnShare : 0) |
                                  (lines ? kHasLines : 0));
        at = write_share(at, head.whole);
        if (head.customer) at = write_signed(at, *head.customer);
        if (own) at = write_share(at, head.customers);
        return lines ? write_text(at, head.first_lines) : at;
    });
}

Result<Head> read_head(std::string_view bytes) {
    return read_fields<Head>(bytes, "the head of an invoice", [](Reading& reading, Head& head) {
        int flags = 0;
        if (!reading.byte(flags) || flags > kHeadFlags || !reading.share(head.whole)) return false;
        const bool own = (flags & kOwnShare) != 0;
        if ((flags & kHasCustomer) != 0) {
            if (!reading.signed_number(head.customer.emplace())) return false;
            head.customers = head.whole;
        }
        if (own && (!head.customer || !reading.share(head.customers))) return false;
        return (flags & kHasLines) == 0 || (reading.text(head.first_lines) && !head.first_lines.empty());
    });
}

void append_customer_part(Buffer& out, const CustomerPart& part) {
    append_value(out, part.newest_invoice.size() + size_of(part.country), [&](char* at) {
        at = write_varint(at, part.invoices);
        at = write_sums(at, part.sums);
        at = write_signed(at, part.first.micros);
        at = write_signed(at, part.last.micros);
        at = write_text(at, part.newest_invoice);
        at = write_varint(at, part.newest_line);
        return write_optional(at, part.country);
    });
}

Result<CustomerPart> read_customer_part(std::string_view bytes) {
    return read_fields<CustomerPart>(bytes, "a customer's totals", [](Reading& reading, CustomerPart& part) {
        return reading.number(part.invoices) && reading.sums(part.sums) &&
               reading.signed_number(part.first.micros) && reading.signed_number(part.last.micros) &&
               reading.text(part.newest_invoice) && reading.number(part.newest_line) &&
               reading.optional(part.country);
    });
}

void ChunkWriter::begin(Buffer& out, const ChunkHead& head) {
    out_ = &out;
    start_ = out.size();
    last_ = {};
    same_scale_ = head.price_scale == head.total_scale;
    char* at = out.extend(kFieldsRoom);
    *at++ = static_cast<char>(kVersion);
    at = write_varint(at, head.source.value);
    *at++ = static_cast<char>(head.price_scale);
    *at++ = static_cast<char>(head.total_scale);
    out.resize(static_cast<std::size_t>(at - out.data()));
}

void ChunkWriter::add(const StoredLine& line) {
    Int128 product = 0;
    const bool total = !same_scale_ ||
                       __builtin_mul_overflow(line.unit_price, Int128{line.quantity}, &product) ||
                       line.line_total != product;
    const bool customer = line.customer != last_.customer;
    const bool country = line.country != last_.country;
    const std::size_t texts =
        line.stock_code.size() + size_of(line.description) + (country ? size_of(line.country) : 0);
    char* at = out_->extend(kFieldsRoom + texts);
    *at++ =
        static_cast<char>((line.description ? kHasDescription : 0) | (total ? kHasTotal : 0) |
                          (customer ? kNewCustomer : 0) | (customer && line.customer ? kHasLineCustomer : 0) |
                          (country ? kNewCountry : 0) | (country && line.country ? kHasCountry : 0));
    at = write_varint(at, line.offset.value - last_.offset.value);
    at = write_signed(at, difference(line.time.micros, last_.time.micros));
    at = write_text(at, line.stock_code);
    if (line.description) at = write_text(at, *line.description);
    at = write_signed(at, line.quantity);
    at = write_wide(at, line.unit_price);
    if (total) at = write_wide(at, line.line_total);
    if (customer && line.customer) at = write_signed(at, *line.customer);
    if (country && line.country) at = write_text(at, *line.country);
    out_->resize(static_cast<std::size_t>(at - out_->data()));
    last_ = line;
}

void ChunkWriter::finish() { append_crc(*out_, start_); }

Result<ChunkReader> ChunkReader::open(std::string_view bytes) {
    const std::string_view fields = TILLSTREAM_TRY(fields_of(bytes, "lines of an invoice"));
    ChunkReader chunk;
    chunk.at_ = fields.data();
    chunk.end_ = chunk.at_ + fields.size();
    Reading reading(chunk.at_, chunk.end_);
    if (!reading.number(chunk.head_.source.value) || !reading.scale(chunk.head_.price_scale) ||
        !reading.scale(chunk.head_.total_scale)) {
        return failure(damaged("lines of an invoice cannot be read"));
    }
    return chunk;
}

Result<StoredLine> ChunkReader::next() {
    Reading reading(at_, end_);
    StoredLine line;
    int flags = 0;
    std::uint64_t offset = 0;
    std::int64_t time = 0;
    line.customer = last_.customer;
    line.country = last_.country;
    const auto present = [&](int flag) { return (flags & flag) != 0; };
    bool whole = reading.byte(flags) && flags <= kLineFlags && reading.number(offset) &&
                 reading.signed_number(time) && reading.text(line.stock_code);
    if (whole && present(kHasDescription)) whole = reading.text(line.description.emplace());
    whole = whole && reading.signed_number(line.quantity) && reading.wide(line.unit_price);
    if (whole && present(kHasTotal)) whole = reading.wide(line.line_total);
    if (whole && present(kNewCustomer)) {
        line.customer.reset();
        if (present(kHasLineCustomer)) whole = reading.signed_number(line.customer.emplace());
    }
    if (whole && present(kNewCountry)) {
        line.country.reset();
        if (present(kHasCountry)) whole = reading.text(line.country.emplace());
    }
    if (whole && !present(kHasTotal)) {
        whole = !__builtin_mul_overflow(line.unit_price, Int128{line.quantity}, &line.line_total);
    }
    if (!whole) return failure(damaged("lines of an invoice cannot be read"));
    line.offset.value = last_.offset.value + offset;
    line.time.micros = sum(last_.time.micros, time);
    last_ = line;
    return line;
}

}  // namespace tillstream::tables
