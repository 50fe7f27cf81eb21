#include <gtest/gtest.h>

#include "doors/http/internal/answer_cache.h"

namespace tillstream::http_door {
namespace {

constexpr PurchaseStamp kNow{2};
constexpr PurchaseStamp kLater{4};

TEST(AnswerCache, GivesAnAnswerAsLongAsItsStampStands) {
    Metrics metrics;
    AnswerCache cache(1 << 20, metrics);
    EXPECT_FALSE(cache.find("/v1/customers/1", kNow));
    cache.keep("/v1/customers/1", kNow, "one");
    EXPECT_EQ(cache.find("/v1/customers/1", kNow), "one");
    EXPECT_FALSE(cache.find("/v1/customers/2", kNow));
    EXPECT_FALSE(cache.find("/v1/customers/1", kLater));
    EXPECT_FALSE(cache.find("/v1/customers/1", kNow)) << "an old answer stays after it was met";
}

TEST(AnswerCache, TheNewestAnswerReplacesTheOther) {
    Metrics metrics;
    AnswerCache cache(1 << 20, metrics);
    cache.keep("k", kNow, "old");
    cache.keep("k", kLater, "new");
    EXPECT_EQ(cache.find("k", kLater), "new");
}

int kept(AnswerCache& cache, int count) {
    int found = 0;
    for (int i = 0; i < count; ++i) found += cache.find("key " + std::to_string(i), kNow) ? 1 : 0;
    return found;
}

TEST(AnswerCache, StaysWithinItsBytesAndKeepsWhatIsUsed) {
    constexpr int kMany = 2'000;
    constexpr std::size_t kBytes = 1 << 20;
    const std::string answer(2'000, 'a');
    Metrics metrics;
    AnswerCache cache(kBytes, metrics);
    cache.keep("used", kNow, answer);
    for (int i = 0; i < kMany; ++i) {
        cache.keep("key " + std::to_string(i), kNow, answer);
        ASSERT_TRUE(cache.find("used", kNow)) << "after " << i;
    }
    const int found = kept(cache, kMany);
    EXPECT_GT(found, 0);
    EXPECT_LE(static_cast<std::size_t>(found) * answer.size(), kBytes);
}

TEST(AnswerCache, OfNoBytesKeepsNothingAndLargeAnswersAreNotKept) {
    Metrics metrics;
    AnswerCache off(0, metrics);
    off.keep("k", kNow, "x");
    EXPECT_FALSE(off.find("k", kNow));
    AnswerCache cache(64 << 20, metrics);
    cache.keep("k", kNow, std::string((64 << 10) + 1, 'x'));
    EXPECT_FALSE(cache.find("k", kNow));
}

}  // namespace
}  // namespace tillstream::http_door
