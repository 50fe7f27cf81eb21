// Power cuts at every call of the file layer: an object is whole or absent, an acknowledged one is there.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>

#include "adapters/localfs/local_object_store.h"
#include "core/fault_env.h"
#include "core/memory_env.h"

namespace tillstream {
namespace {

using Loss = MemoryFilesystem::Loss;

constexpr const char* kRoot = "data";

enum class Known : std::uint8_t { present, absent, unknown };

struct Ledger {
    std::map<std::string, std::string> content;
    std::map<std::string, Known> objects;
};

std::string name_of(int number) {
    return "lake/raw/hour=" + std::to_string(number % 3) + "/s0-" + std::to_string(number);
}

/// Puts, repeats and removes until something fails; says what an outsider knows.
void work(ObjectStore& store, Ledger& ledger, std::mt19937_64& random) {
    for (int number = 0; number < 12; ++number) {
        const std::string name = name_of(number);
        ledger.content[name] = std::string(random() % 3000, static_cast<char>('a' + number));
        ledger.objects[name] = Known::unknown;
        if (store.put_if_absent(name, ledger.content[name])) ledger.objects[name] = Known::present;
        if (random() % 4 != 0) continue;
        const std::string gone = name_of(static_cast<int>(random() % static_cast<std::uint64_t>(number + 1)));
        ledger.objects[gone] = Known::unknown;
        if (store.remove(gone)) ledger.objects[gone] = Known::absent;
    }
}

void check(ObjectStore& store, const Ledger& ledger) {
    std::map<std::string, std::uint64_t> listed;
    const auto all = store.list("", "", 1000);
    ASSERT_TRUE(all) << all.error().message;
    for (const ObjectInfo& info : *all) listed[info.name] = info.bytes;
    for (const auto& [name, known] : ledger.objects) {
        const auto bytes = store.get(name, 0, SIZE_MAX);
        EXPECT_EQ(bytes.has_value(), listed.contains(name)) << name;
        if (known == Known::present) {
            EXPECT_TRUE(bytes) << "lost: " << name;
        }
        if (known == Known::absent) {
            EXPECT_FALSE(bytes) << "back again: " << name;
        }
        if (bytes) {
            EXPECT_EQ(*bytes, ledger.content.at(name)) << "not whole: " << name;
        }
        listed.erase(name);
    }
    EXPECT_TRUE(listed.empty()) << "objects nobody put";
}

void crash_once(std::uint64_t nth, Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("call " + std::to_string(nth) + " loss " + std::to_string(static_cast<int>(loss)) +
                 " seed " + std::to_string(seed));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    std::mt19937_64 random(seed);
    Ledger ledger;
    faulty.fail(FileCall::any, nth, Error{Errc::io, "power cut"}, true);
    if (const auto store = LocalObjectStore::open(faulty, kRoot)) work(**store, ledger, random);
    disk.crash(loss, random());
    const auto after = LocalObjectStore::open(disk, kRoot);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_TRUE(disk.list(std::string(kRoot) + "/.put")->empty());
    check(**after, ledger);
    // A put that is repeated after a kill holds even through a power cut.
    Ledger repeated = ledger;
    for (auto& [name, known] : repeated.objects) {
        ASSERT_TRUE((*after)->put_if_absent(name, ledger.content[name]));
        known = Known::present;
    }
    disk.crash(Loss::all);
    const auto again = LocalObjectStore::open(disk, kRoot);
    ASSERT_TRUE(again);
    check(**again, repeated);
}

TEST(LocalObjectStoreCrash, AnObjectIsWholeOrAbsentAtEveryCut) {
    const std::uint64_t base = std::random_device{}();
    std::cout << "seed " << base << "\n";
    std::uint64_t image = 0;
    for (std::uint64_t nth = 1; nth <= 150; ++nth)
        for (const Loss loss : {Loss::nothing, Loss::all, Loss::random, Loss::random}) {
            crash_once(nth, loss, base + image++);
            if (::testing::Test::HasFailure()) return;
        }
    EXPECT_EQ(image, 600U);
}

}  // namespace
}  // namespace tillstream
