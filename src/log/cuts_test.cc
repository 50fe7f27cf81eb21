// The bytes of docs/formats/cuts.md, read from that page, and what damage does to them.
#include "log/internal/cuts.h"

#include <gtest/gtest.h>

#include "core/fault_env.h"
#include "core/memory_env.h"
#include "log/inspect.h"
#include "tests/contract/format_page.h"

namespace tillstream::journal {
namespace {

using testing::bytes_of_page;

CutsData example() {
    CutsData data;
    for (std::size_t i = 0; i < data.uuid.bytes.size(); ++i) data.uuid.bytes[i] = static_cast<char>(i);
    data.version = 3;
    const Timestamp arrived = to_timestamp({2010, 12, 1, 8, 26, 0, 0});
    Pass pass;
    pass.number = 1;
    pass.from = Lsn{1};
    pass.to = Lsn{6};
    pass.done = true;
    pass.pinned = true;
    pass.objects.push_back({SourceId{1}, BatchKind::data, false, hour_of(arrived), Offset{0}, Offset{1}, 42,
                            700, arrived, Lsn{2}});
    pass.gaps.push_back({SourceId{1}, Offset{2}, Offset{3}, Lsn{4}, "group 3: batch 0 has a wrong checksum"});
    data.passes.push_back(std::make_shared<const Pass>(std::move(pass)));
    data.removed.push_back({SourceId{2}, Offset{7}, Lsn{1}});
    return data;
}

void expect_same(const CutsData& found, const CutsData& expected) {
    EXPECT_EQ(found.uuid, expected.uuid);
    EXPECT_EQ(found.version, expected.version);
    EXPECT_EQ(found.removed, expected.removed);
    ASSERT_EQ(found.passes.size(), expected.passes.size());
    for (std::size_t i = 0; i < found.passes.size(); ++i) EXPECT_EQ(*found.passes[i], *expected.passes[i]);
}

TEST(Cuts, GoldenBytes) {
    EXPECT_EQ(encode_cuts(example()), bytes_of_page("cuts.md", "cuts"));
    expect_same(*decode_cuts(bytes_of_page("cuts.md", "cuts")), example());
}

TEST(Cuts, EveryFlippedBitAndEveryLengthIsNoticed) {
    const std::string whole = encode_cuts(example());
    for (std::size_t byte = 0; byte < whole.size(); ++byte) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = whole;
            damaged[byte] ^= static_cast<char>(1 << bit);
            EXPECT_FALSE(decode_cuts(damaged)) << byte << ", bit " << bit;
        }
        EXPECT_FALSE(decode_cuts(std::string_view(whole).substr(0, byte))) << byte;
    }
    EXPECT_FALSE(decode_cuts(whole + "x"));
}

TEST(Cuts, PassesThatDoNotFollowEachOtherAreRefused) {
    CutsData data = example();
    Pass next = *data.passes.front();
    next.number = 2;
    next.to = Lsn{9};
    for (const std::uint64_t from : {5, 7, 9}) {
        next.from = Lsn{from};
        data.passes = {example().passes.front(), std::make_shared<const Pass>(next)};
        EXPECT_FALSE(decode_cuts(encode_cuts(data))) << from;
    }
    next.from = Lsn{6};
    data.passes.back() = std::make_shared<const Pass>(next);
    EXPECT_TRUE(decode_cuts(encode_cuts(data)));
}

TEST(Cuts, TheNewerWholeCopyHolds) {
    MemoryFilesystem fs;
    ASSERT_TRUE(fs.make_dirs("log"));
    EXPECT_EQ(load_cuts(fs, "log").error().code, Errc::not_found);
    CutsData data = example();
    ASSERT_TRUE(store_cuts(fs, "log", data));
    data.version = 4;
    data.removed.clear();
    ASSERT_TRUE(write_file_atomic(fs, "log/cuts.copy", encode_cuts(data)));
    expect_same(*load_cuts(fs, "log"), data);
    ASSERT_TRUE(fs.flip_bit("log/cuts.copy", 50, 0));
    expect_same(*load_cuts(fs, "log"), example());
    ASSERT_TRUE(fs.flip_bit("log/cuts", 50, 0));
    EXPECT_EQ(load_cuts(fs, "log").error().code, Errc::corruption);
}

TEST(Cuts, ACopyThatCannotBeReadNowIsNotPassedOver) {
    MemoryFilesystem memory;
    FaultFilesystem fs(memory);
    ASSERT_TRUE(fs.make_dirs("log"));
    ASSERT_TRUE(store_cuts(fs, "log", example()));
    for (const std::uint64_t nth : {1U, 2U}) {
        fs.fail(FileCall::open, nth, Error{Errc::unavailable, "too many open files"});
        EXPECT_EQ(load_cuts(fs, "log").error().code, Errc::unavailable);
        fs.heal();
    }
    expect_same(*load_cuts(fs, "log"), example());
}

TEST(Cuts, InspectTellsAllOfThem) {
    MemoryFilesystem fs;
    ASSERT_TRUE(fs.make_dirs("log"));
    ASSERT_TRUE(store_cuts(fs, "log", example()));
    std::string text;
    ASSERT_TRUE(inspect_file(fs, "log/cuts", text));
    EXPECT_NE(text.find("crc ok"), std::string::npos) << text;
    for (const PassPtr& pass : example().passes) {
        EXPECT_NE(text.find("pass " + std::to_string(pass->number) + " groups"), std::string::npos) << text;
        for (const CutGap& gap : pass->gaps) EXPECT_NE(text.find(gap.reason), std::string::npos) << text;
    }
    EXPECT_EQ(text.find("DAMAGE"), std::string::npos) << text;
    ASSERT_TRUE(fs.flip_bit("log/cuts", 1, 0));
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "log/cuts", text));
    EXPECT_NE(text.find("DAMAGE"), std::string::npos) << text;
}

}  // namespace
}  // namespace tillstream::journal
