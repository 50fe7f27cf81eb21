// sealer_fixture_test.h - a journal that is sealed into memory, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/memory/memory_object_store.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream::testing {

inline const Timestamp kMorning = to_timestamp({2010, 12, 1, 8, 26, 0, 0});

inline JournalOptions sealing(ObjectStore& objects) {
    JournalOptions options = small_options();
    options.objects = &objects;
    options.keep_bytes = 0;  // what is sealed is recycled at once
    options.seal_check = std::chrono::milliseconds(1);
    return options;
}

inline std::vector<ReadRecord> sorted(std::vector<ReadRecord> records) {
    std::sort(records.begin(), records.end(), [](const ReadRecord& a, const ReadRecord& b) {
        return std::pair(a.source, a.offset) < std::pair(b.source, b.offset);
    });
    return records;
}

/// Appends `count` requests over all sources, the clock moving on so that several hours pass.
inline void append_randomly(Journal& journal, ManualClock& clock, const std::vector<SourceInfo>& sources,
                            int count, std::mt19937_64& random) {
    for (int i = 0; i < count; ++i) {
        std::vector<LogBatch> batches;
        for (std::size_t part = 0; part <= random() % 3; ++part) {
            std::vector<std::string> lines;
            for (std::size_t record = 0; record <= random() % 4; ++record)
                lines.push_back("{\"v\":\"" + std::string(random() % 3000, 'x') + std::to_string(random()) +
                                "\"}");
            batches.push_back(batch_of(sources[random() % sources.size()].id, lines));
            if (random() % 9 == 0) batches.back().kind = BatchKind::control;
        }
        ASSERT_TRUE(append_and_wait(journal, std::move(batches)));
        if (random() % 10 == 0) clock.advance(std::chrono::minutes(random() % 30));
    }
}

class SealerTest : public ::testing::Test {
protected:
    void open() {
        const Status opened = journal_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void seal() {
        const Status sealed = journal_->seal("", std::chrono::seconds(60));
        ASSERT_TRUE(sealed) << sealed.error().message;
    }
    void append(SourceId source, const std::string& value) {
        const auto answer = append_and_wait(*journal_, one(batch_of(source, {value})));
        ASSERT_TRUE(answer) << answer.error().message;
    }
    std::vector<std::string> names(std::string_view prefix = "") {
        std::vector<std::string> all;
        const auto found = objects_.list(prefix, "", 100'000);
        for (const ObjectInfo& info : *found) all.push_back(info.name);
        return all;
    }

    MemoryFilesystem fs_;
    MemoryObjectStore objects_;
    ManualClock clock_{kMorning};
    JournalFixture journal_{fs_, sealing(objects_), "log", clock_};
};

/// Waits until `done`, which the sealer's own thread brings about.
template <class Condition>
void await(Condition done) {
    while (!done()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace tillstream::testing
