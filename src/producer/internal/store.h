// store.h - one till or web shop: who buys, when, what, and what is taken back; one invoice after the other.
//
// Memory:  at most kRememberedSales lines to be cancelled, one bit a customer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "producer/expected_figures.h"
#include "producer/internal/clientele.h"
#include "producer/internal/sale_text.h"
#include "producer/internal/store_rhythm.h"
#include "producer/internal/zipf_table.h"
#include "producer/simulation_options.h"

namespace tillstream::internal {

enum class InvoiceKind : std::uint8_t { sale, cancellation, write_off, bad_debt };

/// What all stores of a shop share.
struct Goods {
    std::vector<Product> products;
    ZipfTable product_ranks;
    ZipfTable customer_ranks;

    Goods(Random& random, const SimulationOptions& options);
};

/// The invoice being written, or the last one.
struct Invoice {
    InvoiceKind kind = InvoiceKind::sale;
    InvoiceText text;
    Timestamp time;             ///< never leaves its day (UTC)
    std::uint32_t country = 0;  ///< in country_names()
    ExpectedTotals accepted;    ///< of its lines so far
};

class Store {
public:
    Store(const SimulationOptions& options, std::uint32_t number);

    bool invoice_done() const { return lines_left_ == 0; }
    /// At the moment when `sold` of the whole simulation's records are made.
    void start_invoice(Random& random, Goods& goods, std::uint64_t sold, std::uint64_t whole);
    SaleLine next_line(Random& random, const Goods& goods);
    /// The line stands in the file as it should; true if it is the customer's first such.
    bool accept(Random& random, const SaleLine& line);

    const Invoice& invoice() const { return invoice_; }

private:
    /// A customer of this store, or nobody.
    struct Buyer {
        static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
        std::uint32_t customer = kNobody;
        std::uint32_t country = 0;

        bool known() const { return customer != kNobody; }
    };
    struct PastSale {
        SaleLine line;
        Buyer buyer;
    };

    bool has(Quirk quirk) const { return options_->quirks.has(quirk); }
    Timestamp draw_time(Random& random, std::uint64_t sold, std::uint64_t whole) const;
    InvoiceKind draw_kind(Random& random) const;
    Buyer draw_buyer(Random& random, Goods& goods);
    std::uint32_t home() const;
    std::uint32_t country_of(std::uint32_t customer) const;
    void fill(Random& random, Goods& goods);
    void fill_sale(Random& random, Goods& goods);
    void fill_cancellation(Random& random);
    void fill_write_off(Random& random, const Goods& goods);
    void fill_bad_debt(Random& random, const Goods& goods);
    void write_head(Random& random);
    const Product* draw_product(Random& random, const Goods& goods);
    void turn_minute(Random& random);
    void vary(Random& random, SaleLine& line) const;
    void remember(Random& random, const SaleLine& line);

    const SimulationOptions* options_;
    std::uint32_t number_;
    std::vector<Style> styles_;
    StoreRhythm rhythm_;
    Clientele clientele_;
    std::uint64_t invoices_ = 0;

    Invoice invoice_;
    Buyer buyer_;
    std::uint32_t lines_left_ = 0;
    bool minute_turned_ = false;
    SaleLine last_;
    std::vector<const Product*> used_;  ///< in this invoice, if none may come twice
    std::vector<PastSale> past_;
    std::size_t past_next_ = 0;
};

}  // namespace tillstream::internal
