// stream.h - one stream on the way in: its contract, shards and reusable decoders.
//
// Threads:  any; decoders and routers are lent to one request at a time.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "ingest/ingest.h"

namespace tillstream {

/// The body as UTF-8 text. resource_exhausted over `limit`, invalid_argument if it does not decompress.
Result<std::shared_ptr<const Buffer>> plain_text(IngestBody body, std::size_t limit);

class Ingest::Stream {
public:
    /// `stored_bytes`: the most one request may take in the log.
    Stream(ContractPtr contract, std::vector<SourceInfo> shards, IngestLimits limits,
           std::size_t stored_bytes, Metrics& metrics);

    BodyResult decode(BodyFormat format, const std::shared_ptr<const Buffer>& text);
    /// As it was decoded under another version of the contract, or other limits.
    static BodyResult decode_as(ContractPtr contract, DecodeLimits limits, BodyFormat format,
                                const std::shared_ptr<const Buffer>& text);
    Partitioned deal_out(const RowBatchPtr& rows, std::span<const std::uint32_t> left_out = {});
    ShardId shard_of(SourceId source) const;
    std::vector<ShardId> shards_of(const std::vector<LogBatch>& batches) const;
    void count(std::uint32_t accepted, std::uint32_t quarantined);

    const Contract& contract() const { return *contract_; }
    const IngestLimits& limits() const { return ingest_limits_; }
    const std::vector<SourceInfo>& shards() const { return shards_; }
    /// Null if ids and keys mean nothing.
    DedupStream* ids() const { return ids_; }
    void honour_ids(DedupStream& ids) { ids_ = &ids; }

private:
    /// What decoding needs and what is worth keeping between requests.
    struct Tools {
        Tools(ContractPtr contract, DecodeLimits limits, std::uint32_t shards)
            : reader(limits), decoder(std::move(contract), limits), router(shards) {}
        BodyDecoder reader;
        RowDecoder decoder;
        ShardRouter router;
    };
    class Loan;
    std::unique_ptr<Tools> borrow();
    void give_back(std::unique_ptr<Tools> tools);

    ContractPtr contract_;
    std::vector<SourceInfo> shards_;
    IngestLimits ingest_limits_;
    DecodeLimits limits_;
    DedupStream* ids_ = nullptr;
    Counter& accepted_;
    Counter& quarantined_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Tools>> idle_;
};

}  // namespace tillstream
