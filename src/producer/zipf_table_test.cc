#include "producer/internal/zipf_table.h"

#include <gtest/gtest.h>

#include <vector>

namespace tillstream::internal {
namespace {

TEST(ZipfTable, TheSecondIsWantedHalfAsOftenAsTheFirst) {
    ZipfTable table(1);
    table.grow(1'000);
    Random random(1);
    std::vector<double> drawn(1'000);
    for (int i = 0; i < 200'000; ++i) ++drawn[table.draw(random, 1'000)];
    EXPECT_NEAR(drawn[1] / drawn[0], 1.0 / 2, 0.03);
    EXPECT_NEAR(drawn[9] / drawn[0], 1.0 / 10, 0.01);
    double tail = 0;
    for (std::size_t i = 500; i < 1'000; ++i) tail += drawn[i];
    EXPECT_NEAR(tail / 200'000, 0.0925, 0.005) << "(H(1000) - H(500)) / H(1000)";
}

TEST(ZipfTable, DrawsFromTheFirstFew) {
    ZipfTable table(3);
    table.grow(10);
    table.grow(5);
    Random random(2);
    for (int i = 0; i < 1'000; ++i) EXPECT_LT(table.draw(random, 3), 3U);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(table.draw(random, 1), 0U);
}

}  // namespace
}  // namespace tillstream::internal
