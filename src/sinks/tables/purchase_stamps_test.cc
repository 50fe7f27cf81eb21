#include "sinks/tables/purchase_stamps.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tillstream {
namespace {

TableWrite write_of(TableKeyPart partition) {
    TableWrite write;
    write.key = {"customers", partition, "s"};
    return write;
}

TEST(PurchaseStamps, StayAsLongAsNothingChanges) {
    PurchaseStamps stamps;
    const auto taken = stamps.customer(17850);
    ASSERT_TRUE(taken);
    const TableWrite other[] = {write_of(std::int64_t{13047}), write_of("536365")};
    {
        const PurchaseStamps::Change change(stamps, other);
    }
    EXPECT_EQ(stamps.customer(17850), taken);
}

TEST(PurchaseStamps, AreMissingDuringAChangeAndNewAfterIt) {
    PurchaseStamps stamps;
    const auto customer = stamps.customer(17850);
    const auto invoice = stamps.invoice("536365");
    // The same thing several times, as the lines of one invoice are.
    const TableWrite writes[] = {write_of(std::int64_t{17850}), write_of("536365"), write_of("536365"),
                                 write_of("536365")};
    {
        const PurchaseStamps::Change change(stamps, writes);
        EXPECT_FALSE(stamps.customer(17850));
        EXPECT_FALSE(stamps.invoice("536365"));
    }
    ASSERT_TRUE(stamps.customer(17850));
    ASSERT_TRUE(stamps.invoice("536365"));
    EXPECT_NE(stamps.customer(17850), customer);
    EXPECT_NE(stamps.invoice("536365"), invoice);
}

TEST(PurchaseStamps, OfEverythingChangeWithEverything) {
    PurchaseStamps stamps;
    std::vector<PurchaseStamp> before;
    for (std::int64_t id = 0; id < 1000; ++id) before.push_back(*stamps.customer(id));
    {
        const PurchaseStamps::Change change(stamps);
        for (std::int64_t id = 0; id < 1000; ++id) EXPECT_FALSE(stamps.customer(id)) << id;
    }
    for (std::int64_t id = 0; id < 1000; ++id) EXPECT_NE(stamps.customer(id), before[id]) << id;
}

// What a reader keeps under a stamp must be what is stored whenever that stamp is seen again.
TEST(PurchaseStamps, NeverCallAnOldValueNew) {
    PurchaseStamps stamps;
    std::atomic<int> stored{0};
    std::atomic<bool> ended{false};
    std::thread writer([&] {
        const TableWrite writes[] = {write_of(std::int64_t{1})};
        for (int i = 1; i <= 200'000; ++i) {
            const PurchaseStamps::Change change(stamps, writes);
            stored.store(i, std::memory_order_relaxed);
        }
        ended = true;
    });
    int seen = 0;
    std::optional<PurchaseStamp> kept_under;
    int kept = 0;
    while (!ended) {
        const auto stamp = stamps.customer(1);
        int value = 0;
        if (stamp && kept_under == stamp) {
            value = kept;
        } else {
            value = stored.load(std::memory_order_relaxed);
            if (stamp) {
                kept_under = stamp;
                kept = value;
            }
        }
        ASSERT_GE(value, seen) << "a kept value took the reader back";
        seen = value;
    }
    writer.join();
    EXPECT_EQ(stored, 200'000);
}

}  // namespace
}  // namespace tillstream
