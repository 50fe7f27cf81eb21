#include "producer/internal/catalogue.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "producer/internal/json_text.h"

namespace tillstream::internal {

namespace {

constexpr std::array<std::string_view, 24> kColours = {
    "RED",       "WHITE", "BLUE",      "PINK", "IVORY",   "GREEN",  "BLACK",   "VINTAGE",
    "RETROSPOT", "CREAM", "SILVER",    "GOLD", "ANTIQUE", "FRENCH", "NATURAL", "DOTTED",
    "CHECKERED", "FADED", "TURQUOISE", "MINT", "AMBER",   "COPPER", "SLATE",   "LILAC"};
constexpr std::array<std::string_view, 20> kMaterials = {
    "METAL", "WOODEN", "GLASS", "PAPER", "FELT",   "CERAMIC", "COTTON",  "WICKER", "TIN",   "ENAMEL",
    "STONE", "LINEN",  "WOOL",  "CORK",  "BAMBOO", "RUBBER",  "LEATHER", "SATIN",  "BRASS", "KNITTED"};
constexpr std::array<std::string_view, 28> kThings = {
    "LANTERN",   "MUG",     "CAKE TIN", "BAG",      "DOORMAT",  "CANDLE",   "CLOCK",
    "CUSHION",   "BUNTING", "TEAPOT",   "TRAY",     "FRAME",    "HOOK",     "BASKET",
    "LUNCH BOX", "BOWL",    "SIGN",     "GARLAND",  "NOTEBOOK", "JAR",      "PURSE",
    "NAPKINS",   "STOOL",   "APRON",    "UMBRELLA", "SPOON",    "KEY RING", "MONEY BANK"};

/// What makes a description hard to write as JSON, CSV or SQL.
struct Ending {
    std::string_view text;
    Quirk quirk;
};
constexpr std::array<Ending, 9> kEndings = {{{", SET OF 6", Quirk::commas},
                                             {" 7\" SINGLE", Quirk::quotes},
                                             {" £5 OFFER", Quirk::non_ascii},
                                             {" \"LARGE\"", Quirk::quotes},
                                             {" CAFÉ", Quirk::non_ascii},
                                             {" N°5 \U0001F381", Quirk::non_ascii},
                                             {" 日本", Quirk::non_ascii},
                                             {" A\\B", Quirk::backslashes},
                                             {"\tSECONDS", Quirk::blanks}}};
constexpr std::array<std::string_view, 12> kServiceCodes = {
    "POST", "DOT", "M", "m", "C2", "D", "S", "PADS", "CRUK", "B", "BANK CHARGES", "gift_0001_20"};

constexpr std::uint32_t kServiceEvery = 330;

std::string make_description(Random& random, QuirkSet quirks) {
    // One draw a statement: in one call their order would be the compiler's choice.
    const bool indented = random.one_in(60);
    const auto& colour = kColours[random.below(kColours.size())];
    const auto& material = kMaterials[random.below(kMaterials.size())];
    const auto& thing = kThings[random.below(kThings.size())];
    const bool blanks = quirks.has(Quirk::blanks);
    std::string text = fmt::format("{}{} {} {}", indented && blanks ? " " : "", colour, material, thing);
    if (random.one_in(12)) text += " 30x40 CM/12 IN";
    if (random.one_in(8)) {
        const Ending& ending = kEndings[random.below(kEndings.size())];
        if (quirks.has(ending.quirk)) text += ending.text;
    }
    if (random.one_in(5) && blanks) text += ' ';
    return text;
}

std::string make_stock_code(Random& random, std::uint32_t number, QuirkSet quirks) {
    const std::uint32_t service = number / kServiceEvery;
    if (quirks.has(Quirk::service_codes) && number % kServiceEvery == 17 && service < kServiceCodes.size())
        return std::string(kServiceCodes[service]);
    std::string code = std::to_string(10'000 + number * 20 + random.below(20));
    if (random.below(10) < 3) {
        const bool small = !random.one_in(9) && quirks.has(Quirk::case_variants);
        code += static_cast<char>((small ? 'a' : 'A') + static_cast<char>(random.below(26)));
    }
    return code;
}

std::int64_t make_price(Random& random) {
    const std::int64_t pennies = 19 + 3 * random.skewed_below(1'100, 3);
    if (random.one_in(10)) return (1 + pennies / 100) * 10'000;
    if (random.one_in(12)) return random.between(1, 9'999) * 10;
    return pennies * 100;
}

std::string printed_double_of(std::int64_t price) {
    std::string text = fmt::format("{:.17g}", static_cast<double>(price) / 10'000);
    return text.size() > 16 ? text : std::string();
}

bool is_number(std::string_view code) {
    for (const char c : code) {
        if (c < '0' || c > '9') return false;
    }
    return !code.empty() && code.front() != '0';
}

}  // namespace

std::vector<Style> styles_of(QuirkSet quirks) {
    std::vector<Style> styles = {Style::web};
    if (quirks.has(Quirk::number_codes) || quirks.has(Quirk::float_ids) || quirks.has(Quirk::escaped_slashes))
        styles.push_back(Style::pandas);
    if (quirks.has(Quirk::key_styles)) styles.push_back(Style::snake);
    if (quirks.has(Quirk::text_numbers)) styles.push_back(Style::till);
    return styles;
}

const StyleKeys& keys_of(Style style) {
    static constexpr StyleKeys original{"InvoiceNo",   "StockCode", "Description", "Quantity",
                                        "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};
    static constexpr StyleKeys snake{"invoice_no",   "stock_code", "description", "quantity",
                                     "invoice_date", "unit_price", "customer_id", "country"};
    return style == Style::snake ? snake : original;
}

std::string product_fields(Style style, QuirkSet quirks, std::string_view stock_code,
                           const std::string* description) {
    const StyleKeys& keys = keys_of(style);
    const bool escaped = style == Style::pandas && quirks.has(Quirk::escaped_slashes);
    const bool numbers = style == Style::pandas && quirks.has(Quirk::number_codes);
    const auto append_text = [&](std::string& out, std::string_view text) {
        if (numbers && is_number(text)) {
            out += text;
        } else {
            append_json_string(out, text, escaped ? JsonText::pandas : JsonText::utf8);
        }
    };
    std::string out = fmt::format("\"{}\":", keys.stock_code);
    append_text(out, stock_code);
    out += fmt::format(",\"{}\":", keys.description);
    if (description == nullptr) {
        out += style == Style::till ? "\"\"" : "null";
    } else {
        append_text(out, *description);
    }
    out += fmt::format(",\"{}\":{}", keys.quantity, style == Style::till ? "\"" : "");
    return out;
}

std::vector<Product> make_products(Random& random, std::uint32_t count, QuirkSet quirks) {
    std::vector<Product> products(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        Product& product = products[i];
        product.stock_code = make_stock_code(random, i, quirks);
        product.description = make_description(random, quirks);
        if (random.one_in(6)) product.other_description = make_description(random, quirks);
        product.price = make_price(random);
        product.printed_double = printed_double_of(product.price);
        for (std::size_t s = 0; s < kStyles; ++s) {
            product.fields[s] =
                product_fields(static_cast<Style>(s), quirks, product.stock_code, &product.description);
        }
    }
    // Popularity falls with the place in the list, and must not follow the code.
    for (std::uint32_t i = count; i > 1; --i) std::swap(products[i - 1], products[random.below(i)]);
    return products;
}

const std::vector<std::string>& country_names() {
    static const std::vector<std::string> names = {"United Kingdom",
                                                   "Germany",
                                                   "France",
                                                   "EIRE",
                                                   "Spain",
                                                   "Netherlands",
                                                   "Belgium",
                                                   "Switzerland",
                                                   "Portugal",
                                                   "Australia",
                                                   "Norway",
                                                   "Italy",
                                                   "Channel Islands",
                                                   "Finland",
                                                   "Cyprus",
                                                   "Sweden",
                                                   "Austria",
                                                   "Denmark",
                                                   "Japan",
                                                   "Poland",
                                                   "USA",
                                                   "Israel",
                                                   "Unspecified",
                                                   "Hong Kong",
                                                   "Singapore",
                                                   "Iceland",
                                                   "Canada",
                                                   "Greece",
                                                   "Malta",
                                                   "RSA",
                                                   "Lebanon",
                                                   "European Community",
                                                   "United Arab Emirates",
                                                   "Lithuania",
                                                   "Brazil",
                                                   "Czech Republic",
                                                   "Bahrain",
                                                   "Saudi Arabia"};
    return names;
}

std::uint32_t draw_country(Random& random, std::uint32_t home) {
    if (random.below(10) != 0) return home;
    return random.skewed_below(static_cast<std::uint32_t>(country_names().size()), 2);
}

void append_price(std::string& out, std::int64_t scaled) {
    if (scaled < 0) out += '-';
    const auto magnitude = static_cast<std::uint64_t>(scaled < 0 ? -scaled : scaled);
    const fmt::format_int whole(magnitude / 10'000);
    out.append(whole.data(), whole.size());
    std::uint64_t rest = magnitude % 10'000;
    if (rest == 0) return;
    out += '.';
    for (std::uint64_t unit = 1'000; rest > 0; unit /= 10) {
        out += static_cast<char>('0' + rest / unit);
        rest %= unit;
    }
}

}  // namespace tillstream::internal
