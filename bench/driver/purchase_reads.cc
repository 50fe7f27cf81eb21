#include "bench/driver/purchase_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "producer/random.h"

namespace tillstream::bench {

namespace {

constexpr double kZipfExponent = 0.99;
constexpr std::size_t kAnswersLookedAt = 500;

/// Share of all draws that go to rank i or a lower one.
std::vector<double> zipf_shares(std::size_t ranks) {
    std::vector<double> shares(ranks);
    double sum = 0;
    for (std::size_t i = 0; i < ranks; ++i) {
        sum += 1 / std::pow(static_cast<double>(i + 1), kZipfExponent);
        shares[i] = sum;
    }
    for (double& share : shares) share /= sum;
    return shares;
}

}  // namespace

Result<std::vector<KnownCustomer>> known_customers(Arm& product) {
    const Json request = {
        {"sql",
         "SELECT customer_id, count(DISTINCT invoice_no) FROM sales WHERE customer_id IS NOT "
         "NULL GROUP BY 1 ORDER BY 2 DESC, 1"}};
    const Json answer = TILLSTREAM_TRY(product.post("/v1/query", request.dump()));
    std::vector<KnownCustomer> customers;
    for (const Json& row : answer.value("rows", Json::array())) {
        if (row.size() != 2 || !row[0].is_number() || !row[1].is_number())
            return failure(Errc::internal, "the query for customers answered " + row.dump());
        customers.push_back({row[0].get<std::int64_t>(), row[1].get<std::uint64_t>()});
    }
    if (customers.empty()) return failure(Errc::internal, "the warehouse knows no customer");
    return customers;
}

std::vector<std::size_t> draw_customers(std::size_t customers, std::size_t draws, std::uint64_t seed) {
    const std::vector<double> shares = zipf_shares(customers);
    constexpr double kRandomRange = 18446744073709551616.0;
    Random random(seed);
    std::vector<std::size_t> drawn(draws);
    for (std::size_t& rank : drawn) {
        const double at = static_cast<double>(random.next()) / kRandomRange;
        const auto found = std::lower_bound(shares.begin(), shares.end(), at);
        rank = std::min(static_cast<std::size_t>(found - shares.begin()), customers - 1);
    }
    return drawn;
}

std::string read_target(const KnownCustomer& customer) {
    return fmt::format("/v1/customers/{}/invoices?limit={}", customer.id, kInvoicesPerRead);
}

Status check_read(const KnownCustomer& customer, const Json& answer, bool growing) {
    const Json invoices = answer.value("invoices", Json::array());
    const std::uint64_t due = std::min(customer.invoices, kInvoicesPerRead);
    const std::uint64_t most = growing ? kInvoicesPerRead : due;
    if (invoices.size() < due || invoices.size() > most) {
        return failure(
            Errc::invalid_argument,
            fmt::format("customer {} has {} invoices in the warehouse, the tables answered {} of {}",
                        customer.id, customer.invoices, invoices.size(), kInvoicesPerRead));
    }
    // Times all have the same form, so their order is that of their texts.
    const auto time_of = [](const Json& invoice) { return invoice.value("time", std::string()); };
    const bool sorted = std::is_sorted(invoices.begin(), invoices.end(),
                                       [&](const Json& a, const Json& b) { return time_of(a) > time_of(b); });
    if (sorted) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("invoices of customer {} are not the newest first", customer.id));
}

Result<std::string> typical_answer(Arm& product, const std::vector<KnownCustomer>& customers,
                                   const std::vector<std::size_t>& draws) {
    std::vector<std::string> answers;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < std::min(kAnswersLookedAt, draws.size()); ++i) {
        answers.push_back(TILLSTREAM_TRY(product.get_text(read_target(customers[draws[i]]))));
        bytes += answers.back().size();
    }
    const auto mean = static_cast<std::int64_t>(bytes / answers.size());
    const auto distance = [mean](const std::string& answer) {
        return std::abs(static_cast<std::int64_t>(answer.size()) - mean);
    };
    return *std::min_element(answers.begin(), answers.end(),
                             [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
}

}  // namespace tillstream::bench
