#include "adapters/duckdb/internal/readers.h"

#include <gtest/gtest.h>

namespace tillstream::duck {
namespace {

using namespace std::chrono_literals;

TEST(ReadersTest, OnlyQueriesOlderThanAStarvedCommitAreEnded) {
    Database database;
    ASSERT_EQ(duckdb_open(nullptr, database.out()), DuckDBSuccess);
    std::vector<Connection> connections(2);
    for (Connection& connection : connections)
        ASSERT_EQ(duckdb_connect(database.get(), connection.out()), DuckDBSuccess);
    Readers readers(std::move(connections));
    const auto deadline = Readers::Clock::now() + 1h;
    auto greedy = readers.borrow(deadline);
    ASSERT_TRUE(greedy);
    const auto begun = Readers::Clock::now();
    while (Readers::Clock::now() == begun) continue;
    auto later = readers.borrow(deadline);
    ASSERT_TRUE(later);
    readers.cancel_older(begun, 0ms);
    EXPECT_EQ(greedy->stopped(), Readers::Stop::memory);
    EXPECT_EQ(later->stopped(), Readers::Stop::none);
}

}  // namespace
}  // namespace tillstream::duck
