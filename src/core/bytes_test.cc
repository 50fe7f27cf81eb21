#include "core/bytes.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tillstream {
namespace {

TEST(Buffer, KeepsItsContentWhileItGrows) {
    Buffer buffer;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        const std::string piece = std::to_string(i);
        buffer.append(piece);
        buffer.push_back(',');
        expected += piece + ",";
    }
    EXPECT_EQ(buffer.view(), expected);
    EXPECT_GE(buffer.capacity(), buffer.size());
}

TEST(Buffer, MayBeTouchedBeyondItsEnd) {
    Buffer buffer("abc");
    std::memset(buffer.data() + buffer.size(), 0, Buffer::kPadding);  // ASan objects if the slack is missing
    EXPECT_EQ(buffer.view(), "abc");
}

TEST(Buffer, IsEmptyOnceMovedFrom) {
    Buffer from("abc");
    Buffer to = std::move(from);
    EXPECT_EQ(to.view(), "abc");
    EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): the header promises it
    from.append("new");
    to = std::move(from);
    EXPECT_EQ(to.view(), "new");
}

TEST(AlignedBuffer, RoundsItsSizeUp) {
    AlignedBuffer buffer(5000);
    EXPECT_EQ(buffer.size(), 2 * AlignedBuffer::kAlignment);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % AlignedBuffer::kAlignment, 0U);
}

TEST(LittleEndian, StoresTheLowByteFirst) {
    char bytes[9] = {};
    store_le<std::uint64_t>(bytes + 1, 0x0102030405060708);
    EXPECT_EQ(std::string_view(bytes, 9), std::string_view("\0\x08\x07\x06\x05\x04\x03\x02\x01", 9));
    EXPECT_EQ(load_le<std::uint64_t>(bytes + 1), 0x0102030405060708U);
}

}  // namespace
}  // namespace tillstream
