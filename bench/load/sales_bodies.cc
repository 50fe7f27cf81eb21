#include "bench/load/sales_bodies.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "producer/random.h"

namespace tillstream::bench {

namespace {

constexpr std::string_view kNoInvoice = "1000000000";
static_assert(kNoInvoice.size() == SalesBodies::kInvoiceDigits);
/// As `tillstream send` begins the ids of a file; the invoice number and the line in it follow.
constexpr std::string_view kEventIdStart = "a7c31f0e9b5d2846-";

constexpr std::array<std::string_view, 12> kAdjectives = {
    "WHITE HANGING", "RED WOOLLY",     "VINTAGE",    "SET OF 6",   "CREAM CUPID",     "PACK OF 72",
    "JUMBO",         "REGENCY 3 TIER", "GLASS STAR", "RETRO SPOT", "ASSORTED COLOUR", "SMALL HEART"};
constexpr std::array<std::string_view, 12> kNouns = {
    "T-LIGHT HOLDER", "HOT WATER BOTTLE", "CAKE CASES",      "COAT HANGER", "BIRD ORNAMENT", "LUNCH BOX",
    "STORAGE JAR",    "CAKESTAND",        "FROSTED LANTERN", "BAG CHARM",   "PICTURE FRAME", "DOORMAT"};
constexpr std::array<std::string_view, 6> kCountries = {"United Kingdom", "Germany", "France",
                                                        "EIRE",           "Spain",   "Netherlands"};

struct Sale {
    std::uint32_t product = 0;
    std::string_view adjective;
    std::string_view noun;
    std::string_view country;
    std::int64_t quantity = 0;
    std::uint32_t price_cents = 0;
    std::uint32_t day = 0;
    std::uint32_t minute = 0;
    std::uint32_t customer = 0;  ///< 0: none
};

/// Sales one after the other; those of one invoice share customer, country and time.
class SaleMaker {
public:
    explicit SaleMaker(std::uint64_t seed) : random_(seed) {}

    const Sale& next(bool new_invoice) {
        if (new_invoice) {
            sale_.customer = random_.one_in(4) ? 0 : 12'346 + random_.skewed_below(4'372, 2);
            sale_.country = kCountries[random_.skewed_below(kCountries.size(), 3)];
            sale_.day = 1 + random_.below(28);
            sale_.minute = 480 + random_.below(720);
        }
        sale_.product = random_.skewed_below(4'070, 2);
        sale_.adjective = kAdjectives[sale_.product % kAdjectives.size()];
        sale_.noun = kNouns[sale_.product / kAdjectives.size() % kNouns.size()];
        sale_.quantity = random_.one_in(50) ? -random_.between(1, 12) : random_.between(1, 24);
        sale_.price_cents = 19 + sale_.product * 37 % 1'576;
        return sale_;
    }

private:
    Random random_;
    Sale sale_;
};

void append_event_id(std::string& out, std::uint32_t line) {
    fmt::format_to(std::back_inserter(out), R"("event_id":"{}{}-{:02}",)", kEventIdStart, kNoInvoice, line);
}

void append_json(std::string& out, const Sale& sale) {
    fmt::format_to(std::back_inserter(out),
                   R"("InvoiceNo":"{}","StockCode":"{}{}","Description":"{} {}","Quantity":{},)"
                   R"("InvoiceDate":"2011-11-{:02}T{:02}:{:02}:00Z","UnitPrice":{}.{:02})",
                   kNoInvoice, 20'000 + sale.product, sale.product % 7 == 0 ? "A" : "", sale.adjective,
                   sale.noun, sale.quantity, sale.day, sale.minute / 60, sale.minute % 60,
                   sale.price_cents / 100, sale.price_cents % 100);
    if (sale.customer != 0) fmt::format_to(std::back_inserter(out), R"(,"CustomerID":{})", sale.customer);
    fmt::format_to(std::back_inserter(out), R"(,"Country":"{}"}})", sale.country);
}

void append_csv(std::string& out, const Sale& sale) {
    fmt::format_to(std::back_inserter(out), "{},{}{},{} {},{},2011-11-{:02}T{:02}:{:02}:00Z,{}.{:02},{},{}",
                   kNoInvoice, 20'000 + sale.product, sale.product % 7 == 0 ? "A" : "", sale.adjective,
                   sale.noun, sale.quantity, sale.day, sale.minute / 60, sale.minute % 60,
                   sale.price_cents / 100, sale.price_cents % 100,
                   sale.customer == 0 ? "" : fmt::to_string(sale.customer), sale.country);
}

/// With its line break, if the format has one.
void append_record(std::string& out, const BodyOptions& options, const Sale& sale, std::uint32_t line) {
    if (options.format == BodyFormat::csv) {
        append_csv(out, sale);
    } else {
        out += '{';
        if (options.event_ids) append_event_id(out, line);
        append_json(out, sale);
    }
    if (options.format != BodyFormat::json) out += '\n';
}

std::string_view content_type(BodyFormat format) {
    switch (format) {
        case BodyFormat::json: return "application/json";
        case BodyFormat::ndjson: return "application/x-ndjson";
        case BodyFormat::csv: return "text/csv; charset=utf-8";
    }
    return "";
}

std::string_view text_before(const BodyOptions& options) {
    if (options.format == BodyFormat::csv) {
        return "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";
    }
    return options.format == BodyFormat::json && options.records > 1 ? "[" : "";
}

SalesRequest make_sales_request(const BodyOptions& options, SaleMaker& maker) {
    SalesRequest request;
    std::string body(text_before(options));
    const bool array = body == "[";
    for (std::uint32_t i = 0; i < options.records; ++i) {
        const Sale& sale = maker.next(i % SalesBodies::kLinesPerInvoice == 0);
        if (array && i > 0) body += ',';
        const std::size_t start = body.size();
        append_record(body, options, sale, i % SalesBodies::kLinesPerInvoice);
        std::size_t number = body.find(kNoInvoice, start);
        if (options.event_ids) {
            request.event_id_at.push_back(static_cast<std::uint32_t>(number));
            number = body.find(kNoInvoice, number + kNoInvoice.size());
        }
        request.invoice_at.push_back(static_cast<std::uint32_t>(number));
        constexpr int kUnitsPerCent = 100;  // of 10^-kMoneyScale
        request.sums.add({1, sale.quantity, Int128{sale.quantity} * sale.price_cents * kUnitsPerCent});
    }
    if (array) body += ']';
    request.bytes =
        fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}\r\n",
                    options.path, options.host, content_type(options.format), body.size(),
                    options.token.empty() ? "" : "Authorization: Bearer " + options.token + "\r\n");
    for (auto* places : {&request.invoice_at, &request.event_id_at}) {
        for (std::uint32_t& at : *places) at += static_cast<std::uint32_t>(request.bytes.size());
    }
    request.bytes += body;
    return request;
}

}  // namespace

Result<BodyFormat> parse_body_format(std::string_view text) {
    if (text == "json") return BodyFormat::json;
    if (text == "ndjson") return BodyFormat::ndjson;
    if (text == "csv") return BodyFormat::csv;
    return failure(Errc::invalid_argument, fmt::format("format '{}' is none of json, ndjson and csv", text));
}

std::size_t estimated_request_bytes(const BodyOptions& options) {
    const std::size_t of_id = options.event_ids ? 45 : 0;
    return 200 + std::size_t{options.records} * (options.format == BodyFormat::csv ? 100 : 190 + of_id);
}

SalesBodies::SalesBodies(const BodyOptions& options, std::size_t count, std::uint64_t first_invoice)
    : next_invoice_(first_invoice) {
    SaleMaker maker(options.seed);
    requests_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) requests_.push_back(make_sales_request(options, maker));
}

void SalesBodies::stamp(SalesRequest& request) {
    std::array<char, kInvoiceDigits> digits{};
    for (std::size_t i = 0; i < request.invoice_at.size(); ++i) {
        if (i % kLinesPerInvoice == 0) {
            std::uint64_t rest = next_invoice_++;
            for (std::size_t d = kInvoiceDigits; d-- > 0; rest /= 10)
                digits[d] = static_cast<char>('0' + rest % 10);
        }
        request.bytes.replace(request.invoice_at[i], kInvoiceDigits, digits.data(), kInvoiceDigits);
        if (request.event_id_at.empty()) continue;
        request.bytes.replace(request.event_id_at[i], kInvoiceDigits, digits.data(), kInvoiceDigits);
    }
}

}  // namespace tillstream::bench
