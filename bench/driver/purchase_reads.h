// purchase_reads.h - which purchase histories are read, and whether an answer is right.
//
// Draws:  customers by a Zipf distribution over their rank by number of invoices: few customers make most of
//         the reads, as in a shop. Same seed, same draws.
// Truth:  the warehouse says who is there and how many invoices each has; the tables answer the reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/driver/arm.h"

namespace tillstream::bench {

inline constexpr std::uint64_t kInvoicesPerRead = 20;

struct KnownCustomer {
    std::int64_t id = 0;
    std::uint64_t invoices = 0;
};

/// Those with most invoices first.
Result<std::vector<KnownCustomer>> known_customers(Arm& product);

/// Indexes below `customers`, which is not 0.
std::vector<std::size_t> draw_customers(std::size_t customers, std::size_t draws, std::uint64_t seed);

/// Of the newest kInvoicesPerRead invoices.
std::string read_target(const KnownCustomer& customer);

/// The answer to read_target is the newest first and as many as the customer has, or more if `growing`.
Status check_read(const KnownCustomer& customer, const Json& answer, bool growing);

/// The answer to one of the first draws whose size is nearest their mean.
Result<std::string> typical_answer(Arm& product, const std::vector<KnownCustomer>& customers,
                                   const std::vector<std::size_t>& draws);

}  // namespace tillstream::bench
