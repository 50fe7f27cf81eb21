#include "producer/simulator.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <utility>
#include <vector>

#include "producer/internal/sale_text.h"

namespace tillstream {

using internal::Defect;
using internal::InvoiceText;
using internal::PriceForm;
using internal::Product;
using internal::SaleLine;
using internal::Style;

namespace {

constexpr std::uint32_t kFirstInvoice = 536'365;
constexpr std::uint32_t kFirstCustomer = 12'346;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kOpens = 8 * 3'600;
constexpr std::int64_t kCloses = 18 * 3'600;
constexpr std::size_t kRememberedSales = 64;
constexpr std::size_t kRememberedRecords = 512;
constexpr std::uint32_t kOversizeOneIn = 2'000;

constexpr std::array<std::int64_t, 16> kQuantities = {1, 1, 1, 1, 2, 2, 3, 4, 6, 6, 8, 10, 12, 12, 24, 48};
constexpr std::array<std::string_view, 6> kWriteOffNotes = {"damaged",     "?",     "lost",
                                                            "thrown away", "20713", ""};
constexpr std::string_view kBadDebtNote = "Adjust bad debt";

enum class InvoiceKind : std::uint8_t { sale, cancellation, write_off, bad_debt };

struct PastSale {
    SaleLine line;
    std::uint32_t customer = 0;
    std::uint32_t country = 0;
};

/// One till or web shop: its clock, and the invoice it is just writing.
struct Store {
    Style usual_style = Style::web;
    std::int64_t clock = 0;  ///< seconds since 1970
    InvoiceKind kind = InvoiceKind::sale;
    InvoiceText text;
    std::uint32_t lines_left = 0;
    std::uint32_t customer = 0;
    std::uint32_t country = 0;
    Timestamp time;
    SaleLine last;
    ExpectedTotals totals;
    std::vector<PastSale> past;
    std::size_t past_next = 0;
};

/// Hashes everything that changes the records, so that ids of different runs differ.
std::string id_prefix(const SimulationOptions& o) {
    std::uint64_t hash = 0;
    for (const std::uint64_t part :
         {o.seed, std::uint64_t{o.stores}, std::uint64_t{o.products}, std::uint64_t{o.customers},
          std::uint64_t{o.invoices_per_day}, static_cast<std::uint64_t>(o.first_day),
          std::bit_cast<std::uint64_t>(o.bad_rate), std::bit_cast<std::uint64_t>(o.late_rate),
          std::bit_cast<std::uint64_t>(o.duplicate_rate),
          std::bit_cast<std::uint64_t>(o.cancellation_rate)}) {
        hash = Random(hash ^ part).next();
    }
    return fmt::format("sim{:08x}-", hash >> 32);
}

}  // namespace

Status check_options(const SimulationOptions& o) {
    const auto is_rate = [](double rate) { return rate >= 0 && rate <= 1; };
    if (o.stores == 0 || o.stores > 10'000) {
        return failure(Errc::invalid_argument, fmt::format("{} stores: give 1 to 10000", o.stores));
    }
    if (o.products == 0 || o.products > 1'000'000 || o.customers == 0 || o.customers > 10'000'000) {
        return failure(Errc::invalid_argument,
                       "a shop has 1 to 1000000 products and 1 to 10000000 customers");
    }
    if (o.invoices_per_day == 0 || o.invoices_per_day > 36'000) {
        return failure(Errc::invalid_argument,
                       fmt::format("{} invoices per day: give 1 to 36000", o.invoices_per_day));
    }
    if (!is_rate(o.bad_rate) || !is_rate(o.late_rate) || !is_rate(o.duplicate_rate) ||
        !is_rate(o.cancellation_rate)) {
        return failure(Errc::invalid_argument, "a rate lies outside 0 to 1");
    }
    const double days = static_cast<double>(o.rows) / o.stores / o.invoices_per_day / 10;
    if (o.first_day < 10 || o.first_day + days > 2'000'000) {
        return failure(Errc::invalid_argument,
                       "the simulated time leaves the years 1970 to 7000: "
                       "give more stores or invoices per day");
    }
    return {};
}

class ShopSimulator::Shop {
public:
    explicit Shop(const SimulationOptions& options)
        : options_(options),
          random_(options.seed),
          bad_(options.bad_rate),
          late_(options.late_rate),
          duplicate_(options.duplicate_rate),
          cancellation_(options.cancellation_rate),
          prefix_(id_prefix(options)),
          products_(internal::make_products(random_, options.products)),
          customer_countries_(options.customers),
          seen_customers_(options.customers),
          stores_(options.stores),
          country_totals_(internal::country_names().size()) {
        for (auto& country : customer_countries_)
            country = static_cast<std::uint8_t>(internal::draw_country(random_));
        for (std::size_t i = 0; i < stores_.size(); ++i) {
            stores_[i].usual_style = static_cast<Style>(i % internal::kStyles);
            stores_[i].clock = options.first_day * kDaySeconds + kOpens;
        }
    }

    bool append_next(std::string& out) {
        if (figures_.sent == options_.rows) return false;
        ++figures_.sent;
        if (!remembered_.empty() && random_.happens(duplicate_)) {
            append_duplicate(out);
            return true;
        }
        Store& store = stores_[random_.below(options_.stores)];
        if (store.lines_left == 0) start_invoice(store);
        --store.lines_left;
        append_record(out, store);
        return true;
    }

    std::string_view partition_key() const { return key_; }

    ExpectedFigures figures() const {
        ExpectedFigures all = figures_;
        std::vector<ExpectedTotals> countries = country_totals_;
        std::vector<bool> customers = seen_customers_;
        for (const Store& store : stores_) count_invoice(store, all, countries, customers);
        for (std::size_t i = 0; i < countries.size(); ++i) {
            if (countries[i].rows > 0) all.by_country[internal::country_names()[i]] = countries[i];
        }
        return all;
    }

private:
    struct Remembered {
        std::string record;
        std::string key;
        bool accepted = true;
    };

    void append_record(std::string& out, Store& store) {
        const SaleLine line = next_line(store);
        key_ = store.text.number;
        event_id_.assign(prefix_);
        const fmt::format_int number(++event_number_);
        event_id_.append(number.data(), number.size());
        const std::size_t start = out.size();
        if (random_.happens(bad_)) {
            ++figures_.quarantined;
            const Defect defect = draw_defect();
            internal::append_defective_sale(out, event_id_, store.text, line, defect, random_);
            // A record that cannot be parsed has no event id to be known by.
            const bool has_id = defect < Defect::cut_line;
            if (has_id) remember(std::string_view(out).substr(start), false);
            return;
        }
        internal::append_sale(out, event_id_, store.text, line);
        store.totals.add({1, line.quantity, Int128{line.quantity} * line.price});
        if (store.kind == InvoiceKind::sale) remember_sale(store, line);
        remember(std::string_view(out).substr(start), true);
    }

    /// An accepted id counts whatever the content of the repeat, a refused one only if nothing changed.
    void append_duplicate(std::string& out) {
        const Remembered& again = remembered_[random_.below(static_cast<std::uint32_t>(remembered_.size()))];
        key_ = again.key;
        ++figures_.duplicates;
        out += again.record;
        if (again.accepted && random_.one_in(2)) {
            out.resize(out.size() - 2);
            out += ",\"resent\":true}\n";
        }
    }

    void remember(std::string_view record, bool accepted) {
        if (options_.duplicate_rate <= 0) return;
        if (remembered_.size() < kRememberedRecords) remembered_.emplace_back();
        Remembered& slot = remembered_[remembered_next_++ % kRememberedRecords];
        slot.record.assign(record);
        slot.key.assign(key_);
        slot.accepted = accepted;
    }

    void remember_sale(Store& store, const SaleLine& line) {
        if (!random_.one_in(8)) return;
        if (store.past.size() < kRememberedSales) store.past.emplace_back();
        store.past[store.past_next++ % kRememberedSales] = {line, store.customer, store.country};
    }

    Defect draw_defect() {
        if (random_.one_in(kOversizeOneIn)) return Defect::oversize;
        return static_cast<Defect>(random_.below(internal::kDefects - 1));
    }

    SaleLine next_line(Store& store) {
        if (store.kind != InvoiceKind::sale) return store.last;
        const bool first = store.last.product == nullptr;
        if (!first && random_.below(1'000) < 12) return store.last;
        if (!first && random_.below(12'000) == 0) {
            // The till's clock turns a minute within the invoice; all shops close long before midnight.
            store.time.micros += 60 * kSecond;
            store.text.set_time(random_, store.time);
        }
        SaleLine line;
        line.product = &products_[random_.skewed_below(options_.products, 2)];
        const std::uint64_t draw = random_.next();
        line.quantity = kQuantities[draw % kQuantities.size()];
        line.price = line.product->price;
        const auto rare = static_cast<std::uint32_t>(draw >> 32);
        if (rare < (1U << 27)) vary(line, store);  // 1 in 32
        store.last = line;
        return line;
    }

    void vary(SaleLine& line, const Store& store) {
        switch (random_.below(8)) {
            case 0: line.price = 0; break;
            case 1: line.price = line.price * 85 / 100 / 10 * 10; break;
            case 2:
                if (!line.product->printed_double.empty()) line.form = PriceForm::printed_double;
                break;
            case 3: line.form = PriceForm::four_decimals; break;
            case 4: line.form = PriceForm::exponent; break;
            case 5: line.quantity = random_.one_in(40) ? 80'995 : random_.between(49, 1'200); break;
            case 6: line.other_case = true; break;
            default: line.no_description = store.customer == 0; break;
        }
    }

    void start_invoice(Store& store) {
        finish_invoice(store);
        advance_clock(store);
        store.time = Timestamp{store.clock * kSecond};
        if (random_.happens(late_)) store.time.micros -= random_.between(1, 9) * kDaySeconds * kSecond;
        store.text.style =
            random_.one_in(8) ? static_cast<Style>(random_.below(internal::kStyles)) : store.usual_style;
        store.last = {};
        store.kind = draw_kind(store);
        draw_buyer(store);
        fill_invoice(store);
        const char* prefix = store.kind == InvoiceKind::cancellation ? "C"
                             : store.kind == InvoiceKind::bad_debt   ? "A"
                                                                     : "";
        store.text.set_number(random_, fmt::format("{}{}", prefix, kFirstInvoice + invoices_started_++));
        store.text.set_time(random_, store.time);
        store.text.set_buyer(random_, store.customer == 0 ? 0 : kFirstCustomer + store.customer - 1,
                             internal::country_names()[store.country]);
    }

    InvoiceKind draw_kind(const Store& store) {
        if (!store.past.empty() && random_.happens(cancellation_)) return InvoiceKind::cancellation;
        if (random_.one_in(20)) return InvoiceKind::write_off;
        return random_.one_in(4'000) ? InvoiceKind::bad_debt : InvoiceKind::sale;
    }

    void draw_buyer(Store& store) {
        store.customer = 0;
        if (store.kind == InvoiceKind::sale && !random_.one_in(4)) {
            store.customer = 1 + random_.skewed_below(options_.customers, 2);
        }
        const bool travels = store.customer == 0 || random_.one_in(1'000);
        store.country = travels ? internal::draw_country(random_) : customer_countries_[store.customer - 1];
    }

    /// How many lines, and for all but sales which one.
    void fill_invoice(Store& store) {
        SaleLine& line = store.last;
        switch (store.kind) {
            case InvoiceKind::sale:
                store.lines_left = 1 + random_.skewed_below(40, 1);
                if (random_.one_in(4'000)) store.lines_left = 200 + random_.below(801);
                return;
            case InvoiceKind::cancellation: {
                const PastSale& past =
                    store.past[random_.below(static_cast<std::uint32_t>(store.past.size()))];
                line = past.line;
                line.quantity = -random_.between(1, line.quantity);
                store.customer = past.customer;
                store.country = past.country;
                store.lines_left = 1 + random_.skewed_below(4, 2);
                return;
            }
            case InvoiceKind::write_off:
                line.product = &products_[random_.below(options_.products)];
                line.quantity = -random_.between(1, 600);
                line.note = kWriteOffNotes[random_.below(kWriteOffNotes.size())];
                line.no_description = line.note.empty();
                store.lines_left = 1;
                return;
            case InvoiceKind::bad_debt:
                line.product = &products_[0];
                line.quantity = 1;
                line.price = random_.one_in(2) ? -110'620'600 : 110'620'600;
                line.note = kBadDebtNote;
                store.lines_left = 1;
                return;
        }
    }

    void advance_clock(Store& store) {
        const std::int64_t mean_gap = (kCloses - kOpens) / options_.invoices_per_day;
        store.clock += random_.between(0, 2 * mean_gap);
        const std::int64_t since_midnight = store.clock % kDaySeconds;
        if (since_midnight >= kCloses) store.clock += kDaySeconds - since_midnight + kOpens;
    }

    void finish_invoice(Store& store) {
        count_invoice(store, figures_, country_totals_, seen_customers_);
        store.totals = {};
    }

    static void count_invoice(const Store& store, ExpectedFigures& figures,
                              std::vector<ExpectedTotals>& countries, std::vector<bool>& customers) {
        if (store.totals.rows == 0) return;
        figures.accepted.add(store.totals);
        ++figures.invoices;
        figures.by_day[static_cast<std::int32_t>(store.time.micros / (kDaySeconds * kSecond))].add(
            store.totals);
        countries[store.country].add(store.totals);
        if (store.customer == 0 || customers[store.customer - 1]) return;
        customers[store.customer - 1] = true;
        ++figures.customers;
    }

    const SimulationOptions options_;
    Random random_;
    const Chance bad_, late_, duplicate_, cancellation_;
    const std::string prefix_;
    const std::vector<Product> products_;
    std::vector<std::uint8_t> customer_countries_;
    std::vector<bool> seen_customers_;
    std::vector<Store> stores_;
    std::vector<ExpectedTotals> country_totals_;
    ExpectedFigures figures_;
    std::vector<Remembered> remembered_;
    std::size_t remembered_next_ = 0;
    std::uint64_t event_number_ = 0;
    std::uint64_t invoices_started_ = 0;
    std::string event_id_;
    std::string key_;
};

ShopSimulator::ShopSimulator(const SimulationOptions& options) : shop_(std::make_unique<Shop>(options)) {}
ShopSimulator::ShopSimulator(ShopSimulator&&) noexcept = default;
ShopSimulator::~ShopSimulator() = default;
bool ShopSimulator::append_next(std::string& out) { return shop_->append_next(out); }
std::string_view ShopSimulator::partition_key() const { return shop_->partition_key(); }
ExpectedFigures ShopSimulator::figures() const { return shop_->figures(); }

SimulationWriter::SimulationWriter(const SimulationOptions& options, Filesystem& fs, std::string dir,
                                   std::unique_ptr<File> file)
    : shop_(options), fs_(&fs), dir_(std::move(dir)), file_(std::move(file)) {}

Result<SimulationWriter> SimulationWriter::open(const SimulationOptions& options, Filesystem& fs,
                                                const std::string& dir) {
    TILLSTREAM_CHECK(check_options(options));
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    std::unique_ptr<File> file =
        TILLSTREAM_TRY(fs.open(dir + "/sales.ndjson", OpenMode{.write = true, .create = true}));
    TILLSTREAM_CHECK(file->truncate(0));
    return SimulationWriter(options, fs, dir, std::move(file));
}

Result<std::optional<SimulatedRecord>> SimulationWriter::next() {
    constexpr std::size_t kBlockBytes = 1 << 20;
    if (block_.size() >= kBlockBytes) TILLSTREAM_CHECK(flush());
    const std::size_t start = block_.size();
    if (!shop_.append_next(block_)) return std::optional<SimulatedRecord>();
    const std::string_view line = std::string_view(block_).substr(start, block_.size() - start - 1);
    return std::optional(SimulatedRecord{line, shop_.partition_key()});
}

Status SimulationWriter::flush() {
    TILLSTREAM_CHECK(file_->write_at(written_, block_));
    written_ += block_.size();
    block_.clear();
    return {};
}

Result<ExpectedFigures> SimulationWriter::finish() {
    TILLSTREAM_CHECK(flush());
    TILLSTREAM_CHECK(file_->sync());
    ExpectedFigures figures = shop_.figures();
    TILLSTREAM_CHECK(write_file_atomic(*fs_, dir_ + "/expected.json", format_expected_json(figures)));
    return figures;
}

Result<ExpectedFigures> simulate(const SimulationOptions& options, Filesystem& fs, const std::string& dir) {
    SimulationWriter writer = TILLSTREAM_TRY(SimulationWriter::open(options, fs, dir));
    while (TILLSTREAM_TRY(writer.next())) {
    }
    return writer.finish();
}

}  // namespace tillstream
