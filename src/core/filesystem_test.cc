// What every Filesystem promises, run against the disk and against its twin in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "core/bytes.h"
#include "core/env.h"
#include "core/fault_env.h"
#include "core/internal/errno_error.h"
#include "core/memory_env.h"

namespace tillstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Disk {
    std::filesystem::path folder;

    Disk() {
        std::string name = (std::filesystem::temp_directory_path() / "tillstream-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder: " << name;
        folder = name;
    }
    ~Disk() { std::filesystem::remove_all(folder); }
    Filesystem& fs() { return posix_filesystem(); }
    std::string path(const std::string& name) const { return (folder / name).string(); }
};

struct Memory {
    MemoryFilesystem memory;

    Memory() { EXPECT_TRUE(memory.make_dirs("/data")); }
    Filesystem& fs() { return memory; }
    std::string path(const std::string& name) const { return name.empty() ? "/data" : "/data/" + name; }
};

struct FaultlessFaults : Memory {
    FaultFilesystem faults{memory};
    Filesystem& fs() { return faults; }
};

template <class Store>
class FilesystemSuite : public testing::Test {
protected:
    Filesystem& fs() { return store_.fs(); }
    std::string path(const std::string& name) { return store_.path(name); }
    std::unique_ptr<File> open(const std::string& name, OpenMode mode) {
        auto file = fs().open(path(name), mode);
        if (!file) {
            ADD_FAILURE() << file.error().message;
            return nullptr;
        }
        return std::move(*file);
    }
    void write(const std::string& name, std::string_view bytes) {
        const auto file = open(name, {.write = true, .create = true});
        ASSERT_TRUE(file->write_at(0, bytes));
    }
    std::string read(const std::string& name) {
        auto content = read_file(fs(), path(name));
        return content ? *content : content.error().message;
    }
    template <class T>
    void expect_error(const Result<T>& result, Errc code, const std::string& text = "") {
        ASSERT_FALSE(result);
        EXPECT_EQ(to_string(result.error().code), to_string(code)) << result.error().message;
        EXPECT_THAT(result.error().message, HasSubstr(text));
    }

    Store store_;
};

using Stores = testing::Types<Disk, Memory, FaultlessFaults>;
TYPED_TEST_SUITE(FilesystemSuite, Stores);

TYPED_TEST(FilesystemSuite, ReadsWhatWasWritten) {
    const auto file = this->open("a", {.write = true, .create = true});
    ASSERT_TRUE(file->write_at(3, "def"));
    ASSERT_TRUE(file->write_at(0, "ab"));
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(*file->size(), 6U);
    EXPECT_EQ(this->read("a"), std::string_view("ab\0def", 6));

    char into[16];
    EXPECT_EQ(*file->read_at(4, into, sizeof into), 2U);
    EXPECT_EQ(std::string_view(into, 2), "ef");
    EXPECT_EQ(*file->read_at(6, into, sizeof into), 0U);
    EXPECT_EQ(*file->read_at(600, into, sizeof into), 0U);
}

TYPED_TEST(FilesystemSuite, TruncatesAndGrowsWithZeros) {
    const auto file = this->open("a", {.write = true, .create = true});
    ASSERT_TRUE(file->write_at(0, "abcdef"));
    ASSERT_TRUE(file->truncate(2));
    ASSERT_TRUE(file->truncate(4));
    EXPECT_EQ(this->read("a"), std::string_view("ab\0\0", 4));
}

TYPED_TEST(FilesystemSuite, RefusesWhatItsOpenModeDoesNotAllow) {
    this->expect_error(this->fs().open(this->path("a"), {}), Errc::not_found, this->path("a"));
    this->expect_error(this->fs().open(this->path("no/a"), {.write = true, .create = true}), Errc::not_found);
    this->write("a", "x");
    this->expect_error(this->fs().open(this->path("a"), {.write = true, .create = true, .exclusive = true}),
                       Errc::already_exists);
    const auto file = this->open("a", {});
    this->expect_error(file->write_at(0, "y"), Errc::io,
                       "pwrite '" + this->path("a") + "': Bad file descriptor");
    this->expect_error(this->fs().open(this->path(""), {}), Errc::io, "Is a directory");
}

TYPED_TEST(FilesystemSuite, TakesAlignedDirectWrites) {
    AlignedBuffer block(AlignedBuffer::kAlignment);
    std::memset(block.data(), 'x', block.size());
    const auto file = this->open("a", {.write = true, .create = true, .exclusive = true, .direct = true});
    ASSERT_TRUE(file->write_at(block.size(), {block.data(), block.size()}));
    ASSERT_TRUE(file->sync());
    AlignedBuffer back(4 * AlignedBuffer::kAlignment);
    EXPECT_EQ(*file->read_at(0, back.data(), back.size()), 2 * block.size());
    EXPECT_EQ(back.data()[block.size() - 1], '\0');
    EXPECT_EQ(back.data()[block.size()], 'x');

    ASSERT_TRUE(file->truncate(block.size() + 700));
    EXPECT_EQ(*file->read_at(0, back.data(), back.size()), block.size() + 700);
}

TYPED_TEST(FilesystemSuite, RenamesOverTheTarget) {
    this->write("a", "new");
    this->write("b", "old");
    const auto reader = this->open("b", {});
    ASSERT_TRUE(this->fs().rename(this->path("a"), this->path("b")));
    EXPECT_EQ(this->read("b"), "new");
    EXPECT_FALSE(*this->fs().exists(this->path("a")));
    char into[8];
    EXPECT_EQ(*reader->read_at(0, into, sizeof into), 3U);
    EXPECT_EQ(std::string_view(into, 3), "old") << "an open file outlives its name";
    this->expect_error(this->fs().rename(this->path("a"), this->path("c")), Errc::not_found, this->path("c"));
    this->expect_error(this->fs().rename(this->path("b"), this->path("no/c")), Errc::not_found);
}

TYPED_TEST(FilesystemSuite, RenamesToANewNameOnly) {
    this->write("a", "new");
    this->write("b", "old");
    this->expect_error(this->fs().rename_new(this->path("a"), this->path("b")), Errc::already_exists,
                       this->path("b"));
    EXPECT_EQ(this->read("b"), "old");
    ASSERT_TRUE(this->fs().rename_new(this->path("a"), this->path("c")));
    EXPECT_EQ(this->read("c"), "new");
    EXPECT_FALSE(*this->fs().exists(this->path("a")));
    this->expect_error(this->fs().rename_new(this->path("a"), this->path("d")), Errc::not_found);
}

TYPED_TEST(FilesystemSuite, ListsFoldersSorted) {
    ASSERT_TRUE(this->fs().make_dirs(this->path("d/e//f/")));
    ASSERT_TRUE(this->fs().make_dirs(this->path("d")));
    this->write("d/z", "");
    this->write("d/a", "");
    EXPECT_THAT(*this->fs().list(this->path("d")), ElementsAre("a", "e", "z"));
    EXPECT_THAT(*this->fs().list(this->path("d/e/f")), IsEmpty());
    EXPECT_TRUE(*this->fs().exists(this->path("d/e/f")));
    this->expect_error(this->fs().list(this->path("no")), Errc::not_found, this->path("no"));
    this->expect_error(this->fs().make_dirs(this->path("d/z/y")), Errc::io, "Not a directory");
}

TYPED_TEST(FilesystemSuite, RemovesFilesAndEmptyFolders) {
    ASSERT_TRUE(this->fs().make_dirs(this->path("d")));
    this->write("d/a", "x");
    this->expect_error(this->fs().remove(this->path("d")), Errc::io, "Directory not empty");
    ASSERT_TRUE(this->fs().remove(this->path("d/a")));
    this->expect_error(this->fs().remove(this->path("d/a")), Errc::not_found);
    ASSERT_TRUE(this->fs().remove(this->path("d")));
    EXPECT_FALSE(*this->fs().exists(this->path("d")));
    ASSERT_TRUE(this->fs().sync_dir(this->path("")));
    this->expect_error(this->fs().sync_dir(this->path("d")), Errc::not_found);
}

TYPED_TEST(FilesystemSuite, ReplacesWholeFilesAtOnce) {
    ASSERT_TRUE(write_file_atomic(this->fs(), this->path("a"), "a long first content"));
    ASSERT_TRUE(write_file_atomic(this->fs(), this->path("a"), "second"));
    EXPECT_EQ(this->read("a"), "second");
    EXPECT_THAT(*this->fs().list(this->path("")), ElementsAre("a"));
    this->expect_error(write_file_atomic(this->fs(), this->path("no/a"), "x"), Errc::not_found);
}

TYPED_TEST(FilesystemSuite, KnowsItsFreeSpace) {
    EXPECT_GT(*this->fs().free_bytes(this->path("")), 0U);
    this->expect_error(this->fs().free_bytes(this->path("no")), Errc::not_found);
}

TEST(PosixFilesystem, ReportsAFullDisk) {
    if (!*posix_filesystem().exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    const auto file = posix_filesystem().open("/dev/full", {.write = true});
    ASSERT_TRUE(file) << file.error().message;
    const Status written = (*file)->write_at(0, "x");
    ASSERT_FALSE(written);
    EXPECT_EQ(to_string(written.error().code), "resource_exhausted");
    EXPECT_EQ(written.error().message, "pwrite '/dev/full': No space left on device");
}

TEST(PosixFilesystem, FallsBackWhereDirectIsRefused) {
    // procfs has pages no disk stands behind.
    const auto file = posix_filesystem().open("/proc/self/status", {.direct = true});
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_FALSE((*file)->direct());
    char into[16];
    EXPECT_EQ(*(*file)->read_at(0, into, sizeof into), sizeof into);
}

/// No descriptor can be opened while it lives.
class NoDescriptors {
public:
    NoDescriptors() {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
        rlimit none = before_;
        none.rlim_cur = 0;
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    }
    ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

private:
    rlimit before_{};
};

TEST(PosixFilesystem, WantOfDescriptorsIsNoFaultOfTheFile) {
    Disk disk;
    ASSERT_TRUE(write_file_atomic(disk.fs(), disk.path("there"), "x"));
    // A sanitizer needs a descriptor itself when it meets a type for the first time: so one error before.
    EXPECT_EQ(disk.fs().open(disk.path("absent"), {}).error().code, Errc::not_found);
    {
        const NoDescriptors none;
        EXPECT_EQ(disk.fs().open(disk.path("there"), {}).error().code, Errc::unavailable);
        EXPECT_EQ(disk.fs().sync_dir(disk.path("")).error().code, Errc::unavailable);
        EXPECT_EQ(disk.fs().list(disk.path("")).error().code, Errc::unavailable);
    }
    EXPECT_EQ(*read_file(disk.fs(), disk.path("there")), "x");
}

TEST(ErrnoError, OnlyWhatPassesByItselfIsUnavailable) {
    for (const int number : {EMFILE, ENFILE, ENOMEM})
        EXPECT_EQ(internal::errno_error("open", "f", number).code, Errc::unavailable) << number;
    for (const int number : {EIO, EACCES, ENOTDIR, EROFS})
        EXPECT_EQ(internal::errno_error("open", "f", number).code, Errc::io) << number;
}

}  // namespace
}  // namespace tillstream
