#include "codec/compressed_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tillstream {
namespace {

class CompressedFileTest : public testing::TestWithParam<Encoding> {
protected:
    CompressedFileTest() {
        std::string name = (std::filesystem::temp_directory_path() / "compressed_file_XXXXXX").string();
        dir_ = mkdtemp(name.data());
    }
    ~CompressedFileTest() override { std::filesystem::remove_all(dir_); }

    std::string file(std::string_view content) {
        std::string path = dir_ + "/input";
        EXPECT_TRUE(write_file_atomic(posix_filesystem(), path, content));
        return path;
    }

    std::string dir_;
};
INSTANTIATE_TEST_SUITE_P(All, CompressedFileTest,
                         testing::Values(Encoding::identity, Encoding::gzip, Encoding::zstd),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(CompressedFileTest, ReadsFrontToBackInOddPieces) {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += std::to_string(i * 7919) + ",";
    Buffer content;
    ASSERT_TRUE(deflate(GetParam(), text, content));
    auto opened = CompressedFile::open(posix_filesystem(), file(content.view()));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->encoding(), GetParam());
    std::string read;
    std::string piece(10007, '\0');
    for (;;) {
        auto size = opened->read(piece.data(), piece.size());
        ASSERT_TRUE(size);
        read.append(piece, 0, *size);
        if (*size < piece.size()) break;
    }
    EXPECT_TRUE(read == text);
    EXPECT_EQ(opened->bytes_read(), content.size());
    EXPECT_EQ(*opened->read(piece.data(), piece.size()), 0u);
}

TEST_P(CompressedFileTest, ReadsAnEmptyText) {
    Buffer content;
    ASSERT_TRUE(deflate(GetParam(), "", content));
    auto opened = CompressedFile::open(posix_filesystem(), file(content.view()));
    ASSERT_TRUE(opened);
    char byte = 0;
    EXPECT_EQ(*opened->read(&byte, 1), 0u);
}

TEST_P(CompressedFileTest, NamesTheFileThatIsCutOff) {
    if (GetParam() == Encoding::identity) GTEST_SKIP() << "a plain file cannot be cut off";
    Buffer content;
    ASSERT_TRUE(deflate(GetParam(), std::string(100000, 'x'), content));
    auto opened =
        CompressedFile::open(posix_filesystem(), file(content.view().substr(0, content.size() - 3)));
    ASSERT_TRUE(opened);
    std::string all(200000, '\0');
    auto size = opened->read(all.data(), all.size());
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().code, Errc::invalid_argument);
    EXPECT_NE(size.error().message.find(dir_), std::string::npos);
}

TEST(CompressedFileOpen, ReportsAMissingFile) {
    auto opened = CompressedFile::open(posix_filesystem(), "/nonexistent/input");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::not_found);
}

}  // namespace
}  // namespace tillstream
