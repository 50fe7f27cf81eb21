#include "producer/quirks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "producer/simulator.h"
#include "tests/support/sales_recount.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

TEST(Quirks, AreReadByName) {
    EXPECT_EQ(*parse_quirks("all"), QuirkSet::all());
    EXPECT_EQ(*parse_quirks("none"), QuirkSet::none());
    EXPECT_EQ(*parse_quirks("quotes,two-minutes,quotes"),
              QuirkSet::none().with(Quirk::quotes).with(Quirk::two_minutes));
    QuirkSet all;
    for (std::size_t i = 0; i < kQuirks; ++i) {
        const auto quirk = static_cast<Quirk>(i);
        EXPECT_EQ(*parse_quirks(to_string(quirk)), QuirkSet::none().with(quirk));
        EXPECT_FALSE(meaning_of(quirk).empty());
        all = all.with(quirk);
    }
    EXPECT_EQ(all, QuirkSet::all());
}

TEST(Quirks, UnknownNamesGetTheNearestOne) {
    const std::map<std::string, std::string> cases = {
        {"cancelations", "unknown quirk 'cancelations'; did you mean 'cancellations'?"},
        {"quotes,two_minutes", "unknown quirk 'two_minutes'; did you mean 'two-minutes'?"},
        {"al", "did you mean 'all'?"},
        {"", "unknown quirk ''"},
        {"quotes,", "unknown quirk ''"},
        {",quotes", "unknown quirk ''"},
        {"all,none", "unknown quirk 'all'"},
        {std::string(100'000, 'x'), "…"},
    };
    for (const auto& [text, message] : cases) {
        const auto quirks = parse_quirks(text);
        ASSERT_FALSE(quirks) << text.substr(0, 20);
        EXPECT_EQ(quirks.error().code, Errc::invalid_argument);
        EXPECT_THAT(quirks.error().message, HasSubstr(message));
        EXPECT_LT(quirks.error().message.size(), 200U);
    }
}

/// The records of a shop, each cut into its members.
class Shop {
public:
    Shop(QuirkSet quirks, std::uint64_t rows) {
        ShopSimulator shop({.seed = 77, .rows = rows, .days = 300, .corrupt_share = 0, .quirks = quirks});
        while (shop.append_next(text)) {
        }
        std::istringstream all(text);
        for (std::string line; std::getline(all, line);) lines.push_back(line);
    }

    bool holds(const std::string& part) const { return text.find(part) != std::string::npos; }
    bool some(const std::function<bool(const std::string&)>& is_so) const {
        for (const std::string& line : lines) {
            if (is_so(line)) return true;
        }
        return false;
    }
    /// Whether something with the same `key` has two values of `member`.
    bool varies(const std::string& key, const std::string& member) const {
        std::map<std::string, std::string> seen;
        return some([&](const std::string& line) {
            const std::string value = *member_text(line, member);
            return seen.emplace(*member_text(line, key), value).first->second != value;
        });
    }

    std::string text;
    std::vector<std::string> lines;
};

bool has_small_letter(const std::string& text) {
    return text.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
}

bool sells_a_service(const Shop& shop) {
    static const std::set<std::string> services = {
        "POST", "DOT", "M", "m", "C2", "D", "S", "PADS", "CRUK", "B", "BANK CHARGES", "gift_0001_20"};
    return shop.some(
        [](const std::string& line) { return services.contains(*member_text(line, "StockCode")); });
}

/// Two lines of an invoice with the same code and other quantities.
bool repeats_a_code(const Shop& shop) {
    std::map<std::string, std::string> seen;
    return shop.some([&](const std::string& line) {
        const std::string quantity = *member_text(line, "Quantity");
        const std::string code = *member_text(line, "InvoiceNo") + "/" + *member_text(line, "StockCode");
        return seen.emplace(code, quantity).first->second != quantity;
    });
}

bool repeats_a_line(const Shop& shop) {
    std::set<std::string> seen;
    return shop.some(
        [&](const std::string& line) { return !seen.insert(line.substr(line.find(','))).second; });
}

bool has_a_long_invoice(const Shop& shop) {
    std::map<std::string, int> lines;
    return shop.some([&](const std::string& line) { return ++lines[*member_text(line, "InvoiceNo")] > 199; });
}

struct QuirkSign {
    Quirk quirk;
    std::function<bool(const Shop&)> shows;
    std::uint64_t rows = 8'000;
    QuirkSet needs = QuirkSet::none();
};

std::function<bool(const Shop&)> holds(const std::string& part) {
    return [part](const Shop& shop) { return shop.holds(part); };
}

std::function<bool(const Shop&)> some(std::function<bool(const std::string&)> is_so) {
    return [is_so = std::move(is_so)](const Shop& shop) { return shop.some(is_so); };
}

std::vector<QuirkSign> signs_of_buying() {
    const QuirkSet nobody = QuirkSet::none().with(Quirk::missing_customers);
    return {
        {Quirk::cancellations, holds("\"InvoiceNo\":\"C")},
        {Quirk::write_offs, holds("\"Quantity\":-")},
        {Quirk::bad_debts, holds("\"InvoiceNo\":\"A"), 40'000},
        {Quirk::missing_customers, holds("\"CustomerID\":null")},
        {Quirk::missing_descriptions, holds("\"Description\":null"), 15'000, nobody},
        {Quirk::zero_prices, holds("\"UnitPrice\":0,")},
        {Quirk::service_codes, sells_a_service},
        {Quirk::case_variants,
         some([](const std::string& line) { return has_small_letter(*member_text(line, "StockCode")); })},
        {Quirk::repeated_codes, repeats_a_code},
        {Quirk::equal_lines, repeats_a_line},
        {Quirk::two_minutes, [](const Shop& shop) { return shop.varies("InvoiceNo", "InvoiceDate"); },
         8'000},
        {Quirk::long_invoices, has_a_long_invoice, 15'000},
        {Quirk::extreme_quantities,
         some([](const std::string& line) { return std::stoi(*member_text(line, "Quantity")) > 48; })},
        {Quirk::two_countries, [](const Shop& shop) { return shop.varies("CustomerID", "Country"); },
         40'000},
        {Quirk::absent_fields, some([](const std::string& line) { return !member_text(line, "CustomerID"); }),
         8'000, nobody},
    };
}

std::vector<QuirkSign> signs_of_writing() {
    return {
        {Quirk::several_descriptions,
         [](const Shop& shop) { return shop.varies("StockCode", "Description"); }},
        {Quirk::quotes, holds("\\\"")},
        {Quirk::commas, holds(", SET OF 6")},
        {Quirk::backslashes, holds("A\\\\B")},
        {Quirk::non_ascii, some([](const std::string& line) {
             return std::any_of(line.begin(), line.end(),
                                [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
         })},
        {Quirk::blanks, holds(" \",\"Quantity\"")},
        {Quirk::price_forms, holds("e-4,")},
        {Quirk::date_forms, some([](const std::string& line) {
             const std::string at = *member_text(line, "InvoiceDate");
             return std::count(at.begin(), at.end(), ':') == 2;
         })},
        {Quirk::key_styles, holds("\"invoice_no\":")},
        {Quirk::text_numbers, holds("\"Quantity\":\"")},
        {Quirk::number_codes,
         some([](const std::string& line) { return line.find("\"InvoiceNo\":\"") == std::string::npos; })},
        {Quirk::float_ids, holds(".0,\"Country\"")},
        {Quirk::escaped_slashes, holds("\\/")},
    };
}

TEST(Quirks, EachShowsWhenItIsOnAndOnlyThen) {
    std::vector<QuirkSign> signs = signs_of_buying();
    for (QuirkSign& sign : signs_of_writing()) signs.push_back(std::move(sign));
    EXPECT_EQ(signs.size(), kQuirks);
    const Shop plain(QuirkSet::none(), 8'000);
    const Shop plain_with_nobody(QuirkSet::none().with(Quirk::missing_customers), 8'000);
    for (const QuirkSign& sign : signs) {
        const Shop odd(sign.needs.with(sign.quirk), sign.rows);
        EXPECT_TRUE(sign.shows(odd)) << to_string(sign.quirk);
        EXPECT_FALSE(sign.shows(sign.needs == QuirkSet::none() ? plain : plain_with_nobody))
            << to_string(sign.quirk);
    }
}

}  // namespace
}  // namespace tillstream
