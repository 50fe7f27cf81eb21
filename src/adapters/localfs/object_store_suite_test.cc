// The port's suite on a real disk and on its twins, and what only files can do wrong.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "adapters/localfs/local_object_store.h"
#include "core/fault_env.h"
#include "core/memory_env.h"
#include "tests/contract/object_store_contract.h"

namespace tillstream::testing {
namespace {

std::unique_ptr<LocalObjectStore> open_store(Filesystem& fs, const std::string& root) {
    auto opened = LocalObjectStore::open(fs, root);
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
}

struct OnDisk {
    const std::string root = [] {
        std::string pattern = ::testing::TempDir() + "/objects-XXXXXX";
        return std::string(::mkdtemp(pattern.data()));
    }();
    std::unique_ptr<LocalObjectStore> objects = open_store(posix_filesystem(), root);

    ~OnDisk() { std::filesystem::remove_all(root); }
    ObjectStore& store() { return *objects; }
};

struct InMemoryFiles {
    MemoryFilesystem fs;
    std::unique_ptr<LocalObjectStore> objects = open_store(fs, "data");
    ObjectStore& store() { return *objects; }
};

struct OnFaultTwin {
    MemoryFilesystem memory;
    FaultFilesystem fs{memory};
    std::unique_ptr<LocalObjectStore> objects = open_store(fs, "/srv/data/");
    ObjectStore& store() { return *objects; }
};

using Engines = ::testing::Types<OnDisk, InMemoryFiles, OnFaultTwin>;
INSTANTIATE_TYPED_TEST_SUITE_P(Local, ObjectStoreContract, Engines);

TEST(LocalObjectStore, TouchesNothingOutsideItsAreas) {
    InMemoryFiles files;
    ASSERT_TRUE(files.fs.make_dirs("data/log"));
    ASSERT_TRUE(write_file_atomic(files.fs, "data/log/segment", "precious"));
    for (const char* name : {"log/segment", ".put/1", "FORMAT", "lakes/a"}) {
        EXPECT_EQ(files.store().remove(name).error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(files.store().put_if_absent(name, "x").error().code, Errc::invalid_argument) << name;
        EXPECT_EQ(files.store().get(name, 0, 1).error().code, Errc::invalid_argument) << name;
    }
    ASSERT_TRUE(files.store().put_if_absent("lake/a", "x"));
    EXPECT_EQ(files.store().list("", "", 10)->size(), 1U);
    EXPECT_EQ(*read_file(files.fs, "data/log/segment"), "precious");
}

TEST(LocalObjectStore, RemovesWhatAnInterruptedPutLeft) {
    InMemoryFiles files;
    ASSERT_TRUE(write_file_atomic(files.fs, "data/.put/17", "half"));
    files.objects = open_store(files.fs, "data");
    EXPECT_TRUE(files.fs.list("data/.put")->empty());
}

TEST(LocalObjectStore, SeesFilesThatOthersPutThere) {
    OnDisk disk;
    std::filesystem::create_directories(disk.root + "/lake/clean");
    ASSERT_TRUE(write_file_atomic(posix_filesystem(), disk.root + "/lake/clean/part", "theirs"));
    EXPECT_EQ(*disk.store().put_if_absent("lake/clean/part", "ours"), PutOutcome::present);
    EXPECT_EQ(*disk.store().get("lake/clean/part", 0, 100), "theirs");
    EXPECT_TRUE(std::filesystem::is_empty(disk.root + "/.put"));
}

TEST(LocalObjectStore, AFullDiskLeavesNothingBehind) {
    InMemoryFiles files;
    files.fs.set_free_bytes(100);
    EXPECT_EQ(files.store().put_if_absent("lake/a", std::string(200, 'x')).error().code,
              Errc::resource_exhausted);
    EXPECT_TRUE(files.fs.list("data/.put")->empty());
    EXPECT_EQ(*files.store().put_if_absent("lake/a", std::string(90, 'x')), PutOutcome::created);
}

TEST(LocalObjectStore, AFailedWriteOrSyncOfAFileIsNoObjectAndMayBeRepeated) {
    for (const FileCall call : {FileCall::open, FileCall::write, FileCall::sync, FileCall::rename}) {
        OnFaultTwin twin;
        twin.fs.fail(call, 1, Error{Errc::io, "bad disk"});
        EXPECT_EQ(twin.store().put_if_absent("lake/a", "x").error().code, Errc::io);
        EXPECT_EQ(twin.store().info("lake/a").error().code, Errc::not_found);
        EXPECT_EQ(*twin.store().put_if_absent("lake/a", "x"), PutOutcome::created);
        EXPECT_TRUE(twin.memory.list("/srv/data/.put")->empty());
    }
}

TEST(LocalObjectStore, ASyncOfAFolderThatCouldNotBeginIsBegunAgain) {
    OnFaultTwin twin;
    twin.fs.fail(FileCall::sync_dir, 1, Error{Errc::unavailable, "too many open files"});
    EXPECT_EQ(twin.store().put_if_absent("lake/a", "x").error().code, Errc::outcome_unknown);
    EXPECT_EQ(*twin.store().put_if_absent("lake/a", "x"), PutOutcome::present);
    twin.memory.crash(MemoryFilesystem::Loss::all);
    EXPECT_EQ(*twin.store().get("lake/a", 0, 1), "x") << "the second put made it durable";
    twin.fs.fail(FileCall::sync_dir, 1, Error{Errc::unavailable, "too many open files"});
    EXPECT_EQ(twin.store().remove("lake/a").error().code, Errc::outcome_unknown);
    EXPECT_TRUE(twin.store().remove("lake/a"));
}

TEST(LocalObjectStore, AFailedSyncOfAFolderIsNeverBelievedLater) {
    OnFaultTwin twin;
    twin.fs.fail(FileCall::sync_dir, 1, Error{Errc::io, "bad disk"});
    EXPECT_EQ(twin.store().put_if_absent("lake/a", "x").error().code, Errc::outcome_unknown);
    EXPECT_EQ(twin.store().put_if_absent("lake/a", "x").error().code, Errc::io);
    EXPECT_EQ(*twin.store().get("lake/a", 0, 1), "x") << "reading goes on";
    twin.objects = open_store(twin.fs, "/srv/data");
    EXPECT_EQ(*twin.store().put_if_absent("lake/a", "x"), PutOutcome::present);
}

}  // namespace
}  // namespace tillstream::testing
