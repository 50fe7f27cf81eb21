// dedup_fixture_test.h - a log, a deduplicator on it, and a producer that does what ingest does, for tests.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/memory/memory_log.h"
#include "core/memory_env.h"
#include "identity/deduplicator.h"
#include "tests/contract/log_batches.h"

namespace tillstream::testing {

struct TestRecord {
    std::string id;
    std::string content;
    bool accepted = true;
};

inline std::vector<RecordId> ids_of(const std::vector<TestRecord>& records) {
    std::vector<RecordId> ids;
    for (const TestRecord& record : records) ids.push_back({record.id, record.content, record.accepted});
    return ids;
}

/// What is to be appended for a claim: the records that are no copies, and their count if there are some.
inline std::vector<LogBatch> batches_of(const std::vector<TestRecord>& records, const Claim& claim,
                                        SourceId source, SourceId system, const std::string& stream) {
    std::vector<std::string> lines, ids;
    std::vector<Rejection> rejections;
    auto copy = claim.copies().begin();
    for (std::uint32_t i = 0; i < records.size(); ++i) {
        if (copy != claim.copies().end() && *copy == i) {
            ++copy;
            continue;
        }
        if (!records[i].accepted) rejections.push_back({static_cast<std::uint32_t>(lines.size()), {}});
        lines.push_back(records[i].content);
        ids.push_back(records[i].id);
    }
    std::vector<LogBatch> batches;
    if (!lines.empty()) batches.push_back(batch_of(source, lines, std::move(rejections), ids));
    if (!claim.copies().empty())
        batches.push_back(ingest_fact_batch(system, {stream, claim.copies().size(), std::nullopt}));
    return batches;
}

/// Claims, appends, waits, settles; while the claim is blocked it waits for that. Nothing if it was refused.
inline std::optional<std::vector<std::uint32_t>> send(EventLog& log, Deduplicator& dedup, SourceId source,
                                                      const std::vector<TestRecord>& records,
                                                      const std::string& stream = "sales") {
    const std::vector<RecordId> ids = ids_of(records);
    for (;;) {
        const Claim claim = dedup.claim(dedup.stream(stream), ids);
        if (claim.outcome() == Claim::Outcome::overloaded) return std::nullopt;
        if (claim.outcome() == Claim::Outcome::blocked) {
            auto open = std::make_shared<std::promise<bool>>();
            dedup.when_settled(claim, [open](bool go) { open->set_value(go); });
            if (!open->get_future().get()) return std::nullopt;
            continue;
        }
        const auto answer = std::make_shared<std::promise<bool>>();
        log.append(batches_of(records, claim, source, dedup.system_source(), stream),
                   [&dedup, claim, answer](Result<Appended> appended) {
                       dedup.settle(claim, appended ? std::optional(appended->arrived) : std::nullopt);
                       answer->set_value(appended.has_value());
                   });
        if (!answer->get_future().get()) return std::nullopt;
        return claim.copies();
    }
}

/// Over a log in memory and a disk in memory, with a clock that stands still.
class DedupTest : public ::testing::Test {
protected:
    static constexpr Timestamp kMorning{1'291'191'960'000'000};  // 2010-12-01T08:26Z

    void SetUp() override {
        system_ = log_.register_stream("system", 1)->front().id;
        source_ = log_.register_stream("sales", 1)->front().id;
        open();
    }
    void open() {
        dedup_.reset();
        auto opened = Deduplicator::open(
            {log_, fs_, clock_, "data/state/dedup", system_, Logger::silent(), metrics_}, options_);
        ASSERT_TRUE(opened) << opened.error().message;
        dedup_ = std::move(*opened);
    }
    /// Which of them are copies.
    std::vector<std::uint32_t> post(const std::vector<TestRecord>& records) {
        auto copies = send(log_, *dedup_, source_, records);
        EXPECT_TRUE(copies) << "refused";
        return copies.value_or(std::vector<std::uint32_t>{});
    }
    bool is_copy(const std::string& id, const std::string& content = "{}", bool accepted = true) {
        return !post({{id, content, accepted}}).empty();
    }
    /// The folder of the index; the deduplicator must be gone.
    void empty_folder() {
        const auto names = fs_.list("data/state/dedup");
        ASSERT_TRUE(names);
        for (const std::string& name : *names) ASSERT_TRUE(fs_.remove("data/state/dedup/" + name));
    }
    std::vector<LogBatch> batches() {
        auto reader = log_.open_reader({});
        auto read = (*reader)->read(1 << 30);
        return std::move(read->batches);
    }
    std::uint64_t stored() {
        std::uint64_t records = 0;
        for (const SourceOffset& end : log_.durable_end())
            if (end.source == source_) records = end.next.value;
        return records;
    }

    MemoryFilesystem fs_;
    ManualClock clock_{kMorning};
    Metrics metrics_;
    MemoryLog log_{clock_};
    DedupOptions options_{.check = std::chrono::hours{1}};
    SourceId system_, source_;
    std::unique_ptr<Deduplicator> dedup_;
};

}  // namespace tillstream::testing
