#include "producer/simulator.h"

#include <fmt/format.h>

#include <bit>
#include <vector>

#include "producer/internal/defective_sale.h"
#include "producer/internal/repeats.h"
#include "producer/internal/store.h"

namespace tillstream {

using internal::Invoice;
using internal::SaleLine;
using internal::Store;

namespace {

constexpr std::int64_t kDayMicros = 86'400'000'000;

/// Hashes everything that changes the records, so that ids of different runs differ.
std::string id_prefix(const SimulationOptions& o) {
    const std::uint64_t spread_rows = o.days > 0 ? o.rows : 0;
    std::uint64_t hash = 0;
    for (const std::uint64_t part :
         {o.seed, std::uint64_t{o.stores}, std::uint64_t{o.products}, static_cast<std::uint64_t>(o.first_day),
          std::uint64_t{o.days}, spread_rows, std::bit_cast<std::uint64_t>(o.late_share),
          std::bit_cast<std::uint64_t>(o.repeat_share), std::bit_cast<std::uint64_t>(o.corrupt_share),
          std::uint64_t{o.quirks.bits()}}) {
        hash = Random(hash ^ part).next();
    }
    return fmt::format("sim{:08x}-", hash >> 32);
}

}  // namespace

class ShopSimulator::Shop {
public:
    explicit Shop(const SimulationOptions& options)
        : options_(options),
          pace_(pace_of(options)),
          random_(options.seed),
          repeat_(options.repeat_share),
          corrupt_(options.corrupt_share),
          prefix_(id_prefix(options)),
          goods_(random_, options_),
          countries_(internal::country_names().size()) {
        stores_.reserve(options.stores);
        for (std::uint32_t i = 0; i < options.stores; ++i) stores_.emplace_back(options_, i);
    }

    bool append_next(std::string& out) {
        if (figures_.sent == options_.rows) return false;
        if (repeats_.empty() || !random_.happens(repeat_)) {
            append_new(out);
        } else {
            append_repeat(out);
        }
        ++figures_.sent;
        return true;
    }

    std::string_view partition_key() const { return key_; }

    ExpectedFigures figures() const {
        ExpectedFigures all = figures_;
        std::vector<ExpectedTotals> countries = countries_;
        for (const Store& store : stores_) count_invoice(store.invoice(), all, countries);
        for (std::size_t i = 0; i < countries.size(); ++i) {
            if (countries[i].rows > 0) all.by_country[internal::country_names()[i]] = countries[i];
        }
        return all;
    }

private:
    void append_new(std::string& out) {
        Store& store = stores_[random_.below(options_.stores)];
        if (store.invoice_done()) {
            count_invoice(store.invoice(), figures_, countries_);
            store.start_invoice(random_, goods_, figures_.sent, pace_.rows);
        }
        const SaleLine line = store.next_line(random_, goods_);
        key_ = store.invoice().text.number;
        event_id_.assign(prefix_);
        const fmt::format_int number(++event_number_);
        event_id_.append(number.data(), number.size());
        if (random_.happens(corrupt_)) {
            append_corrupt(out, store, line);
        } else {
            append_good(out, store, line);
        }
    }

    void append_good(std::string& out, Store& store, const SaleLine& line) {
        const std::size_t start = out.size();
        internal::append_sale(out, event_id_, store.invoice().text, line);
        if (store.accept(random_, line)) ++figures_.customers;
        remember(std::string_view(out).substr(start), true);
    }

    void append_corrupt(std::string& out, const Store& store, const SaleLine& line) {
        const std::size_t start = out.size();
        ++figures_.quarantined;
        const internal::Defect defect = internal::draw_defect(random_);
        internal::append_defective_sale(out, event_id_, store.invoice().text, line, defect, random_);
        if (has_readable_id(defect)) remember(std::string_view(out).substr(start), false);
    }

    /// An accepted id counts whatever the content of the repeat, a refused one only if nothing changed.
    void append_repeat(std::string& out) {
        const internal::Repeats::Sent& again = repeats_.draw(random_);
        key_ = again.key;
        ++figures_.duplicates;
        out += again.record;
        if (again.accepted && random_.one_in(2)) {
            out.resize(out.size() - 2);
            out += ",\"resent\":true}\n";
        }
    }

    void remember(std::string_view record, bool accepted) {
        if (options_.repeat_share > 0) repeats_.remember(record, key_, accepted);
    }

    static void count_invoice(const Invoice& invoice, ExpectedFigures& figures,
                              std::vector<ExpectedTotals>& countries) {
        if (invoice.accepted.rows == 0) return;
        figures.accepted.add(invoice.accepted);
        ++figures.invoices;
        figures.by_day[static_cast<std::int32_t>(invoice.time.micros / kDayMicros)].add(invoice.accepted);
        countries[invoice.country].add(invoice.accepted);
    }

    const SimulationOptions options_;
    const SimulationPace pace_;
    Random random_;
    const Chance repeat_, corrupt_;
    const std::string prefix_;
    internal::Goods goods_;
    std::vector<Store> stores_;
    std::vector<ExpectedTotals> countries_;
    ExpectedFigures figures_;
    internal::Repeats repeats_;
    std::uint64_t event_number_ = 0;
    std::string event_id_;
    std::string key_;
};

ShopSimulator::ShopSimulator(const SimulationOptions& options) : shop_(std::make_unique<Shop>(options)) {}
ShopSimulator::ShopSimulator(ShopSimulator&&) noexcept = default;
ShopSimulator::~ShopSimulator() = default;
bool ShopSimulator::append_next(std::string& out) { return shop_->append_next(out); }
std::string_view ShopSimulator::partition_key() const { return shop_->partition_key(); }
ExpectedFigures ShopSimulator::figures() const { return shop_->figures(); }

}  // namespace tillstream
