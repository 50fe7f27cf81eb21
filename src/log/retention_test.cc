// What retention removes, and what it leaves.
#include "log/internal/retention.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>

#include "log/internal/sealer_fixture_test.h"

namespace tillstream {
namespace {

using testing::await;
using testing::read_all;
using testing::SealerTest;

using namespace std::chrono_literals;

class RetentionTest : public SealerTest {
protected:
    /// Of one source, from an offset on.
    std::vector<std::string> values_at(SourceId source, std::uint64_t from) {
        std::vector<std::string> values;
        const auto reader = *journal_->open_reader_at(source, Offset{from});
        for (;;) {
            const auto piece = reader->read(1 << 20);
            EXPECT_TRUE(piece);
            if (!piece || piece->batches.empty()) return values;
            for (const LogBatch& batch : piece->batches)
                for (std::uint32_t i = 0; batch.source == source && i < batch.count(); ++i)
                    values.emplace_back(batch.records->value(i));
        }
    }
};

TEST_F(RetentionTest, RetentionRemovesWholeObjectsOldestFirstAndNeverWhatIsNeeded) {
    // Asked by the sealer until the journal is closed, after this function.
    const auto needed = std::make_shared<std::atomic<std::uint64_t>>(0);
    journal_.options().retain = 2h;
    open();
    const auto sources = *journal_->register_stream("sales", 2);
    journal_.options().needed = [needed, sources]() -> Position {
        return {{sources[0].id, Offset{*needed}}, {sources[1].id, Offset{1'000}}};
    };
    open();
    std::string early;
    for (int hour = 0; hour < 6; ++hour) {
        append(sources[0].id, "a" + std::to_string(hour));
        append(sources[1].id, "b" + std::to_string(hour));
        if (hour == 1) early = read_all(*journal_)->cursor;
        seal();
        clock_.advance(1h);
        open();  // what lies in the newest segment stays
    }
    append(sources[1].id, "last");
    seal();
    const Position only_second{{sources[0].id, Offset{0}}, {sources[1].id, Offset{5}}};
    await([&] { return journal_->earliest() == only_second && names("lake/").size() == 6U + 2U; });
    *needed = 3;
    append(sources[1].id, "more");
    seal();
    const Position both{{sources[0].id, Offset{3}}, {sources[1].id, Offset{5}}};
    await([&] { return journal_->earliest() == both; });
    open();
    EXPECT_EQ(journal_->earliest(), both);
    const auto all = read_all(*journal_);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->gaps.size(), 2U);
    for (const Gap& gap : all->gaps) {
        EXPECT_EQ(gap.kind, Gap::Kind::retention);
        EXPECT_EQ(gap.from, Offset{0});
        EXPECT_EQ(gap.to, gap.source == sources[0].id ? Offset{3} : Offset{5});
    }
    EXPECT_EQ(all->records().size(), 3U + 3U);
    const auto from_early = read_all(*journal_, early);
    EXPECT_EQ(from_early->records().size(), 3U + 3U);
    EXPECT_EQ(from_early->gaps.size(), 2U);
    const auto at = (*journal_->open_reader_at(sources[0].id, Offset{1}))->read(1 << 20);
    ASSERT_TRUE(at);
    ASSERT_FALSE(at->gaps.empty());
    EXPECT_EQ(at->gaps.front().from, Offset{1});
    EXPECT_EQ(at->gaps.front().to, Offset{3});
    EXPECT_EQ(at->gaps.front().kind, Gap::Kind::retention);
    for (const std::uint64_t from : {0U, 1U, 2U, 3U})
        EXPECT_EQ(values_at(sources[0].id, from), (std::vector<std::string>{"a3", "a4", "a5"})) << from;
    EXPECT_EQ(values_at(sources[0].id, 4), (std::vector<std::string>{"a4", "a5"}));
    EXPECT_EQ(values_at(sources[1].id, 0), (std::vector<std::string>{"b5", "last", "more"}));
}

TEST_F(RetentionTest, RetentionByBytesIsOfTheWholeStream) {
    journal_.options().retain_bytes = 30'000;
    open();
    const SourceId source = journal_->register_stream("sales", 1)->front().id;
    std::mt19937_64 random(7);
    for (int i = 0; i < 10; ++i) {
        std::string noise(10'000, ' ');
        for (char& c : noise) c = static_cast<char>('!' + random() % 90);
        append(source, noise);
        seal();
        open();
    }
    append(source, "last");
    seal();
    const auto stored = [&] {
        std::uint64_t bytes = 0;
        const auto left = objects_.list("lake/", "", 100);
        for (const ObjectInfo& info : *left) bytes += info.bytes;
        return bytes;
    };
    await([&] { return stored() <= 30'000; });
    EXPECT_GT(stored(), 10'000U);
}

}  // namespace
}  // namespace tillstream
