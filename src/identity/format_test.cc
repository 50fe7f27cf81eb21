// The bytes of docs/formats/dedup.md, read from that page: the page and the code cannot drift apart.
#include <gtest/gtest.h>

#include "core/memory_env.h"
#include "identity/internal/id_run.h"
#include "identity/internal/run_list.h"
#include "tests/contract/format_page.h"

namespace tillstream::identity {
namespace {

constexpr Hour kHour = 358'664;  // 2010-12-01T08

using testing::bytes_of_page;
using testing::hex_dump;

TEST(DedupFormat, GoldenList) {
    RunList list;
    for (std::size_t i = 0; i < list.key.size(); ++i) list.key[i] = static_cast<std::uint8_t>(i);
    list.next_number = 8;
    list.cursor = "j1.00010203.2a.0";
    list.runs = {{7, RunKind::ids, 3, kHour - 1, kHour}, {6, RunKind::keys, 1, kHour, kHour}};
    const std::string bytes = encode_run_list(list);
    EXPECT_EQ(hex_dump(bytes), hex_dump(bytes_of_page("dedup.md", "list")));
    const auto read = parse_run_list(bytes_of_page("dedup.md", "list"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, list);
}

TEST(DedupFormat, GoldenRuns) {
    MemoryFilesystem fs;
    ASSERT_TRUE(fs.make_dirs("d"));
    const IdHash one{0x0123456789abcdef, 0xfedcba9876540000}, two{0x8000000000000000, 0x1111111111110000};
    auto ids = RunWriter::open(fs, "d", RunKind::ids, 7, 3);
    ASSERT_TRUE(ids);
    ASSERT_TRUE(ids->add(one.with(Kind::accepted, kHour)));
    ASSERT_TRUE(ids->add(two.with(Kind::accepted, kHour)));
    ASSERT_TRUE(ids->add(two.with(Kind::rejected, kHour - 1)));
    ASSERT_TRUE(ids->finish(kHour - 1, kHour));
    auto keys = RunWriter::open(fs, "d", RunKind::keys, 6, 1);
    ASSERT_TRUE(keys);
    ASSERT_TRUE(keys->add(one.with(Kind::key, kHour), "{}"));
    ASSERT_TRUE(keys->finish(kHour, kHour));
    const std::string run = *read_file(fs, run_path("d", RunKind::ids, 7));
    EXPECT_EQ(hex_dump(run.substr(0, kRunHeaderBytes)), hex_dump(bytes_of_page("dedup.md", "header")));
    EXPECT_EQ(hex_dump(run.substr(kRunBlock, 64)), hex_dump(bytes_of_page("dedup.md", "block")));
    EXPECT_EQ(run.substr(kRunBlock + 64, kRunBlock - 64), std::string(kRunBlock - 64, '\0'));
    EXPECT_EQ(hex_dump(run.substr(2 * kRunBlock)), hex_dump(bytes_of_page("dedup.md", "fences")));
    const std::string of_keys = *read_file(fs, run_path("d", RunKind::keys, 6));
    EXPECT_EQ(hex_dump(of_keys.substr(kRunBlock, 48)), hex_dump(bytes_of_page("dedup.md", "key")));
    EXPECT_EQ(*read_file(fs, texts_path("d", 6)), "{}");
}

TEST(DedupFormat, EveryBitOfTheListCounts) {
    RunList list;
    list.cursor = "j1.00010203.2a.0";
    list.runs = {{1, RunKind::ids, 3, kHour, kHour}};
    std::string bytes = encode_run_list(list);
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            bytes[byte] = static_cast<char>(bytes[byte] ^ 1 << bit);
            EXPECT_FALSE(parse_run_list(bytes)) << "byte " << byte << " bit " << bit;
            bytes[byte] = static_cast<char>(bytes[byte] ^ 1 << bit);
        }
        EXPECT_FALSE(parse_run_list(std::string_view(bytes).substr(0, byte))) << byte;
    }
    EXPECT_TRUE(parse_run_list(bytes));
}

}  // namespace
}  // namespace tillstream::identity
