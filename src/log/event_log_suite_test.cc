// The port's suite over the journal, in memory and on a real disk.
#include <cstdlib>
#include <filesystem>

#include "log/internal/journal_fixture.h"
#include "tests/contract/event_log_contract.h"

namespace tillstream::testing {
namespace {

class InMemory {
public:
    InMemory() { reopen(); }
    EventLog& log() { return *journal_; }
    void reopen() {
        const Status opened = journal_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }

private:
    MemoryFilesystem fs_;
    JournalFixture journal_{fs_};
};

class OnDisk {
public:
    OnDisk() { reopen(); }
    ~OnDisk() {
        journal_.close();
        std::filesystem::remove_all(dir_);
    }
    EventLog& log() { return *journal_; }
    void reopen() {
        const Status opened = journal_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }

private:
    static std::string make_dir() {
        std::string pattern = ::testing::TempDir() + "/journal-XXXXXX";
        return ::mkdtemp(pattern.data());
    }
    const std::string dir_ = make_dir();
    JournalFixture journal_{posix_filesystem(), small_options(), dir_};
};

using Engines = ::testing::Types<InMemory, OnDisk>;
INSTANTIATE_TYPED_TEST_SUITE_P(Journal, EventLogContract, Engines);

}  // namespace
}  // namespace tillstream::testing
