#include "producer/simulator.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "core/digest.h"
#include "core/time.h"
#include "producer/internal/defective_sale.h"
#include "producer/simulation_writer.h"
#include "tests/support/sales_recount.h"

namespace tillstream {
namespace {

std::string generate(const SimulationOptions& options) {
    ShopSimulator shop(options);
    std::string out;
    while (shop.append_next(out)) {
    }
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    return all;
}

/// The sales of a shop that makes no corrupt record.
std::vector<RecountedSale> sales_of(const SimulationOptions& options) {
    std::vector<RecountedSale> sales;
    for (const std::string& line : lines_of(generate(options))) {
        const auto sale = recount_sale(line);
        EXPECT_TRUE(sale) << line;
        if (sale) sales.push_back(*sale);
    }
    return sales;
}

std::string recounted(const std::string& text) {
    SalesRecount recount;
    recount.add(text);
    return recount.expected_json();
}

std::string figures_json(const SimulationOptions& options) {
    ShopSimulator shop(options);
    std::string line;
    while (shop.append_next(line)) line.clear();
    return format_expected_json(shop.figures());
}

TEST(Simulator, SameSeedSameBytes) {
    const SimulationOptions options{
        .seed = 42, .rows = 20'000, .days = 30, .repeat_share = 0.01, .corrupt_share = 0.01};
    const std::string text = generate(options);
    EXPECT_EQ(text, generate(options));
    EXPECT_EQ(sha256_hex(text), "2bac9f1842a3e614f7ea4e17216852761e77dfdee884c1ca3557b9708832d3ac");
    EXPECT_EQ(sha256_hex(figures_json(options)),
              "61866d1ae709b768bd7c1dbd1fe198e4664d37c802696ae938721fdbd2c32cc6");
}

TEST(Simulator, FewerRowsAreAPrefix) {
    const std::string all = generate({.seed = 7, .rows = 5'000});
    const std::string some = generate({.seed = 7, .rows = 1'234});
    EXPECT_EQ(all.substr(0, some.size()), some);
}

TEST(Simulator, OtherOptionsShareNoEventId) {
    std::set<std::string> prefixes;
    const std::vector<SimulationOptions> shops = {
        {.seed = 1, .rows = 1, .products = 9},
        {.seed = 2, .rows = 1, .products = 9},
        {.seed = 1, .rows = 1, .stores = 4, .products = 9},
        {.seed = 1, .rows = 1, .products = 9, .days = 1},
        {.seed = 1, .rows = 2, .products = 9, .days = 1},
        {.seed = 1, .rows = 1, .products = 9, .quirks = QuirkSet::none()},
        {.seed = 1, .rows = 1, .products = 9, .repeat_share = 0.1},
    };
    for (const SimulationOptions& shop : shops) prefixes.insert(generate(shop).substr(13, 11));
    EXPECT_EQ(prefixes.size(), shops.size());
}

class SimulatorAnswer : public testing::TestWithParam<SimulationOptions> {};

TEST_P(SimulatorAnswer, EqualsAnIndependentReckoning) {
    EXPECT_EQ(figures_json(GetParam()), recounted(generate(GetParam())));
}

/// All quirks, 5 % repeats, 2 % corrupt, 2 % late.
SimulationOptions hard_shop(std::uint64_t seed) {
    return {.seed = seed,
            .rows = 6'000,
            .stores = 4,
            .days = 21,
            .late_share = 0.02,
            .repeat_share = 0.05,
            .corrupt_share = 0.02};
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulatorAnswer,
                         testing::Values(hard_shop(1), hard_shop(2), hard_shop(3), hard_shop(4),
                                         hard_shop(5)));
INSTANTIATE_TEST_SUITE_P(
    Extremes, SimulatorAnswer,
    testing::Values(SimulationOptions{.seed = 6, .rows = 8'000},
                    SimulationOptions{.seed = 7, .rows = 4'000, .stores = 1, .corrupt_share = 1},
                    SimulationOptions{.seed = 8, .rows = 4'000, .stores = 300, .days = 1, .late_share = 1},
                    SimulationOptions{.seed = 9, .rows = 4'000, .repeat_share = 1},
                    SimulationOptions{.seed = 10, .rows = 4'000, .products = 1},
                    SimulationOptions{.seed = 11, .rows = 4'000, .products = 1, .quirks = QuirkSet::none()},
                    SimulationOptions{.seed = 12, .rows = 0}));

TEST(Simulator, SharesAreWhatWasAskedFor) {
    const SimulationOptions options{.seed = 3, .rows = 40'000, .repeat_share = 0.05, .corrupt_share = 0.02};
    SalesRecount recount;
    recount.add(generate(options));
    EXPECT_NEAR(static_cast<double>(recount.duplicates) / 40'000, 0.05, 0.005);
    EXPECT_NEAR(static_cast<double>(recount.quarantined) / 40'000, 0.02, 0.004);
}

TEST(Simulator, MakesShopsLikeTheRealOne) {
    std::map<std::string, int> lines_of_invoice;
    int without_customer = 0, cancelled = 0;
    for (const RecountedSale& sale : sales_of({.seed = 5, .rows = 30'000, .corrupt_share = 0})) {
        ++lines_of_invoice[sale.invoice];
        without_customer += sale.customer.empty();
        cancelled += sale.invoice.starts_with('C');
    }
    EXPECT_NEAR(without_customer / 30'000.0, 0.25, 0.06);
    EXPECT_NEAR(cancelled / 30'000.0, 0.017, 0.01);
    const double invoices = static_cast<double>(lines_of_invoice.size());
    EXPECT_NEAR(30'000 / invoices, 21, 4) << "lines of an invoice";
    const auto single = std::count_if(lines_of_invoice.begin(), lines_of_invoice.end(),
                                      [](const auto& invoice) { return invoice.second == 1; });
    EXPECT_GT(static_cast<double>(single) / invoices, 0.1);
}

TEST(Simulator, FewProductsAndCustomersMakeMostOfTheSales) {
    std::map<std::string, int> of_product, of_customer;
    for (const std::string& line :
         lines_of(generate({.seed = 6, .rows = 40'000, .corrupt_share = 0, .quirks = QuirkSet::none()}))) {
        ++of_product[*member_text(line, "StockCode")];
        ++of_customer[*member_text(line, "CustomerID")];
    }
    const auto share_of_top = [](const std::map<std::string, int>& counts, double part) {
        std::vector<int> sizes;
        for (const auto& [name, count] : counts) sizes.push_back(count);
        std::sort(sizes.rbegin(), sizes.rend());
        const auto top = static_cast<std::ptrdiff_t>(static_cast<double>(sizes.size()) * part);
        int sum = 0;
        for (auto it = sizes.begin(); it != sizes.begin() + top; ++it) sum += *it;
        return sum / 40'000.0;
    };
    EXPECT_GT(share_of_top(of_product, 0.1), 0.35);
    EXPECT_GT(share_of_top(of_customer, 0.1), 0.3);
    EXPECT_GT(of_product.size(), 2'000U) << "the tail sells too";
}

TEST(Simulator, CustomersComeAndSomeNeverComeAgain) {
    const auto sales = sales_of({.seed = 6, .rows = 40'000, .stores = 1, .corrupt_share = 0});
    std::set<std::string> early, late;
    for (std::size_t i = 0; i < sales.size(); ++i) {
        if (!sales[i].customer.empty()) (i < sales.size() / 2 ? early : late).insert(sales[i].customer);
    }
    std::vector<std::string> came_back;
    std::set_intersection(early.begin(), early.end(), late.begin(), late.end(),
                          std::back_inserter(came_back));
    EXPECT_GT(came_back.size(), 20U);
    EXPECT_GT(late.size() - came_back.size(), 20U) << "new ones";
    EXPECT_GT(early.size() - came_back.size(), 20U) << "gone ones";
}

TEST(Simulator, StoresHaveRangesAndCountriesOfTheirOwn) {
    // The store of a number is its billions; of a customer, the hundred thousands above the first.
    std::map<std::string, std::map<std::string, int>> countries;
    std::map<std::string, std::set<std::string>> stores_of_customer;
    for (const RecountedSale& sale : sales_of({.seed = 8, .rows = 30'000, .stores = 4, .corrupt_share = 0})) {
        const std::string digits = sale.invoice.substr(sale.invoice.find_first_of("0123456789"));
        const std::string store = digits.size() > 9 ? digits.substr(0, digits.size() - 9) : "0";
        ++countries[store][sale.country];
        if (!sale.customer.empty()) stores_of_customer[sale.customer].insert(store);
    }
    EXPECT_EQ(countries.size(), 4U);
    std::set<std::string> homes;
    for (const auto& [store, counts] : countries) {
        homes.insert(std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
                         return a.second < b.second;
                     })->first);
        EXPECT_GT(counts.size(), 3U) << "some buy from elsewhere";
    }
    EXPECT_EQ(homes, (std::set<std::string>{"United Kingdom", "Germany", "France", "EIRE"}));
    for (const auto& [customer, stores] : stores_of_customer) EXPECT_EQ(stores.size(), 1U) << customer;
}

TEST(Simulator, KeepsToItsDays) {
    const std::int32_t first = days_from_civil(2024, 2, 28);
    std::map<std::string, int> rows;
    for (const RecountedSale& sale : sales_of(
             {.seed = 2, .rows = 20'000, .stores = 5, .first_day = first, .days = 3, .corrupt_share = 0}))
        ++rows[sale.day];
    ASSERT_EQ(rows.size(), 3U);
    for (const char* day : {"2024-02-28", "2024-02-29", "2024-03-01"}) EXPECT_GT(rows[day], 3'000) << day;
}

TEST(Simulator, LateInvoicesAreBehindTheirNeighbours) {
    for (const double share : {0.0, 0.3}) {
        int behind = 0, invoices = 0;
        std::string newest, invoice;
        for (const RecountedSale& sale : sales_of({.seed = 4,
                                                   .rows = 20'000,
                                                   .stores = 1,
                                                   .days = 60,
                                                   .late_share = share,
                                                   .corrupt_share = 0})) {
            if (sale.invoice == invoice) continue;
            invoice = sale.invoice;
            ++invoices;
            behind += sale.day < newest;
            newest = std::max(newest, sale.day);
        }
        // The first of a day, moved to a day nobody else sold on, is not behind.
        EXPECT_NEAR(static_cast<double>(behind) / invoices, share, share / 4);
    }
}

TEST(Simulator, EveryDefectIsRefused) {
    using namespace internal;
    Random random(1);
    const std::vector<Product> products = make_products(random, 50, QuirkSet::all());
    for (std::uint32_t d = 0; d < kDefects; ++d) {
        for (std::size_t i = 0; i < 40; ++i) {
            InvoiceText invoice{.quirks = QuirkSet::all(), .style = static_cast<Style>(i % kStyles)};
            invoice.set_number(random, "536365");
            invoice.set_time(random, Timestamp{1'300'000'000'000'000});
            invoice.set_buyer(random, i % 3 == 0 ? 0 : 17'850, "EIRE");
            const SaleLine line{.product = &products[i], .quantity = 6, .price = products[i].price};
            std::string good, bad;
            append_sale(good, "e-1", invoice, line);
            good.pop_back();
            EXPECT_TRUE(recount_sale(good)) << good;
            append_defective_sale(bad, "e-1", invoice, line, static_cast<Defect>(d), random);
            ASSERT_EQ(bad.find('\n'), bad.size() - 1);
            bad.pop_back();
            EXPECT_FALSE(recount_sale(bad)) << d << ": " << bad.substr(0, 400);
        }
    }
}

TEST(Simulator, WritesBothFilesAndReplacesOldOnes) {
    const std::string dir = testing::TempDir() + "simulator_test_" + std::to_string(::getpid());
    ASSERT_TRUE(simulate({.seed = 1, .rows = 3'000}, posix_filesystem(), dir));
    const auto figures = simulate({.seed = 1, .rows = 1'000}, posix_filesystem(), dir);
    ASSERT_TRUE(figures) << figures.error().message;
    EXPECT_EQ(*read_file(posix_filesystem(), dir + "/sales.ndjson"), generate({.seed = 1, .rows = 1'000}));
    EXPECT_EQ(*read_file(posix_filesystem(), dir + "/expected.json"), format_expected_json(*figures));
    {
        const auto unfinished = SimulationWriter::open({.seed = 2, .rows = 10}, posix_filesystem(), dir);
        ASSERT_TRUE(unfinished);
    }
    EXPECT_FALSE(std::filesystem::exists(dir + "/expected.json")) << "an answer that fits no longer";
    std::filesystem::remove_all(dir);
}

TEST(Simulator, MemoryDoesNotGrowWithRows) {
    const SimulationOptions options{.seed = 3, .rows = 10'000'000, .days = 365, .repeat_share = 0.05};
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

}  // namespace
}  // namespace tillstream
