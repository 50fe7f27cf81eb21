#include "log/sealed_lake.h"

#include <gtest/gtest.h>

#include "log/internal/sealed_fixture_test.h"

namespace tillstream::testing {
namespace {

struct Scanned {
    std::vector<std::string> objects;
    std::vector<std::string> lines;
    std::vector<SealedDamage> damage;
};

class SealedLakeTest : public ::testing::Test {
protected:
    /// Records "s<shard> <offset>" from `first` to `last`, one batch each.
    std::string put(std::uint32_t shard, std::uint64_t first, std::uint64_t last, int hours = 0) {
        SourceInfo source{SourceId{shard + 1}, "sales", ShardId{shard}, 0};
        const Timestamp hour{kSealedHour.micros + hours * 3'600'000'000};
        SealedObjectWriter writer(sealed_log(), source, hour, BatchKind::data);
        for (std::uint64_t offset = first; offset <= last; ++offset) {
            LogBatch batch = batch_of(source.id, {line_of(shard, offset)});
            batch.base = Offset{offset};
            batch.arrived = hour;
            EXPECT_TRUE(writer.add(batch, Cursor{Lsn{offset + 1}, 0}));
        }
        const std::string name = journal::sealed_object_name(writer.id());
        EXPECT_TRUE(store_.put_if_absent(name, *writer.finish()));
        return name;
    }
    static std::string line_of(std::uint32_t shard, std::uint64_t offset) {
        return "s" + std::to_string(shard) + " " + std::to_string(offset);
    }
    Scanned scan() {
        Scanned found;
        SealedVisitor visitor;
        visitor.on_object = [&](const SealedObject& object) {
            found.objects.push_back(object.name);
            return true;
        };
        visitor.on_batch = [&](const SourceInfo& source, const LogBatch& batch) {
            EXPECT_EQ(source.id, batch.source);
            for (std::uint32_t i = 0; i < batch.count(); ++i)
                found.lines.emplace_back(batch.records->value(i));
        };
        visitor.on_damage = [&](const SealedDamage& damage) { found.damage.push_back(damage); };
        const Status scanned = lake_.scan("sales", BatchKind::data, visitor);
        EXPECT_TRUE(scanned) << scanned.error().message;
        return found;
    }

    MemoryObjectStore store_;
    SealedLake lake_{store_};
};

TEST_F(SealedLakeTest, GivesObjectsByShardAndOffset) {
    // By name "s0-10-11" comes before "s0-9-9", and the later hour's object of shard 0 behind shard 1's.
    put(1, 0, 1);
    put(0, 10, 11);
    put(0, 9, 9);
    put(0, 12, 13, 5);
    ASSERT_TRUE(store_.put_if_absent("lake/raw/sales/year=2010/notes.txt", "theirs"));
    ASSERT_TRUE(
        store_.put_if_absent("lake/raw/sales2/year=2010/month=12/day=01/hour=08/s0-0-1.ndjson.zst", ""));
    const Scanned found = scan();
    EXPECT_EQ(found.lines,
              (std::vector<std::string>{"s0 9", "s0 10", "s0 11", "s0 12", "s0 13", "s1 0", "s1 1"}));
    EXPECT_TRUE(found.damage.empty());
    const auto objects = lake_.objects("sales");
    ASSERT_EQ(objects->size(), 4U);
    EXPECT_EQ(objects->front().first, Offset{9});
    EXPECT_GT(objects->front().bytes, 0U);
    EXPECT_TRUE(lake_.objects("orders")->empty());
}

TEST_F(SealedLakeTest, OpensOneFromTheMiddle) {
    put(0, 0, 99);
    const auto objects = lake_.objects("sales");
    const auto records = lake_.open(objects->front());
    ASSERT_TRUE(records) << records.error().message;
    EXPECT_EQ((*records)->source().stream, "sales");
    EXPECT_EQ((*records)->log_uuid(), sealed_log().hex());
    (*records)->seek(Offset{42});
    const auto step = (*records)->next();
    ASSERT_TRUE(step && step->batch);
    EXPECT_EQ(step->batch->records->value(0), "s0 42");
}

TEST_F(SealedLakeTest, TellsWhatIsDamagedMissingAndDouble) {
    put(0, 0, 4);
    const std::string rotten = put(0, 5, 9);
    const std::string headless = put(0, 10, 14);
    const std::string lost = put(0, 15, 19);
    put(0, 20, 24);
    put(0, 23, 26);
    std::string bytes = *store_.get(rotten, 0, SIZE_MAX);
    bytes[20] ^= 1;
    store_.overwrite(rotten, bytes);
    store_.overwrite(headless, store_.get(headless, 0, SIZE_MAX)->substr(0, 50));
    ASSERT_TRUE(store_.remove(lost));
    const Scanned found = scan();
    EXPECT_EQ(found.lines.size(), 5U + 5U + 4U);
    ASSERT_EQ(found.damage.size(), 4U);
    const auto expect = [&](std::size_t i, std::uint64_t from, std::uint64_t to) {
        EXPECT_EQ(found.damage[i].from, Offset{from});
        EXPECT_EQ(found.damage[i].to, Offset{to});
        EXPECT_FALSE(found.damage[i].reason.empty());
    };
    expect(0, 5, 10);
    expect(1, 10, 15);
    expect(2, 15, 20);
    expect(3, 23, 25);
    EXPECT_NE(found.damage[1].reason.find(headless), std::string::npos);
}

TEST_F(SealedLakeTest, MoreObjectsThanOnePageOfTheStore) {
    for (std::uint64_t i = 0; i < 1'203; ++i) put(0, i, i);
    const Scanned found = scan();
    ASSERT_EQ(found.lines.size(), 1'203U);
    for (std::uint64_t i = 0; i < found.lines.size(); ++i) EXPECT_EQ(found.lines[i], line_of(0, i));
    EXPECT_TRUE(found.damage.empty());
}

}  // namespace
}  // namespace tillstream::testing
