#include "ingest/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "codec/compression.h"
#include "core/memory_env.h"

namespace tillstream {
namespace {

using ::testing::HasSubstr;

constexpr const char* kContract = R"(
name = "till"
partition_key = "receipt"
[[column]]
name = "receipt"
type = "string"
required = true
aliases = ["Receipt"]
[[column]]
name = "pieces"
type = "int64"
)";

class IngestTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto contracts = ContractStore::open(fs_, "/state", {{"till.toml", kContract}}, "");
        ASSERT_TRUE(contracts) << contracts.error().message;
        contracts_ = std::move(*contracts);
        IngestLimits limits;
        limits.body_bytes = 1 << 16;
        limits.record_bytes = 1 << 10;
        auto ingest = Ingest::open(log_, *contracts_, 4, limits, [this] { return refusal_; }, metrics_);
        ASSERT_TRUE(ingest) << ingest.error().message;
        ingest_ = std::move(*ingest);
    }
    IngestOutcome submit(std::string_view bytes, BodyFormat format = BodyFormat::json,
                         Encoding encoding = Encoding::identity, Charset charset = Charset::utf8) {
        std::optional<IngestOutcome> outcome;
        ingest_->submit("till", {format, charset, encoding, Buffer(bytes)},
                        [&](IngestOutcome done) { outcome = std::move(done); });
        EXPECT_TRUE(outcome.has_value());
        return std::move(*outcome);
    }
    IngestReceipt receipt(IngestOutcome outcome) {
        const auto* refusal = std::get_if<IngestRefusal>(&outcome);
        EXPECT_EQ(refusal, nullptr) << refusal->detail;
        return std::get<IngestReceipt>(std::move(outcome));
    }
    IngestRefusal refusal(IngestOutcome outcome) { return std::get<IngestRefusal>(std::move(outcome)); }
    std::vector<LogBatch> stored() {
        auto reader = log_.open_reader("");
        auto read = (*reader)->read(1 << 30);
        return read->batches;
    }

    MemoryFilesystem fs_;
    Metrics metrics_;
    MemoryLog log_{system_clock()};
    std::unique_ptr<ContractStore> contracts_;
    std::optional<IngestRefusal> refusal_;
    std::unique_ptr<Ingest> ingest_;
};

TEST_F(IngestTest, GoodAndBadRecordsAreStoredWithTheirVerdictsInOneAppend) {
    const IngestReceipt got = receipt(submit(R"([{"receipt":"a","pieces":1},{"receipt":"b","pieces":"six"},)"
                                             R"({"pieces":2},{"receipt":"a","pieces":3}])"));
    EXPECT_EQ(got.accepted, 2U);
    EXPECT_EQ(got.quarantined, 2U);
    std::size_t records = 0, rejected = 0;
    for (const LogBatch& batch : stored()) {
        records += batch.count();
        rejected += batch.records->rejections.size();
        EXPECT_EQ(batch.contract, contracts_->find("till")->id());
    }
    EXPECT_EQ(records, 4U);
    EXPECT_EQ(rejected, 2U);
}

TEST_F(IngestTest, TheReceiptSaysWhereEachRecordIs) {
    std::string body;
    for (int i = 0; i < 50; ++i) {
        body += "{\"receipt\":\"r" + std::to_string(i % 7) + "\",";
        body += "\"pieces\":" + std::to_string(i) + "}\n";
    }
    receipt(submit(body, BodyFormat::ndjson));
    const IngestReceipt got = receipt(submit(body, BodyFormat::ndjson));
    const std::vector<LogBatch> batches = stored();
    const std::vector<SourceInfo> sources = log_.sources();
    for (std::size_t row = 0; row < 50; ++row) {
        bool found = false;
        for (const LogBatch& batch : batches) {
            const bool shard = sources[batch.source.value - 1].shard == got.shard(row);
            if (!shard || got.offset(row) < batch.base || got.offset(row) >= batch.end()) continue;
            found = true;
            EXPECT_EQ(batch.records->value(got.offset(row).value - batch.base.value), got.rows->raw(row));
        }
        EXPECT_TRUE(found) << row;
    }
}

TEST_F(IngestTest, RecordsOfOneKeyStayInOrderInOneShard) {
    std::string body = "Receipt,pieces\n";
    for (int i = 0; i < 90; ++i) body += "r" + std::to_string(i % 9) + "," + std::to_string(i) + "\n";
    const IngestReceipt got = receipt(submit(body, BodyFormat::csv));
    for (std::size_t row = 9; row < 90; ++row) {
        EXPECT_EQ(got.shard(row), got.shard(row - 9));
        EXPECT_GT(got.offset(row), got.offset(row - 9));
    }
}

TEST_F(IngestTest, CompressedAndLatin1BodiesBecomeTheSameRecords) {
    const std::string latin1 =
        "Receipt,pieces\n\xA3"
        "5,1\n";
    Buffer packed;
    ASSERT_TRUE(deflate(Encoding::gzip, latin1, packed));
    const IngestReceipt got =
        receipt(submit(packed.view(), BodyFormat::csv, Encoding::gzip, Charset::latin1));
    EXPECT_EQ(got.rows->raw(0),
              "{\"Receipt\":\"\xC2\xA3"
              "5\",\"pieces\":\"1\"}");
}

TEST_F(IngestTest, WhatDoesNotSplitStoresNothing) {
    for (const char* body : {"", "[{\"receipt\":\"a\"},", "{\"receipt\"", "nonsense"}) {
        EXPECT_EQ(refusal(submit(body)).kind, IngestRefusal::Kind::malformed) << body;
    }
    EXPECT_EQ(refusal(submit("a,b\n1,2\n", BodyFormat::csv)).kind, IngestRefusal::Kind::malformed);
    EXPECT_EQ(refusal(submit("not gzip", BodyFormat::json, Encoding::gzip)).kind,
              IngestRefusal::Kind::malformed);
    EXPECT_TRUE(stored().empty());
}

TEST_F(IngestTest, ABombIsTooLargeNotStored) {
    Buffer packed;
    ASSERT_TRUE(deflate(Encoding::zstd, std::string(1 << 17, ' '), packed));
    EXPECT_EQ(refusal(submit(packed.view(), BodyFormat::json, Encoding::zstd)).kind,
              IngestRefusal::Kind::too_large);
    EXPECT_TRUE(stored().empty());
}

/// A header's names stand in each stored row, so a small text may be more than the log takes at once.
TEST_F(IngestTest, WhatIsTooLargeAsStoredIsRefusedBeforeItIsAllDecoded) {
    IngestLimits limits;
    auto ingest = Ingest::open(log_, *contracts_, 4, limits, [] { return std::nullopt; }, metrics_);
    ASSERT_TRUE(ingest) << ingest.error().message;
    std::string body = "Receipt," + std::string(1'000'000, 'x') + "\n";
    for (int i = 0; i < 200; ++i) body += "a,\n";
    std::optional<IngestOutcome> outcome;
    (*ingest)->submit("till", {BodyFormat::csv, Charset::utf8, Encoding::identity, Buffer(body)},
                      [&](IngestOutcome done) { outcome = std::move(done); });
    ASSERT_TRUE(outcome);
    const IngestRefusal refused = refusal(*std::move(outcome));
    EXPECT_EQ(refused.kind, IngestRefusal::Kind::too_large);
    EXPECT_THAT(refused.detail, HasSubstr("take at least 68001"));
    EXPECT_THAT(refused.detail, HasSubstr(std::to_string(log_.capabilities().max_request_bytes)));
    EXPECT_TRUE(stored().empty());
}

TEST_F(IngestTest, AnEmptyArrayIsARequestWithoutRecords) {
    const IngestReceipt got = receipt(submit("[]"));
    EXPECT_EQ(got.rows->rows(), 0U);
    EXPECT_TRUE(got.position.empty());
    EXPECT_TRUE(stored().empty());
}

TEST_F(IngestTest, AnUnknownStreamIsRefused) {
    std::optional<IngestOutcome> outcome;
    ingest_->submit("tills", {BodyFormat::json, Charset::utf8, Encoding::identity, Buffer("[]")},
                    [&](IngestOutcome done) { outcome = std::move(done); });
    EXPECT_EQ(std::get<IngestRefusal>(*outcome).kind, IngestRefusal::Kind::unknown_stream);
}

TEST_F(IngestTest, AnOverloadIsRefusedBeforeAnythingIsDecoded) {
    refusal_ = IngestRefusal{};
    refusal_->kind = IngestRefusal::Kind::overloaded;
    refusal_->retry_after_seconds = 7;
    EXPECT_EQ(refusal(submit("nonsense")).retry_after_seconds, 7);
}

TEST_F(IngestTest, TheLogsErrorsBecomeRefusals) {
    log_.refuse_appends(Error{Errc::resource_exhausted, "journal is at its budget"});
    const IngestRefusal full = refusal(submit(R"({"receipt":"a"})"));
    EXPECT_EQ(full.kind, IngestRefusal::Kind::overloaded);
    EXPECT_THAT(full.detail, HasSubstr("budget"));
    log_.refuse_appends(Error{Errc::outcome_unknown, "flush failed"});
    EXPECT_EQ(refusal(submit(R"({"receipt":"a"})")).kind, IngestRefusal::Kind::outcome_unknown);
}

}  // namespace
}  // namespace tillstream
