#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/env.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

class FolderLockTest : public testing::Test {
protected:
    FolderLockTest() {
        dir_ = (std::filesystem::temp_directory_path() / "tillstream-XXXXXX").string();
        if (::mkdtemp(dir_.data()) == nullptr) ADD_FAILURE() << "no temporary folder: " << dir_;
    }
    ~FolderLockTest() override { std::filesystem::remove_all(dir_); }

    std::string dir_;
};

TEST_F(FolderLockTest, HasOneOwnerAndNamesIt) {
    const std::string pid = std::to_string(::getpid());
    std::optional<FolderLock> owner;
    {
        auto lock = FolderLock::acquire(dir_);
        ASSERT_TRUE(lock) << lock.error().message;
        owner.emplace(std::move(*lock));
    }
    EXPECT_EQ(*read_file(posix_filesystem(), dir_ + "/LOCK"), pid + "\n");
    const auto second = FolderLock::acquire(dir_);
    ASSERT_FALSE(second);
    EXPECT_EQ(to_string(second.error().code), "resource_exhausted");
    EXPECT_THAT(second.error().message, HasSubstr("process " + pid));
    EXPECT_THAT(second.error().message, HasSubstr(dir_));
    owner.reset();
    EXPECT_TRUE(FolderLock::acquire(dir_));
}

TEST_F(FolderLockTest, IsFreeOnceItsOwnerWasKilled) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto lock = FolderLock::acquire(dir_);
        const char told = lock ? 'y' : 'n';
        if (::write(ready[1], &told, 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    char told = 0;
    ASSERT_EQ(::read(ready[0], &told, 1), 1);
    EXPECT_EQ(told, 'y');
    const auto refused = FolderLock::acquire(dir_);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("process " + std::to_string(child)));

    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    ::close(ready[0]);
    ::close(ready[1]);
    EXPECT_TRUE(FolderLock::acquire(dir_));
    EXPECT_EQ(*read_file(posix_filesystem(), dir_ + "/LOCK"), std::to_string(::getpid()) + "\n");
}

TEST_F(FolderLockTest, NeedsItsFolder) {
    const auto lock = FolderLock::acquire(dir_ + "/no");
    ASSERT_FALSE(lock);
    EXPECT_EQ(to_string(lock.error().code), "not_found");
}

}  // namespace
}  // namespace tillstream
