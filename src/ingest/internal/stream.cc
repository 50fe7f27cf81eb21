#include "ingest/internal/stream.h"

#include "core/assert.h"

namespace tillstream {

Result<std::shared_ptr<const Buffer>> plain_text(IngestBody body, std::size_t limit) {
    auto text = std::make_shared<Buffer>(std::move(body.bytes));
    if (body.encoding != Encoding::identity) {
        InflateLimits limits;
        limits.max_bytes = limit;
        auto inflated = std::make_shared<Buffer>();
        TILLSTREAM_CHECK(inflate(body.encoding, text->view(), *inflated, limits));
        text = std::move(inflated);
    }
    if (body.charset != Charset::utf8) {
        auto utf8 = std::make_shared<Buffer>();
        to_utf8(body.charset, text->view(), *utf8);
        text = std::move(utf8);
    }
    return std::shared_ptr<const Buffer>(std::move(text));
}

Ingest::Stream::Stream(ContractPtr contract, std::vector<SourceInfo> shards, IngestLimits limits,
                       std::size_t stored_bytes, Metrics& metrics)
    : contract_(std::move(contract)),
      shards_(std::move(shards)),
      ingest_limits_(limits),
      limits_{limits.record_bytes, limits.depth, limits.records_per_body, stored_bytes},
      accepted_(metrics.counter("tillstream_ingest_records_total", "Records stored, by verdict.",
                                {{"stream", contract_->name}, {"status", "accepted"}})),
      quarantined_(metrics.counter("tillstream_ingest_records_total", "Records stored, by verdict.",
                                   {{"stream", contract_->name}, {"status", "quarantined"}})) {}

/// Tools for the time of one call.
class Ingest::Stream::Loan {
public:
    explicit Loan(Stream& stream) : stream_(stream), tools_(stream.borrow()) {}
    ~Loan() { stream_.give_back(std::move(tools_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Tools* operator->() { return tools_.get(); }

private:
    Stream& stream_;
    std::unique_ptr<Tools> tools_;
};

std::unique_ptr<Ingest::Stream::Tools> Ingest::Stream::borrow() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            std::unique_ptr<Tools> tools = std::move(idle_.back());
            idle_.pop_back();
            return tools;
        }
    }
    return std::make_unique<Tools>(contract_, limits_, static_cast<std::uint32_t>(shards_.size()));
}

void Ingest::Stream::give_back(std::unique_ptr<Tools> tools) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(tools));
}

BodyResult Ingest::Stream::decode(BodyFormat format, const std::shared_ptr<const Buffer>& text) {
    Loan tools(*this);
    return tools->reader.decode(format, text, tools->decoder);
}

BodyResult Ingest::Stream::decode_as(ContractPtr contract, DecodeLimits limits, BodyFormat format,
                                     const std::shared_ptr<const Buffer>& text) {
    BodyDecoder reader(limits);
    RowDecoder decoder(std::move(contract), limits);
    return reader.decode(format, text, decoder);
}

Partitioned Ingest::Stream::deal_out(const RowBatchPtr& rows, std::span<const std::uint32_t> left_out) {
    Loan tools(*this);
    return partition_rows(rows, shards_, tools->router, left_out);
}

std::vector<ShardId> Ingest::Stream::shards_of(const std::vector<LogBatch>& batches) const {
    std::vector<ShardId> shards;
    for (const LogBatch& batch : batches) shards.push_back(shard_of(batch.source));
    return shards;
}

ShardId Ingest::Stream::shard_of(SourceId source) const {
    for (const SourceInfo& shard : shards_) {
        if (shard.id == source) return shard.shard;
    }
    TILLSTREAM_ASSERT(!"a batch was dealt to a source of another stream");
    return {};
}

void Ingest::Stream::count(std::uint32_t accepted, std::uint32_t quarantined) {
    accepted_.add(accepted);
    if (quarantined != 0) quarantined_.add(quarantined);
}

}  // namespace tillstream
