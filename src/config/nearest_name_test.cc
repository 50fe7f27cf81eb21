#include "config/nearest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace tillstream {
namespace {

TEST(EditDistance, CountsEdits) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("Quantity", "quantity"), 0U);
    EXPECT_EQ(edit_distance("quantiy", "quantity"), 1U);
    EXPECT_EQ(edit_distance("teh", "the"), 1U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(NearestName, FindsTheClosest) {
    const std::vector<std::string> names = {"listen", "limit", "log_level"};
    EXPECT_EQ(nearest_name("litsen", names), "listen");
    EXPECT_EQ(nearest_name("loglevel", names), "log_level");
    EXPECT_EQ(nearest_name("entirely_other", names), std::nullopt);
    EXPECT_EQ(nearest_name("", names), std::nullopt);
    EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), names), std::nullopt);
    EXPECT_EQ(nearest_name("xy", names), std::nullopt);
    EXPECT_EQ(suggestion("limt", names), "; did you mean 'limit'?");
    EXPECT_EQ(suggestion("zzzzzz", names), "");
}

}  // namespace
}  // namespace tillstream
