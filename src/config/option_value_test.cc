#include "config/option_value.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

std::string reformatted(std::string_view text, const OptionValue& like) {
    auto value = parse_option_value(text, like);
    return value ? format_option_value(*value) : value.error().message;
}

TEST(OptionValue, Sizes) {
    const ByteSize size;
    EXPECT_EQ(reformatted("64MiB", size), "64MiB");
    EXPECT_EQ(reformatted("1024", size), "1KiB");
    EXPECT_EQ(reformatted("1025", size), "1025B");
    EXPECT_EQ(reformatted("1 GiB", size), "1GiB");
    EXPECT_EQ(reformatted("3kB", size), "3kB");
    EXPECT_EQ(reformatted("0", size), "0B");
    for (const char* bad :
         {"", "MiB", "64mib", "-1B", "1.5GiB", "64MiBs", "99999999999TiB", "99999999999999999999"})
        EXPECT_EQ(reformatted(bad, size).find(std::string("'") + bad + "' is no size"), 0U) << bad;
}

TEST(OptionValue, Durations) {
    const Duration duration{};
    EXPECT_EQ(reformatted("5s", duration), "5s");
    EXPECT_EQ(reformatted("90s", duration), "90s");
    EXPECT_EQ(reformatted("120s", duration), "2m");
    EXPECT_EQ(reformatted("250ms", duration), "250ms");
    EXPECT_EQ(reformatted("7d", duration), "7d");
    EXPECT_EQ(reformatted("0", duration), "0s");
    for (const char* bad : {"", "5", "s", "5 secs", "-5s", "1m30s", "999999999d"})
        EXPECT_EQ(reformatted(bad, duration).find(std::string("'") + bad + "' is no duration"), 0U) << bad;
}

TEST(OptionValue, TheOthers) {
    EXPECT_EQ(reformatted("-12", std::int64_t{0}), "-12");
    EXPECT_EQ(reformatted("1e3", std::int64_t{0}),
              "'1e3' is no integer; write digits, with a sign if need be");
    EXPECT_EQ(reformatted("1", false), "true");
    EXPECT_EQ(reformatted("yes", false), "'yes' is no bool; write true or false");
    EXPECT_EQ(reformatted("127.0.0.1:8080", Address{}), "127.0.0.1:8080");
    EXPECT_EQ(reformatted("[::1]:0", Address{}), "[::1]:0");
    for (const char* bad : {"", "8080", ":8080", "host:", "host:65536", "::1:80", "host:x", "[]:1"})
        EXPECT_EQ(reformatted(bad, Address{}).find(std::string("'") + bad + "' is no address"), 0U) << bad;
    EXPECT_EQ(reformatted("any thing", std::string()), "any thing");
}

}  // namespace
}  // namespace tillstream
