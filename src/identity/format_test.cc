// The bytes of docs/formats/dedup.md, read from that page: the page and the code cannot drift apart.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/memory_env.h"
#include "identity/internal/id_run.h"
#include "identity/internal/run_list.h"

namespace tillstream::identity {
namespace {

constexpr Hour kHour = 358'664;  // 2010-12-01T08

std::string bytes_of_page(const std::string& name) {
    std::ifstream page(std::string(TILLSTREAM_SOURCE_DIR) + "/docs/formats/dedup.md");
    std::string line, bytes;
    bool inside = false;
    while (std::getline(page, line)) {
        if (line == "```hex " + name) {
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            std::istringstream digits(line.substr(line.find(':') + 1));
            std::string byte;
            while (digits >> byte && byte != "|")
                bytes.push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
        }
    }
    return bytes;
}

std::string dump(std::string_view bytes) {
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 16) {
        text += fmt::format("{:04x}:", at);
        std::string readable;
        for (const char c : bytes.substr(at, 16)) {
            text += fmt::format(" {:02x}", static_cast<unsigned char>(c));
            readable += c >= ' ' && c < 127 ? c : '.';
        }
        text += fmt::format("{:>{}} {}\n", "|", 2 + 3 * (16 - readable.size()), readable);
    }
    return text;
}

TEST(DedupFormat, GoldenList) {
    RunList list;
    for (std::size_t i = 0; i < list.key.size(); ++i) list.key[i] = static_cast<std::uint8_t>(i);
    list.next_number = 8;
    list.cursor = "j1.00010203.2a.0";
    list.runs = {{7, RunKind::ids, 3, kHour - 1, kHour}, {6, RunKind::keys, 1, kHour, kHour}};
    const std::string bytes = encode_run_list(list);
    EXPECT_EQ(dump(bytes), dump(bytes_of_page("list")));
    const auto read = parse_run_list(bytes_of_page("list"));
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
    EXPECT_EQ(dump(run.substr(0, kRunHeaderBytes)), dump(bytes_of_page("header")));
    EXPECT_EQ(dump(run.substr(kRunBlock, 64)), dump(bytes_of_page("block")));
    EXPECT_EQ(run.substr(kRunBlock + 64, kRunBlock - 64), std::string(kRunBlock - 64, '\0'));
    EXPECT_EQ(dump(run.substr(2 * kRunBlock)), dump(bytes_of_page("fences")));
    const std::string of_keys = *read_file(fs, run_path("d", RunKind::keys, 6));
    EXPECT_EQ(dump(of_keys.substr(kRunBlock, 48)), dump(bytes_of_page("key")));
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
