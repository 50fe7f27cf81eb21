// Random requests, refusals, restarts and hours against a plain model of the fold.
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "identity/internal/dedup_fixture_test.h"

namespace tillstream {
namespace {

using testing::DedupTest;
using testing::TestRecord;

/// The fold as the page says it, in plain maps.
class Model {
public:
    std::vector<std::uint32_t> post(const std::vector<TestRecord>& records) {
        std::vector<std::uint32_t> copies;
        for (std::uint32_t i = 0; i < records.size(); ++i) {
            const TestRecord& record = records[i];
            if (accepted_.contains(record.id) || rejected_.contains({record.id, record.content}))
                copies.push_back(i);
            else if (record.accepted)
                accepted_.insert(record.id);
            else
                rejected_.insert({record.id, record.content});
        }
        return copies;
    }

private:
    std::set<std::string> accepted_;
    std::set<std::pair<std::string, std::string>> rejected_;
};

class RandomTest : public DedupTest {
protected:
    std::uint64_t draw(std::uint64_t below) { return random_() % below; }
    std::vector<TestRecord> draw_request() {
        std::vector<TestRecord> records;
        for (std::uint64_t i = 0; i <= draw(12); ++i)
            records.push_back({"id" + std::to_string(draw(2'000)), std::to_string(draw(4)), draw(4) != 0});
        return records;
    }

    std::mt19937_64 random_;
};

TEST_F(RandomTest, AgreesWithThePlainFoldOverRestarts) {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    random_.seed(seed);
    options_.memory_bytes = 64 * 72 * 4;  // tables of 64 ids
    options_.check = std::chrono::milliseconds{1};
    open();
    Model model;
    for (int step = 0; step < 3'000; ++step) {
        SCOPED_TRACE("step " + std::to_string(step) + " seed " + std::to_string(seed));
        const auto records = draw_request();
        if (draw(20) == 0) {
            log_.refuse_appends(Error{Errc::resource_exhausted, "full"});
            ASSERT_EQ(testing::send(log_, *dedup_, source_, records), std::nullopt);
            log_.refuse_appends(std::nullopt);
        }
        auto copies = testing::send(log_, *dedup_, source_, records);
        while (!copies) {
            std::this_thread::yield();  // the tables are full until the next run is sealed
            copies = testing::send(log_, *dedup_, source_, records);
        }
        ASSERT_EQ(*copies, model.post(records));
        if (draw(60) == 0) clock_.advance(std::chrono::minutes{draw(40)});
        if (draw(100) == 0) {
            ASSERT_TRUE(dedup_->seal());
        }
        if (draw(200) == 0) open();
        if (draw(1'000) == 0) {
            dedup_.reset();
            empty_folder();
            open();
        }
    }
}

}  // namespace
}  // namespace tillstream
