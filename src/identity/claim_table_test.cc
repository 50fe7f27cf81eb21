#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "identity/internal/claim_table.h"

namespace tillstream::identity {
namespace {

/// Of one stripe.
std::vector<IdHash> random_hashes(std::size_t count, std::uint64_t high_least) {
    std::mt19937_64 random(7);
    std::vector<IdHash> hashes;
    for (std::size_t i = 0; i < count; ++i)
        hashes.push_back({random() >> kStripeBits | high_least, random() & ~kTagMask});
    return hashes;
}

/// As a run holds them.
std::vector<IdHash> entries_of(std::vector<IdHash> hashes, Kind kind, Hour hour) {
    for (IdHash& hash : hashes) hash = hash.with(kind, hour);
    std::sort(hashes.begin(), hashes.end());
    return hashes;
}

void claim(ClaimTable& table, const std::vector<IdHash>& hashes, ClaimState state) {
    const std::uint32_t request = table.add_request();
    for (const IdHash& hash : hashes) table.insert(hash, Kind::accepted, request);
    if (state != ClaimState::pending) table.request(request).settle(state, 5);
}

TEST(ClaimTable, CollectsInOrderBehindWhatIsThere) {
    const std::vector<IdHash> hashes = random_hashes(100'000, 0);
    ClaimTable table;
    claim(table, hashes, ClaimState::durable);
    const IdHash before{~std::uint64_t{0}, 0};
    std::vector<IdHash> collected{before};
    table.collect(collected);
    EXPECT_EQ(collected.front(), before);
    collected.erase(collected.begin());
    EXPECT_EQ(collected, entries_of(hashes, Kind::accepted, 5));
}

TEST(ClaimTable, CollectsInOrderWhatFoundNoPlaceAtTheEnd) {
    // All of them belong into the last slots.
    const std::vector<IdHash> high = random_hashes(300, 0x0fff'f000'0000'0000);
    ClaimTable table;
    claim(table, high, ClaimState::durable);
    std::vector<IdHash> low;
    for (std::uint64_t i = 0; i < 40; ++i) low.push_back({i << 46, 0});
    claim(table, low, ClaimState::durable);
    std::vector<IdHash> all = high;
    all.insert(all.end(), low.begin(), low.end());
    std::vector<IdHash> collected;
    table.collect(collected);
    EXPECT_EQ(collected, entries_of(all, Kind::accepted, 5));
    for (const IdHash& hash : all) EXPECT_NE(table.find(hash, nullptr).kinds, 0U);
}

TEST(ClaimTable, CollectsOnlyWhatIsDurable) {
    const std::vector<IdHash> hashes = random_hashes(300, 0);
    ClaimTable table;
    claim(table, {hashes.begin(), hashes.begin() + 100}, ClaimState::taken_back);
    claim(table, {hashes.begin() + 100, hashes.begin() + 200}, ClaimState::pending);
    claim(table, {hashes.begin() + 200, hashes.end()}, ClaimState::durable);
    std::vector<IdHash> collected;
    table.collect(collected);
    EXPECT_EQ(collected, entries_of({hashes.begin() + 200, hashes.end()}, Kind::accepted, 5));
    EXPECT_EQ(table.running(), 1);
}

TEST(ClaimTable, KnowsNothingOfTheTableWhoseRoomItTakes) {
    const std::vector<IdHash> hashes = random_hashes(2'000, 0);
    ClaimTable first(hashes.size());
    claim(first, hashes, ClaimState::durable);
    const std::size_t bytes = first.memory_bytes();
    ClaimTable second(hashes.size(), first.take_room());
    EXPECT_EQ(first.memory_bytes(), 0U);
    EXPECT_EQ(second.memory_bytes(), bytes);
    for (const IdHash& hash : hashes) EXPECT_EQ(second.find(hash, nullptr).kinds, 0U);
    claim(second, hashes, ClaimState::durable);
    std::vector<IdHash> collected;
    second.collect(collected);
    EXPECT_EQ(collected.size(), hashes.size());
    ClaimTable third(0, second.take_room());
    EXPECT_LT(third.memory_bytes(), bytes) << "a small table does not keep the room of a large one";
}

TEST(ClaimTable, SaysWhenItsNumbersEnd) {
    ClaimTable table;
    EXPECT_TRUE(table.has_room(ClaimTable::kIdsMax));
    EXPECT_FALSE(table.has_room(ClaimTable::kIdsMax + 1));
    claim(table, random_hashes(1, 0), ClaimState::durable);
    EXPECT_FALSE(table.has_room(ClaimTable::kIdsMax));
}

}  // namespace
}  // namespace tillstream::identity
