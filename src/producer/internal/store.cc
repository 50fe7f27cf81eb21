#include "producer/internal/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tillstream::internal {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kEarliestSale = 7 * 3'600;
constexpr std::int64_t kLateDaysMax = 9;

constexpr std::uint64_t kFirstInvoice = 536'365;
/// No store can write so many: rows are fewer.
constexpr std::uint64_t kInvoiceRange = 1'000'000'000;
constexpr std::uint64_t kFirstCustomer = 12'346;
constexpr std::size_t kRememberedSales = 64;

constexpr std::uint32_t kCancellationPercent = 15;
constexpr std::uint32_t kWriteOffOneIn = 20;
constexpr std::uint32_t kBadDebtOneIn = 2'000;
/// Invoices without customer are few and long: together a quarter of all lines.
constexpr std::uint32_t kNobodyOneIn = 12;
constexpr std::uint32_t kNobodyTimes = 4;
constexpr std::uint32_t kLongOneIn = 500;

constexpr std::array<std::uint32_t, 32> kBaskets = {1,  1,  1,  2,  2,  3,  4,  5,  6,  7,  8,
                                                    9,  10, 11, 12, 13, 14, 15, 16, 17, 19, 20,
                                                    22, 24, 26, 28, 31, 35, 40, 50, 70, 130};
constexpr std::array<std::int64_t, 16> kQuantities = {1, 1, 1, 1, 2, 2, 3, 4, 6, 6, 8, 10, 12, 12, 24, 48};
constexpr std::int64_t kLargestQuantity = 80'995;
constexpr std::array<std::string_view, 6> kWriteOffNotes = {"damaged",     "?",     "lost",
                                                            "thrown away", "20713", ""};
constexpr std::string_view kBadDebtNote = "Adjust bad debt";
constexpr std::int64_t kBadDebt = 110'620'600;

}  // namespace

Goods::Goods(Random& random, const SimulationOptions& options)
    : products(make_products(random, options.products, options.quirks)),
      product_ranks(/*offset=*/20),
      customer_ranks(/*offset=*/3) {
    product_ranks.grow(products.size());
}

Store::Store(const SimulationOptions& options, std::uint32_t number)
    : options_(&options),
      number_(number),
      styles_(styles_of(options.quirks)),
      rhythm_(number, options.first_day, pace_of(options).days),
      clientele_(options.stores) {
    invoice_.text.quirks = options.quirks;
}

void Store::start_invoice(Random& random, Goods& goods, std::uint64_t sold, std::uint64_t whole) {
    invoice_.accepted = {};
    invoice_.time = draw_time(random, sold, whole);
    // Each store has its way of writing, but for some invoices.
    const std::size_t style = random.one_in(8) ? random.next() : number_;
    invoice_.text.style = styles_[style % styles_.size()];
    invoice_.kind = draw_kind(random);
    minute_turned_ = false;
    last_ = {};
    used_.clear();
    fill(random, goods);
    write_head(random);
}

/// A late invoice was written days ago, or, on the first day, earlier that day.
Timestamp Store::draw_time(Random& random, std::uint64_t sold, std::uint64_t whole) const {
    std::int64_t second = rhythm_.second_at(sold, whole);
    if (random.happens(Chance(options_->late_share))) {
        const std::int64_t days = second / kDaySeconds - options_->first_day;
        second -= days > 0 ? random.between(1, std::min(days, kLateDaysMax)) * kDaySeconds
                           : random.between(0, second % kDaySeconds - kEarliestSale);
    }
    return Timestamp{second * kSecond};
}

InvoiceKind Store::draw_kind(Random& random) const {
    const bool cancels = random.below(100) < kCancellationPercent;
    const bool writes_off = random.one_in(kWriteOffOneIn);
    const bool adjusts = random.one_in(kBadDebtOneIn);
    if (cancels && has(Quirk::cancellations) && !past_.empty()) return InvoiceKind::cancellation;
    if (writes_off && has(Quirk::write_offs)) return InvoiceKind::write_off;
    return adjusts && has(Quirk::bad_debts) ? InvoiceKind::bad_debt : InvoiceKind::sale;
}

std::uint32_t Store::country_of(std::uint32_t customer) const {
    const std::uint64_t id = std::uint64_t{number_} * kCustomerRange + customer;
    Random fixed(options_->seed ^ (id * 0x9E3779B97F4A7C15U));
    return draw_country(fixed, home());
}

std::uint32_t Store::home() const { return number_ % static_cast<std::uint32_t>(country_names().size()); }

Store::Buyer Store::draw_buyer(Random& random, Goods& goods) {
    if (random.one_in(kNobodyOneIn) && has(Quirk::missing_customers))
        return {Buyer::kNobody, draw_country(random, home())};
    const std::uint32_t customer = clientele_.draw(random, goods.customer_ranks);
    const bool travels = random.one_in(1'000) && has(Quirk::two_countries);
    if (!travels) return {customer, country_of(customer)};
    return {customer, random.below(static_cast<std::uint32_t>(country_names().size()))};
}

void Store::fill(Random& random, Goods& goods) {
    switch (invoice_.kind) {
        case InvoiceKind::sale: fill_sale(random, goods); break;
        case InvoiceKind::cancellation: fill_cancellation(random); break;
        case InvoiceKind::write_off: fill_write_off(random, goods); break;
        case InvoiceKind::bad_debt: fill_bad_debt(random, goods); break;
    }
    invoice_.country = buyer_.country;
}

void Store::fill_sale(Random& random, Goods& goods) {
    buyer_ = draw_buyer(random, goods);
    lines_left_ = kBaskets[random.below(kBaskets.size())];
    if (!buyer_.known()) lines_left_ = lines_left_ * kNobodyTimes - random.below(kNobodyTimes);
    if (random.one_in(kLongOneIn) && has(Quirk::long_invoices)) lines_left_ = 200 + random.below(915);
}

void Store::fill_cancellation(Random& random) {
    const PastSale& past = past_[random.below(static_cast<std::uint32_t>(past_.size()))];
    buyer_ = past.buyer;
    last_ = past.line;
    last_.quantity = -random.between(1, past.line.quantity);
    lines_left_ = has(Quirk::equal_lines) ? 1 + random.skewed_below(4, 2) : 1;
}

void Store::fill_write_off(Random& random, const Goods& goods) {
    buyer_ = {Buyer::kNobody, home()};
    last_.product = &goods.products[random.below(options_->products)];
    last_.price = has(Quirk::zero_prices) ? 0 : last_.product->price;
    last_.quantity = -random.between(1, 600);
    last_.note = kWriteOffNotes[random.below(kWriteOffNotes.size())];
    last_.no_description = last_.note.empty() && has(Quirk::missing_descriptions);
    lines_left_ = 1;
}

void Store::fill_bad_debt(Random& random, const Goods& goods) {
    buyer_ = {Buyer::kNobody, home()};
    last_.product = &goods.products[0];
    last_.quantity = 1;
    last_.price = random.one_in(2) ? -kBadDebt : kBadDebt;
    last_.note = kBadDebtNote;
    lines_left_ = 1;
}

void Store::write_head(Random& random) {
    const std::string_view prefix = invoice_.kind == InvoiceKind::cancellation ? "C"
                                    : invoice_.kind == InvoiceKind::bad_debt   ? "A"
                                                                               : "";
    const std::uint64_t number = kFirstInvoice + number_ * kInvoiceRange + invoices_++;
    invoice_.text.set_number(random, fmt::format("{}{}", prefix, number));
    invoice_.text.set_time(random, invoice_.time);
    const std::uint64_t customer =
        buyer_.known() ? kFirstCustomer + std::uint64_t{number_} * kCustomerRange + buyer_.customer : 0;
    invoice_.text.set_buyer(random, customer, country_names()[buyer_.country]);
}

SaleLine Store::next_line(Random& random, const Goods& goods) {
    --lines_left_;
    if (invoice_.kind != InvoiceKind::sale) return last_;
    const bool first = last_.product == nullptr;
    if (!first && random.below(1'000) < 12 && has(Quirk::equal_lines)) return last_;
    if (!first && random.one_in(3'000) && has(Quirk::two_minutes)) turn_minute(random);
    const bool again = !first && random.one_in(150) && has(Quirk::repeated_codes);
    SaleLine line;
    line.product = again ? last_.product : draw_product(random, goods);
    line.price = line.product->price;
    line.quantity = kQuantities[random.below(kQuantities.size())];
    if (random.one_in(32)) vary(random, line);
    last_ = line;
    return line;
}

/// Of a shop without repeated codes the invoice ends with the goods.
const Product* Store::draw_product(Random& random, const Goods& goods) {
    const auto count = static_cast<std::uint32_t>(goods.products.size());
    std::uint32_t rank = goods.product_ranks.draw(random, count);
    if (has(Quirk::repeated_codes)) return &goods.products[rank];
    const auto is_used = [&](const Product* product) {
        return std::find(used_.begin(), used_.end(), product) != used_.end();
    };
    while (is_used(&goods.products[rank])) rank = (rank + 1) % count;
    used_.push_back(&goods.products[rank]);
    if (used_.size() == count) lines_left_ = 0;
    return used_.back();
}

void Store::turn_minute(Random& random) {
    if (minute_turned_) return;
    minute_turned_ = true;
    invoice_.time.micros += 60 * kSecond;
    invoice_.text.set_time(random, invoice_.time);
}

void Store::vary(Random& random, SaleLine& line) const {
    const Product& product = *line.product;
    switch (random.below(9)) {
        case 0:
            if (has(Quirk::zero_prices)) line.price = 0;
            return;
        case 1:
            if (line.price >= 1'000) line.price = line.price * 85 / 100 / 10 * 10;
            return;
        case 2:
            if (has(Quirk::price_forms) && !product.printed_double.empty())
                line.form = PriceForm::printed_double;
            return;
        case 3:
            if (has(Quirk::price_forms)) line.form = PriceForm::four_decimals;
            return;
        case 4:
            if (has(Quirk::price_forms)) line.form = PriceForm::exponent;
            return;
        case 5:
            if (has(Quirk::extreme_quantities))
                line.quantity = random.one_in(40) ? kLargestQuantity : random.between(49, 1'200);
            return;
        case 6: line.other_case = has(Quirk::case_variants); return;
        case 7:
            if (has(Quirk::several_descriptions)) line.note = product.other_description;
            return;
        default: line.no_description = !buyer_.known() && has(Quirk::missing_descriptions); return;
    }
}

bool Store::accept(Random& random, const SaleLine& line) {
    invoice_.accepted.add({1, line.quantity, Int128{line.quantity} * line.price});
    if (invoice_.kind == InvoiceKind::sale) remember(random, line);
    return buyer_.known() && clientele_.mark_seen(buyer_.customer);
}

void Store::remember(Random& random, const SaleLine& line) {
    if (!random.one_in(8) || !has(Quirk::cancellations)) return;
    if (past_.size() < kRememberedSales) past_.emplace_back();
    past_[past_next_++ % kRememberedSales] = {line, buyer_};
}

}  // namespace tillstream::internal
