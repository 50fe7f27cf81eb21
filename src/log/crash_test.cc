// Power cuts at every call the journal makes, over a file system that forgets what was not synced.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "core/fault_env.h"
#include "log/internal/crash_ledger_test.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::check;
using testing::JournalFixture;
using testing::Ledger;
using testing::read_all;
using testing::ReadRecord;
using testing::send;
using Loss = MemoryFilesystem::Loss;

JournalOptions crash_options() {
    JournalOptions options = testing::small_options();
    options.segment_bytes = 64 * 1024;
    options.group_bytes = 16 * 1024;
    options.max_request_bytes = 32 * 1024;
    options.tail_bytes = 16 * 1024;
    options.idle_seal = std::chrono::milliseconds(1);
    return options;
}

/// Runs until the `nth` call of the file layer fails and all later ones do, cuts the power, then looks.
void crash_once(std::uint64_t nth, Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("call " + std::to_string(nth) + " loss " + std::to_string(static_cast<int>(loss)) +
                 " seed " + std::to_string(seed));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    std::mt19937_64 random(seed);
    Ledger ledger;
    std::vector<ReadRecord> before;
    // A first, whole run half of the time: then the crash also meets a recovery.
    if (random() % 2 == 0) {
        JournalFixture first(disk, crash_options());
        ASSERT_TRUE(first.open());
        send(*first, ledger, 0, 10, random);
        first.close();
        if (random() % 2 == 0) disk.crash(Loss::random, random());
    }
    {
        JournalFixture running(faulty, crash_options());
        faulty.fail(FileCall::any, nth, Error{Errc::io, "power cut"}, true);
        if (running.open()) send(*running, ledger, 1000, 40, random);
        disk.crash(loss, random());
    }
    JournalFixture after(disk, crash_options());
    const Status opened = after.open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto found = read_all(*after);
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->gaps.empty()) << found->gaps.front().reason;
    check(found->records(), ledger);
    // A second recovery, after losing what the first may have left unsynced, finds the same.
    after.close();
    disk.crash(Loss::random, random());
    ASSERT_TRUE(after.open());
    const auto again = read_all(*after, {}, ReadFrom::storage);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->records(), found->records());
    send(*after, ledger, 2000, 3, random);
    after.close();
    ASSERT_TRUE(after.open());
    const auto grown = read_all(*after);
    ASSERT_TRUE(grown);
    check(grown->records(), ledger);
}

TEST(JournalCrash, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
    const std::uint64_t base = std::random_device{}();
    std::cout << "seed " << base << "\n";
    int images = 0;
    for (std::uint64_t nth = 1; nth <= 110; ++nth) {
        for (const Loss loss : {Loss::nothing, Loss::all, Loss::random, Loss::random, Loss::random}) {
            crash_once(nth, loss, base + static_cast<std::uint64_t>(images++));
            if (::testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GE(images, 500);
}

}  // namespace
}  // namespace tillstream
