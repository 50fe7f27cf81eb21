// Event ids and keys through the whole of ingest, on a log in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "core/memory_env.h"
#include "ingest/ingest.h"

namespace tillstream {
namespace {

using ::testing::ElementsAre;

constexpr const char* kContract = R"(
name = "till"
partition_key = "receipt"
[[column]]
name = "receipt"
type = "string"
required = true
[[column]]
name = "pieces"
type = "int64"
)";
constexpr const char* kWithoutIds = R"(
name = "plain"
event_id = false
unknown = "ignore"
[[column]]
name = "receipt"
type = "string"
)";

class OnceOnlyTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto contracts =
            ContractStore::open(fs_, "/state", {{"till.toml", kContract}, {"plain.toml", kWithoutIds}}, "");
        ASSERT_TRUE(contracts) << contracts.error().message;
        contracts_ = std::move(*contracts);
        system_ = log_.register_stream("system", 1)->front().id;
        open();
    }
    void open() {
        ingest_.reset();
        dedup_.reset();
        auto dedup = Deduplicator::open(
            {log_, fs_, system_clock(), "/state/dedup", system_, Logger::silent(), metrics_},
            {.check = std::chrono::hours{1}});
        ASSERT_TRUE(dedup) << dedup.error().message;
        dedup_ = std::move(*dedup);
        IngestLimits limits;
        limits.record_bytes = record_bytes_;
        auto ingest =
            Ingest::open(log_, *contracts_, 4, limits, [] { return std::nullopt; }, metrics_, dedup_.get());
        ASSERT_TRUE(ingest) << ingest.error().message;
        ingest_ = std::move(*ingest);
    }
    IngestOutcome submit(std::string_view body, std::optional<std::string> key = std::nullopt,
                         const std::string& stream = "till", BodyFormat format = BodyFormat::json) {
        std::optional<IngestOutcome> outcome;
        IngestBody sent{format, Charset::utf8, Encoding::identity, Buffer(body)};
        if (key) sent.key = IngestKey{"", *key, 0};
        ingest_->submit(stream, std::move(sent), [&](IngestOutcome done) { outcome = std::move(done); });
        EXPECT_TRUE(outcome.has_value());
        return std::move(*outcome);
    }
    IngestReceipt receipt(IngestOutcome outcome) {
        const auto* refusal = std::get_if<IngestRefusal>(&outcome);
        EXPECT_EQ(refusal, nullptr) << refusal->detail;
        return std::get<IngestReceipt>(std::move(outcome));
    }
    static IngestRefusal::Kind refusal(const IngestOutcome& outcome) {
        return std::get<IngestRefusal>(outcome).kind;
    }
    static std::vector<int> figures(const IngestReceipt& receipt) {
        return {static_cast<int>(receipt.accepted), static_cast<int>(receipt.quarantined),
                static_cast<int>(receipt.duplicates)};
    }
    std::vector<LogBatch> batches() {
        auto reader = log_.open_reader("");
        auto read = (*reader)->read(1 << 30);
        return std::move(read->batches);
    }
    std::vector<std::string> stored() {
        std::vector<std::string> lines;
        for (const LogBatch& batch : batches())
            for (std::uint32_t i = 0; batch.source != system_ && i < batch.count(); ++i)
                lines.emplace_back(batch.records->value(i));
        return lines;
    }
    std::uint64_t counted() {
        std::uint64_t copies = 0;
        for (const LogBatch& batch : batches())
            for (std::uint32_t i = 0; batch.source == system_ && i < batch.count(); ++i)
                if (const auto fact = parse_ingest_fact(batch.records->value(i))) copies += fact->duplicates;
        return copies;
    }
    /// All that the door makes its text of.
    static std::string text_of(const IngestReceipt& receipt) {
        std::string text =
            encode_position(receipt.position) + " " + ::testing::PrintToString(figures(receipt));
        for (std::uint32_t row = 0; row < receipt.rows->rows(); ++row) {
            text += receipt.is_copy(row) ? " copy"
                                         : " " + std::to_string(receipt.shard(row).value) + ":" +
                                               std::to_string(receipt.offset(row).value);
        }
        for (const Rejection& rejection : receipt.rows->rejections())
            text += " !" + std::to_string(rejection.index) + rejection.errors.front().pointer;
        return text;
    }

    MemoryFilesystem fs_;
    Metrics metrics_;
    MemoryLog log_{system_clock()};
    SourceId system_;
    std::size_t record_bytes_ = 1 << 10;
    std::unique_ptr<ContractStore> contracts_;
    std::unique_ptr<Deduplicator> dedup_;
    std::unique_ptr<Ingest> ingest_;
};

TEST_F(OnceOnlyTest, CopiesAreCountedAndNotStored) {
    const char* body = R"([{"event_id":"1","receipt":"a"},{"event_id":"2","receipt":"b","pieces":"six"},)"
                       R"({"event_id":"1","receipt":"c"},{"receipt":"d"}])";
    EXPECT_THAT(figures(receipt(submit(body))), ElementsAre(2, 1, 1));
    EXPECT_EQ(counted(), 1U);
    EXPECT_THAT(figures(receipt(submit(body))), ElementsAre(1, 0, 3)) << "what has no id is always new";
    EXPECT_EQ(counted(), 4U);
    EXPECT_EQ(stored().size(), 4U);
    EXPECT_THAT(figures(receipt(submit(R"({"event_id":"2","receipt":"b","pieces":6})"))),
                ElementsAre(1, 0, 0));
}

TEST_F(OnceOnlyTest, ARequestOfCopiesOnlyLeavesItsCount) {
    const char* body = R"({"event_id":"1","receipt":"a"})";
    const IngestReceipt first = receipt(submit(body));
    const IngestReceipt again = receipt(submit(body));
    EXPECT_THAT(figures(again), ElementsAre(0, 0, 1));
    EXPECT_TRUE(again.is_copy(0));
    EXPECT_EQ(counted(), 1U);
    // Whoever reads at that position sees the record that was there.
    for (const SourceOffset& entry : first.position) EXPECT_THAT(again.position, ::testing::Contains(entry));
}

TEST_F(OnceOnlyTest, CsvColumnsAndNumbersAreIdsToo) {
    const char* body = "event_id,receipt\n7,a\n8,b\n7,c\n";
    EXPECT_THAT(figures(receipt(submit(body, std::nullopt, "till", BodyFormat::csv))), ElementsAre(2, 0, 1));
    EXPECT_THAT(figures(receipt(submit(R"({"event_id":8,"receipt":"x"})"))), ElementsAre(0, 0, 1));
}

TEST_F(OnceOnlyTest, AContractMaySwitchIdsOff) {
    for (int i = 0; i < 2; ++i)
        EXPECT_THAT(figures(receipt(submit(R"({"event_id":"1","receipt":"a"})", std::nullopt, "plain"))),
                    ElementsAre(1, 0, 0));
}

TEST_F(OnceOnlyTest, ARefusedAppendGivesIdsAndKeyBack) {
    const char* body = R"({"event_id":"1","receipt":"a"})";
    log_.refuse_appends(Error{Errc::resource_exhausted, "full"});
    EXPECT_EQ(refusal(submit(body, "k")), IngestRefusal::Kind::overloaded);
    log_.refuse_appends(std::nullopt);
    EXPECT_THAT(figures(receipt(submit(R"({"event_id":"1","receipt":"b"})", "k"))), ElementsAre(1, 0, 0));
}

TEST_F(OnceOnlyTest, AKeyGetsTheFirstAnswerAlsoAfterARestart) {
    const char* body = R"([{"event_id":"1","receipt":"a"},{"receipt":"b","pieces":"six"},{"receipt":"c"},)"
                       R"({"event_id":"1","receipt":"d"},{"receipt":"e"}])";
    receipt(submit(R"([{"receipt":"a"},{"receipt":"b"},{"receipt":"c"}])"));
    const IngestReceipt first = receipt(submit(body, "k"));
    EXPECT_FALSE(first.replayed);
    EXPECT_THAT(figures(first), ElementsAre(3, 1, 1));
    const std::size_t before = stored().size();
    for (int restart = 0; restart < 3; ++restart) {
        const IngestReceipt again = receipt(submit(body, "k"));
        EXPECT_TRUE(again.replayed);
        EXPECT_EQ(text_of(again), text_of(first));
        if (restart == 1) {
            ASSERT_TRUE(dedup_->seal());
        }
        record_bytes_ = 8;  // it would be judged in another way now
        open();
    }
    EXPECT_EQ(stored().size(), before);
    EXPECT_EQ(refusal(submit(R"({"receipt":"z"})", "k")), IngestRefusal::Kind::key_reused);
    EXPECT_EQ(refusal(submit(body, "k", "till", BodyFormat::ndjson)), IngestRefusal::Kind::key_reused);
}

TEST_F(OnceOnlyTest, AnEmptyArrayUnderAKeyIsARequestToo) {
    EXPECT_FALSE(receipt(submit("[]", "k")).replayed);
    open();
    EXPECT_TRUE(receipt(submit("[]", "k")).replayed);
    EXPECT_EQ(refusal(submit("[ ]", "k")), IngestRefusal::Kind::key_reused);
}

TEST_F(OnceOnlyTest, BadRequestsClaimNoKey) {
    EXPECT_EQ(refusal(submit("nonsense", "k")), IngestRefusal::Kind::malformed);
    EXPECT_EQ(refusal(submit("", "k")), IngestRefusal::Kind::malformed);
    EXPECT_FALSE(receipt(submit(R"({"receipt":"a"})", "k")).replayed);
    EXPECT_EQ(refusal(submit("nonsense", "k")), IngestRefusal::Kind::key_reused);
}

TEST_F(OnceOnlyTest, KeysHaveOneTo255Bytes) {
    const char* body = R"({"receipt":"a"})";
    EXPECT_EQ(refusal(submit(body, "")), IngestRefusal::Kind::bad_key);
    EXPECT_EQ(refusal(submit(body, std::string(256, 'k'))), IngestRefusal::Kind::bad_key);
    EXPECT_FALSE(receipt(submit(body, std::string(255, 'k'))).replayed);
    EXPECT_TRUE(receipt(submit(body, std::string(255, 'k'))).replayed);
    EXPECT_EQ(stored().size(), 1U);
}

TEST_F(OnceOnlyTest, AKeyBelongsToItsStream) {
    EXPECT_FALSE(receipt(submit(R"({"receipt":"a"})", "k")).replayed);
    EXPECT_FALSE(receipt(submit(R"({"receipt":"a"})", "k", "plain")).replayed);
    EXPECT_THAT(stored().size(), 2U);
}

}  // namespace
}  // namespace tillstream
