// Segments, objects and cuts that are damaged, lost or another's: told, left alone, and the rest is read.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>

#include "log/internal/format.h"
#include "log/internal/sealer_fixture_test.h"

namespace tillstream {
namespace {

using testing::append_randomly;
using testing::await;
using testing::read_all;
using testing::ReadRecord;
using testing::sorted;

class SealerDamageTest : public testing::SealerTest {};

TEST_F(SealerDamageTest, AnObjectThatIsThereWithOtherContentIsDamageAndIsLeftAlone) {
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    append(source, "mine");
    const std::string name = "lake/raw/sales/year=2010/month=12/day=01/hour=08/s0-0-0.ndjson.zst";
    objects_.overwrite(name, "another's");
    seal();
    EXPECT_EQ(*objects_.get(name, 0, 100), "another's");
    EXPECT_TRUE(*fs_.exists("log/" + journal::segment_name(1))) << "the only copy must stay";
    append(source, "next");
    seal();
    open();
    EXPECT_TRUE(*fs_.exists("log/" + journal::segment_name(1)));
    append(source, "last");
    const auto all = read_all(*journal_, {}, ReadFrom::storage);
    ASSERT_TRUE(all) << all.error().message;
    const auto values = all->values();
    EXPECT_EQ(std::vector<std::string>(values.end() - 2, values.end()),
              (std::vector<std::string>{"next", "last"}));
    journal_.close();
}

TEST_F(SealerDamageTest, AnObjectOfALogThatLayHereBeforeIsNoneOfOurs) {
    open();
    append(journal_->register_stream("sales", 1)->front().id, "theirs");
    seal();
    journal_.close();
    const auto files = fs_.list("log");
    for (const std::string& name : *files) ASSERT_TRUE(fs_.remove("log/" + name));
    open();
    append(journal_->register_stream("sales", 1)->front().id, "ours");
    seal();
    open();
    EXPECT_TRUE(*fs_.exists("log/" + journal::segment_name(1))) << "the only copy must stay";
    const auto all = read_all(*journal_, {}, ReadFrom::storage);
    ASSERT_TRUE(all) << all.error().message;
    EXPECT_EQ(all->values(), std::vector<std::string>{"ours"});
    journal_.close();
}

TEST_F(SealerDamageTest, DamagedAndLostObjectsAreGapsAndTheRestIsRead) {
    journal_.options().budget_bytes = std::uint64_t{2} << 20;
    open();
    const auto sources = *journal_->register_stream("sales", 3);
    for (const SourceInfo& source : sources)
        for (int i = 0; i < 4; ++i) append(source.id, std::string(70'000, 'd'));
    seal();
    const auto all = names();
    ASSERT_EQ(all.size(), 3U);
    std::string bytes = *objects_.get(all[0], 0, SIZE_MAX);
    bytes[bytes.size() - 40] ^= 1;
    objects_.overwrite(all[0], bytes);
    ASSERT_TRUE(objects_.remove(all[1]));
    const auto read = read_all(*journal_, {}, ReadFrom::storage);
    ASSERT_TRUE(read) << read.error().message;
    std::map<SourceId, std::uint64_t> there, missing;
    for (const ReadRecord& record : read->records()) ++there[record.source];
    for (const Gap& gap : read->gaps) {
        EXPECT_EQ(gap.kind, Gap::Kind::damage);
        missing[gap.source] += gap.to.value - gap.from.value;
    }
    EXPECT_GT(missing.size(), 0U);
    for (const SourceInfo& source : sources) EXPECT_EQ(there[source.id] + missing[source.id], 4U);
    append(sources[0].id, "goes on");
    EXPECT_EQ(read_all(*journal_)->values().back(), "goes on");
}

TEST_F(SealerDamageTest, DamageInTheJournalIsToldByTheSealedFormToo) {
    journal_.options().tail_bytes = 1;  // sealed from the segments
    journal_.options().idle_seal = std::chrono::hours(1);
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    for (int i = 0; i < 6; ++i) append(source, std::to_string(i));
    // Header, opening mark, then one block a record.
    ASSERT_TRUE(fs_.flip_bit("log/" + journal::segment_name(1), 4 * journal::kBlock + 100, 1));
    seal();
    const auto check = [&] {
        const auto all = read_all(*journal_, {}, ReadFrom::storage);
        ASSERT_TRUE(all);
        auto values = all->values();
        values.resize(5);
        EXPECT_EQ(values, (std::vector<std::string>{"0", "1", "3", "4", "5"}));
        ASSERT_EQ(all->gaps.size(), 1U);
        EXPECT_EQ(all->gaps.front().from, Offset{2});
        EXPECT_EQ(all->gaps.front().to, Offset{3});
        for (std::uint64_t from = 0; from < 4; ++from) {
            const auto piece = (*journal_->open_reader_at(source, Offset{from}))->read(1);
            ASSERT_TRUE(piece && !piece->batches.empty());
            EXPECT_EQ(piece->batches.front().base, Offset{from == 2 ? 3 : from});
            ASSERT_EQ(piece->gaps.size(), from < 3 ? 1U : 0U) << from;
            if (from < 3) {
                EXPECT_EQ(piece->gaps.front().from, Offset{2});
                EXPECT_EQ(piece->gaps.front().to, Offset{3});
            }
        }
    };
    check();
    for (int i = 0; i < 40; ++i) append(source, std::string(20'000, 'x'));
    seal();
    // The damaged segment is kept, but nobody reads it any more.
    EXPECT_TRUE(*fs_.exists("log/" + journal::segment_name(1)));
    await([&] { return !*fs_.exists("log/" + journal::segment_name(2)); });
    check();
    open();
    EXPECT_TRUE(*fs_.exists("log/" + journal::segment_name(1)));
    check();
}

TEST_F(SealerDamageTest, LostCutsAreFoundAgainInTheObjects) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    std::mt19937_64 random(seed);
    journal_.options().seal_bytes = 50'000;
    open();
    const auto sources = *journal_->register_stream("sales", 3);
    append_randomly(*journal_, clock_, sources, 60, random);
    seal();
    append_randomly(*journal_, clock_, sources, 5, random);
    const auto before = sorted(read_all(*journal_)->records());
    for (const bool present : {true, false}) {
        journal_.close();
        for (const char* name : {"log/cuts", "log/cuts.copy"}) {
            if (present) {
                ASSERT_TRUE(fs_.flip_bit(name, 70, 2));
            } else {
                ASSERT_TRUE(fs_.remove(name));
            }
        }
        open();
        const auto after = read_all(*journal_, {}, ReadFrom::storage);
        ASSERT_TRUE(after);
        EXPECT_TRUE(after->gaps.empty());
        EXPECT_EQ(sorted(after->records()), before);
        seal();
    }
    journal_.close();
    ASSERT_TRUE(fs_.flip_bit("log/cuts", 70, 2));
    open();
    EXPECT_EQ(sorted(read_all(*journal_)->records()), before) << "one whole copy is enough";
}

}  // namespace
}  // namespace tillstream
