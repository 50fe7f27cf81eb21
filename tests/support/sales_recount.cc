#include "tests/support/sales_recount.h"

#include <cctype>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>

namespace tillstream {

namespace {

struct Field {
    std::string key;
    std::string value;
    bool text = false;
};

/// The members of a flat JSON object; nothing if it is none (the simulator nests only what is too deep).
class FlatObject {
public:
    explicit FlatObject(const std::string& line) : line_(line) {}

    std::optional<std::vector<Field>> read() {
        std::vector<Field> fields;
        if (line_.empty() || line_[0] != '{') return std::nullopt;
        while (at_ < line_.size()) {
            Field field;
            if (!take_string(field.key) || at_ >= line_.size() || line_[at_++] != ':') return std::nullopt;
            if (!take_value(field)) return std::nullopt;
            fields.push_back(field);
            const char next = at_ < line_.size() ? line_[at_] : '\0';
            ++at_;
            if (next == '}') return at_ == line_.size() ? std::optional(fields) : std::nullopt;
            if (next != ',') return std::nullopt;
        }
        return std::nullopt;
    }

private:
    bool take_string(std::string& into) {
        if (at_ >= line_.size() || line_[at_] != '"') return false;
        for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
            if (line_[at_] == '\\') into += line_[at_++];
            if (at_ < line_.size()) into += line_[at_];
        }
        return at_++ < line_.size();
    }
    bool take_value(Field& field) {
        field.text = at_ < line_.size() && line_[at_] == '"';
        if (field.text) return take_string(field.value);
        while (at_ < line_.size() &&
               (isalnum(static_cast<unsigned char>(line_[at_])) != 0 || strchr("+-.", line_[at_]) != nullptr))
            field.value += line_[at_++];
        return !field.value.empty();
    }

    const std::string& line_;
    std::size_t at_ = 1;
};

/// The numbers of a text, and the text with each of them as '#'.
struct Shape {
    std::vector<int> numbers;
    std::string form;

    explicit Shape(const std::string& text) {
        bool in_number = false;
        for (const char c : text) {
            const bool digit = c >= '0' && c <= '9';
            if (!digit) {
                form += c;
            } else if (in_number) {
                // Longer numbers are no part of a date: their further digits do not matter.
                if (numbers.back() < 100'000'000) numbers.back() = numbers.back() * 10 + (c - '0');
            } else {
                form += '#';
                numbers.push_back(c - '0');
            }
            in_number = digit;
        }
    }
};

std::optional<std::string> day_of(std::string text) {
    std::erase(text, '\\');
    static const std::set<std::string> iso = {"#-#-#",          "#-#-# #:#:#",   "#-#-# #:#:# UTC",
                                              "#-#-#T#:#:#Z",   "#-#-#T#:#:#.#", "#-#-#T#:#:#+#:#",
                                              "#-#-#T#:#:#-#:#"};
    const Shape shape(text);
    const std::vector<int>& n = shape.numbers;
    tm at{};
    int ahead_minutes = 0;
    if (shape.form == "#/#/# #:#" || shape.form == "#/#/# #:#:#") {
        at.tm_mon = n[0] - 1, at.tm_mday = n[1], at.tm_year = n[2] - 1900;
    } else if (shape.form == "#-#-# #:#") {
        at.tm_mday = n[0], at.tm_mon = n[1] - 1, at.tm_year = n[2] - 1900;
    } else if (iso.contains(shape.form)) {
        at.tm_year = n[0] - 1900, at.tm_mon = n[1] - 1, at.tm_mday = n[2];
        if (n.size() == 8) {
            at.tm_hour = n[3], at.tm_min = n[4];
            ahead_minutes = n[6] * 60 + n[7];
            if (shape.form == "#-#-#T#:#:#-#:#") ahead_minutes = -ahead_minutes;
        }
    } else {
        return std::nullopt;
    }
    const int day_sent = at.tm_mday;
    const time_t seconds = timegm(&at) - ahead_minutes * 60;
    if (at.tm_mday != day_sent) return std::nullopt;
    char out[16];
    strftime(out, sizeof out, "%Y-%m-%d", gmtime(&seconds));
    return out;
}

std::string without_point_zero(const std::string& text) {
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

/// By name without case and underscores; nothing if two are the same.
std::optional<std::map<std::string, Field>> by_name(const std::vector<Field>& fields) {
    std::map<std::string, Field> named;
    for (const Field& field : fields) {
        std::string name;
        for (const char c : field.key) {
            if (c != '_') name += static_cast<char>(tolower(static_cast<unsigned char>(c)));
        }
        if (!named.emplace(name, field).second) return std::nullopt;
    }
    for (const char* name : {"invoiceno", "stockcode", "quantity", "invoicedate", "unitprice"}) {
        const auto it = named.find(name);
        if (it == named.end() || it->second.value.empty()) return std::nullopt;
        if (!it->second.text && (it->second.value == "null" || it->second.value == "true"))
            return std::nullopt;
    }
    return named;
}

std::optional<std::int64_t> quantity_of(const std::string& text) {
    const Shape shape(text);
    if ((shape.form != "#" && shape.form != "-#") || text.size() > 18) return std::nullopt;
    return std::stoll(text);
}

/// Scaled by 10^4.
std::optional<std::int64_t> price_of(const std::string& text) {
    char* end = nullptr;
    const double value = strtod(text.c_str(), &end);
    if (*end != '\0' || std::fabs(value) > 100'000) return std::nullopt;
    const std::int64_t scaled = std::llround(value * 10'000);
    if (std::fabs(value * 10'000 - static_cast<double>(scaled)) > 1e-4) return std::nullopt;
    return scaled;
}

void write_sums(std::ostream& out, const std::map<std::string, SalesRecount::Sum>& sums) {
    const char* separator = "\n";
    for (const auto& [key, sum] : sums) {
        out << separator << '"' << key << "\":{\"rows\":" << sum.rows << ",\"quantity\":" << sum.quantity
            << ",\"line_total\":\"" << money_text(sum.line_total) << "\"}";
        separator = ",\n";
    }
}

}  // namespace

std::string money_text(Int128 scaled) {
    std::string digits = std::to_string(static_cast<std::int64_t>(scaled < 0 ? -scaled : scaled));
    if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
    digits.insert(digits.size() - 4, ".");
    while (digits.back() == '0' && digits[digits.size() - 3] != '.') digits.pop_back();
    return (scaled < 0 ? "-" : "") + digits;
}

std::optional<RecountedSale> recount_sale(const std::string& line) {
    // Half a surrogate pair before a blank: no character.
    if (line.size() > (1U << 20) || line.find("\\ud83d ") != std::string::npos) return std::nullopt;
    const auto fields = FlatObject(line).read();
    if (!fields) return std::nullopt;
    auto named = by_name(*fields);
    if (!named) return std::nullopt;
    const auto day = day_of((*named)["invoicedate"].value);
    const auto quantity = quantity_of((*named)["quantity"].value);
    const auto price = price_of((*named)["unitprice"].value);
    if (!(*named)["invoicedate"].text || !day || !quantity || !price) return std::nullopt;
    RecountedSale sale{.invoice = without_point_zero((*named)["invoiceno"].value),
                       .day = *day,
                       .country = (*named)["country"].value,
                       .customer = without_point_zero((*named)["customerid"].value),
                       .quantity = *quantity,
                       .price = *price};
    if (sale.customer == "null") sale.customer.clear();
    return sale;
}

std::optional<std::string> member_text(const std::string& line, const std::string& key) {
    const auto fields = FlatObject(line).read();
    if (!fields) return std::nullopt;
    for (const Field& field : *fields) {
        if (field.key == key) return field.value;
    }
    return std::nullopt;
}

void SalesRecount::add(const std::string& ndjson) {
    constexpr std::string_view kIdKey = "{\"event_id\":\"";
    std::istringstream lines(ndjson);
    for (std::string line; std::getline(lines, line);) {
        ++sent;
        std::string id;
        if (line.starts_with(kIdKey))
            id = line.substr(kIdKey.size(), line.find('"', kIdKey.size()) - kIdKey.size());
        if (accepted_ids_.contains(id) || rejected_.contains(line)) {
            ++duplicates;
            continue;
        }
        const auto sale = recount_sale(line);
        if (!sale) {
            ++quarantined;
            // What is no object has no id to be known again by.
            if (FlatObject(line).read()) rejected_.insert(line);
            continue;
        }
        if (!id.empty()) accepted_ids_.insert(id);
        std::vector<Sum*> sums = {&accepted, &by_day[sale->day], &by_country[sale->country],
                                  &by_invoice[sale->invoice]};
        if (!sale->customer.empty()) sums.push_back(&by_customer[sale->customer]);
        for (Sum* sum : sums) {
            ++sum->rows;
            sum->quantity += sale->quantity;
            sum->line_total += Int128{sale->quantity} * sale->price;
        }
    }
}

std::string SalesRecount::expected_json() const {
    std::ostringstream out;
    out << "{\"sent\":" << sent << ",\"accepted\":" << accepted.rows << ",\"quarantined\":" << quarantined
        << ",\"duplicates\":" << duplicates << ",\"quantity\":" << accepted.quantity << ",\"line_total\":\""
        << money_text(accepted.line_total) << "\",\"invoices\":" << by_invoice.size()
        << ",\"customers\":" << by_customer.size() << ",\n\"by_day\":{";
    write_sums(out, by_day);
    out << "},\n\"by_country\":{";
    write_sums(out, by_country);
    out << "}}\n";
    return out.str();
}

}  // namespace tillstream
