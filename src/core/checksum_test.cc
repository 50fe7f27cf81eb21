#include "core/checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

TEST(Crc32c, MatchesThePublishedCheckValues) {
    EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(crc32c(""), 0U);
    // RFC 3720, B.4
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
}

TEST(Crc32c, ContinuesFromASeedAtAnySplit) {
    std::string bytes;
    for (int i = 0; i < 700; ++i) bytes.push_back(static_cast<char>(i * 31));
    const std::uint32_t whole = crc32c(bytes);
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        const std::string_view view = bytes;
        ASSERT_EQ(crc32c(view.substr(split), crc32c(view.substr(0, split))), whole) << "split at " << split;
    }
}

}  // namespace
}  // namespace tillstream
