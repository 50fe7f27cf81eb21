#include "producer/simulator.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cctype>
#include <cmath>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "core/digest.h"

namespace tillstream {
namespace {

std::string generate(const SimulationOptions& options) {
    ShopSimulator shop(options);
    std::string out;
    while (shop.append_next(out)) {
    }
    return out;
}

// The oracle below shares nothing with the simulator: it reads the text as a careful person would, slowly.

struct Field {
    std::string key, value;
    bool text = false;
};

/// The members of a flat JSON object; nothing if it is none (the simulator nests only what is too deep).
std::optional<std::vector<Field>> parse_line(const std::string& line) {
    std::vector<Field> fields;
    std::size_t at = 1;
    const auto take_string = [&](std::string& into) {
        if (at >= line.size() || line[at] != '"') return false;
        for (++at; at < line.size() && line[at] != '"'; ++at) {
            if (line[at] == '\\') into += line[at++];
            if (at < line.size()) into += line[at];
        }
        return at++ < line.size();
    };
    if (line.empty() || line[0] != '{') return std::nullopt;
    while (at < line.size()) {
        Field field;
        if (!take_string(field.key) || line[at++] != ':') return std::nullopt;
        field.text = line[at] == '"';
        if (field.text) {
            if (!take_string(field.value)) return std::nullopt;
        } else {
            while (at < line.size() && (isalnum(line[at]) != 0 || strchr("+-.", line[at]) != nullptr)) {
                field.value += line[at++];
            }
        }
        if (at >= line.size() || (!field.text && field.value.empty())) return std::nullopt;
        fields.push_back(field);
        const char next = line[at++];
        if (next == '}') return at == line.size() ? std::optional(fields) : std::nullopt;
        if (next != ',') return std::nullopt;
    }
    return std::nullopt;
}

struct Judged {
    std::string invoice, day, country, customer;
    long long quantity = 0, price = 0;
};

/// The numbers of a text, and the text with each of them as '#'.
struct Shape {
    std::vector<int> numbers;
    std::string form;

    explicit Shape(const std::string& text) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (isdigit(text[i]) == 0) {
                form += text[i];
            } else if (form.ends_with('#') && isdigit(text[i - 1]) != 0) {
                // Longer numbers are no part of a date: their further digits do not matter.
                if (numbers.back() < 100'000'000) numbers.back() = numbers.back() * 10 + (text[i] - '0');
            } else {
                form += '#';
                numbers.push_back(text[i] - '0');
            }
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

/// Nothing if the record must be refused.
std::optional<Judged> judge(const std::string& line) {
    // Half a surrogate pair before a blank: no character.
    if (line.size() > (1U << 20) || line.find("\\ud83d ") != std::string::npos) return std::nullopt;
    const auto fields = parse_line(line);
    if (!fields) return std::nullopt;
    std::map<std::string, Field> by_name;
    for (const Field& field : *fields) {
        std::string name;
        for (const char c : field.key) {
            if (c != '_') name += static_cast<char>(tolower(c));
        }
        if (!by_name.emplace(name, field).second) return std::nullopt;
    }
    for (const char* name : {"invoiceno", "stockcode", "quantity", "invoicedate", "unitprice"}) {
        const auto it = by_name.find(name);
        if (it == by_name.end() || it->second.value == "null" || it->second.value.empty())
            return std::nullopt;
        if (it->second.value == "true" && !it->second.text) return std::nullopt;
    }
    Judged row;
    row.invoice = without_point_zero(by_name["invoiceno"].value);
    if (!by_name["invoicedate"].text) return std::nullopt;
    const auto day = day_of(by_name["invoicedate"].value);
    if (!day) return std::nullopt;
    row.day = *day;
    const std::string quantity = by_name["quantity"].value;
    if (const std::string form = Shape(quantity).form; form != "#" && form != "-#") return std::nullopt;
    if (quantity.size() > 18) return std::nullopt;
    row.quantity = std::stoll(quantity);
    const std::string price = by_name["unitprice"].value;
    char* end = nullptr;
    const double value = strtod(price.c_str(), &end);
    if (*end != '\0' || std::fabs(value) > 100'000) return std::nullopt;
    row.price = std::llround(value * 10'000);
    if (std::fabs(value * 10'000 - static_cast<double>(row.price)) > 1e-4) return std::nullopt;
    if (by_name.contains("customerid") && by_name["customerid"].value != "null") {
        row.customer = without_point_zero(by_name["customerid"].value);
    }
    row.country = by_name["country"].value;
    return row;
}

std::string money(Int128 scaled) {
    std::string digits = std::to_string(static_cast<long long>(scaled < 0 ? -scaled : scaled));
    if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
    digits.insert(digits.size() - 4, ".");
    while (digits.back() == '0' && digits[digits.size() - 3] != '.') digits.pop_back();
    return (scaled < 0 ? "-" : "") + digits;
}

std::string expected_by_oracle(const std::string& text) {
    struct Sum {
        long long rows = 0, quantity = 0;
        Int128 total = 0;
    };
    std::uint64_t sent = 0, bad = 0, repeats = 0;
    std::map<std::string, std::string> accepted_ids;
    std::set<std::string> rejected, invoices, customers;
    std::map<std::string, Sum> days, countries;
    Sum all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        ++sent;
        const std::string id =
            line.rfind("{\"event_id\":\"", 0) == 0 ? line.substr(13, line.find('"', 13) - 13) : "";
        if (accepted_ids.contains(id) || rejected.contains(line)) {
            ++repeats;
            continue;
        }
        const auto row = judge(line);
        if (!row) {
            ++bad;
            if (parse_line(line)) rejected.insert(line);
            continue;
        }
        accepted_ids[id] = line;
        invoices.insert(row->invoice);
        if (!row->customer.empty()) customers.insert(row->customer);
        for (Sum* sum : {&all, &days[row->day], &countries[row->country]}) {
            ++sum->rows;
            sum->quantity += row->quantity;
            sum->total += Int128{row->quantity} * row->price;
        }
    }
    std::ostringstream out;
    const auto write = [&](const std::map<std::string, Sum>& sums) {
        const char* separator = "\n";
        for (const auto& [key, sum] : sums) {
            out << separator << '"' << key << "\":{\"rows\":" << sum.rows << ",\"quantity\":" << sum.quantity
                << ",\"line_total\":\"" << money(sum.total) << "\"}";
            separator = ",\n";
        }
    };
    out << "{\"sent\":" << sent << ",\"accepted\":" << all.rows << ",\"quarantined\":" << bad
        << ",\"duplicates\":" << repeats << ",\"quantity\":" << all.quantity << ",\"line_total\":\""
        << money(all.total) << "\",\"invoices\":" << invoices.size() << ",\"customers\":" << customers.size()
        << ",\n\"by_day\":{";
    write(days);
    out << "},\n\"by_country\":{";
    write(countries);
    out << "}}\n";
    return out.str();
}

std::string figures_json(const SimulationOptions& options) {
    ShopSimulator shop(options);
    std::string line;
    while (shop.append_next(line)) line.clear();
    return format_expected_json(shop.figures());
}

TEST(Simulator, SameSeedSameBytes) {
    const SimulationOptions options{.seed = 42, .rows = 20'000, .duplicate_rate = 0.01};
    const std::string text = generate(options);
    EXPECT_EQ(text, generate(options));
    EXPECT_EQ(sha256_hex(text), "3985962e2824889d5e47069a81bc85563a28275efbc83397155dceec6e056b22");
    EXPECT_EQ(sha256_hex(figures_json(options)),
              "f674c3343c0b2284e16081f0396a43ae82912d67ae271d8b94f6299dc68eedbb");
}

TEST(Simulator, FewerRowsAreAPrefix) {
    const std::string all = generate({.seed = 7, .rows = 5'000});
    const std::string some = generate({.seed = 7, .rows = 1'234});
    EXPECT_EQ(all.substr(0, some.size()), some);
}

TEST(Simulator, OtherOptionsShareNoEventId) {
    const std::string a = generate({.seed = 1, .rows = 1});
    const std::string b = generate({.seed = 2, .rows = 1});
    const std::string c = generate({.seed = 1, .rows = 1, .stores = 4});
    const std::set<std::string> prefixes = {a.substr(13, 11), b.substr(13, 11), c.substr(13, 11)};
    EXPECT_EQ(prefixes.size(), 3U);
}

class SimulatorAnswer : public testing::TestWithParam<SimulationOptions> {};

TEST_P(SimulatorAnswer, EqualsAnIndependentReckoning) {
    const std::string text = generate(GetParam());
    EXPECT_EQ(figures_json(GetParam()), expected_by_oracle(text));
}

INSTANTIATE_TEST_SUITE_P(
    Options, SimulatorAnswer,
    testing::Values(SimulationOptions{.seed = 1, .rows = 10'000},
                    SimulationOptions{.seed = 2, .rows = 10'000, .stores = 1, .bad_rate = 0.2},
                    SimulationOptions{.seed = 3,
                                      .rows = 8'000,
                                      .stores = 40,
                                      .bad_rate = 0.05,
                                      .late_rate = 0.5,
                                      .duplicate_rate = 0.1},
                    SimulationOptions{
                        .seed = 4, .rows = 8'000, .stores = 9, .bad_rate = 0, .cancellation_rate = 0.9},
                    SimulationOptions{.seed = 5, .rows = 0}));

TEST(Simulator, LooksLikeAShop) {
    const std::string text = generate({.seed = 11, .rows = 60'000, .stores = 4});
    for (const char* sign : {"\"InvoiceNo\":\"C", "\"invoice_no\":", ".0,", "\\/", "\"Quantity\":-",
                             "\"Description\":null", "\\u00a3", "\"six\"", "\"2,55\"", "UTC", "+0", "e-4"}) {
        EXPECT_NE(text.find(sign), std::string::npos) << sign;
    }
    std::map<std::string, int> lines_of;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto row = line.size() < 4'000 ? judge(line) : std::nullopt;
        if (row) ++lines_of[row->invoice];
    }
    int largest = 0;
    for (const auto& [invoice, count] : lines_of) largest = std::max(largest, count);
    EXPECT_GT(largest, 25);
    EXPECT_GT(lines_of.size(), 60'000U / 40);
}

TEST(Simulator, WritesBothFilesAndReplacesOldOnes) {
    const std::string dir = testing::TempDir() + "simulator_test";
    ASSERT_TRUE(simulate({.seed = 1, .rows = 3'000}, posix_filesystem(), dir));
    const auto figures = simulate({.seed = 1, .rows = 1'000}, posix_filesystem(), dir);
    ASSERT_TRUE(figures) << figures.error().message;
    EXPECT_EQ(*read_file(posix_filesystem(), dir + "/sales.ndjson"), generate({.seed = 1, .rows = 1'000}));
    EXPECT_EQ(*read_file(posix_filesystem(), dir + "/expected.json"), format_expected_json(*figures));
    std::filesystem::remove_all(dir);
}

TEST(Simulator, MemoryDoesNotGrowWithRows) {
    const SimulationOptions options{.seed = 3, .rows = 2'000'000, .invoices_per_day = 30'000};
    ShopSimulator shop(options);
    std::string line;
    const auto peak = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    long after_warmup = 0;
    for (std::uint64_t i = 0; i < 400'000; ++i) {
        line.clear();
        shop.append_next(line);
        if (i == 200'000) after_warmup = peak();
    }
    EXPECT_LT(peak() - after_warmup, 8 * 1024) << "KiB";
}

TEST(Simulator, RefusesImpossibleShops) {
    EXPECT_TRUE(check_options({}));
    for (const SimulationOptions& bad :
         {SimulationOptions{.stores = 0}, SimulationOptions{.products = 0}, SimulationOptions{.customers = 0},
          SimulationOptions{.invoices_per_day = 0}, SimulationOptions{.bad_rate = 1.5},
          SimulationOptions{.late_rate = -0.1}, SimulationOptions{.rows = 1'000'000'000'000}}) {
        const Status status = check_options(bad);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, Errc::invalid_argument);
    }
}

}  // namespace
}  // namespace tillstream
