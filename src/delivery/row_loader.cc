#include "delivery/row_loader.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace tillstream {

namespace {

/// Stored records were within the limits in force when they were judged, whatever the limits are now.
constexpr std::size_t kAny = std::numeric_limits<std::uint32_t>::max();
constexpr DecodeLimits kStored{kAny, 1024, kAny};

Status check_verdicts(const LogBatch& batch, const RowBatch& rows) {
    std::vector<bool> rejected(rows.rows());
    for (const Rejection& rejection : batch.records->rejections) rejected[rejection.index] = true;
    for (const Rejection& now : rows.rejections()) {
        if (rejected[now.index]) continue;
        return failure(Errc::corruption, "record " + std::to_string(batch.base.value + now.index) +
                                             " of source " + std::to_string(batch.source.value) +
                                             " was accepted under " + batch.contract +
                                             " but no longer decodes; the program that wrote it can");
    }
    return {};
}

/// Whether a record that was rejected decodes now: it was over a limit that holds for requests only.
bool forgives(const LogBatch& batch, const RowBatch& rows) {
    const auto& rejections = batch.records->rejections;
    return std::any_of(rejections.begin(), rejections.end(),
                       [&](const Rejection& rejection) { return rows.accepted(rejection.index); });
}

/// The lines, with something in place of the rejected ones that no contract takes for a record.
std::shared_ptr<const Buffer> without_rejected(const RecordBlock& records) {
    auto text = std::make_shared<Buffer>();
    auto rejection = records.rejections.begin();
    for (std::uint32_t i = 0; i < records.count(); ++i) {
        const bool rejected = rejection != records.rejections.end() && rejection->index == i;
        if (rejected) ++rejection;
        text->append(rejected ? std::string_view("rejected") : records.value(i));
        text->push_back('\n');
    }
    return text;
}

}  // namespace

RowLoader::RowLoader(const ContractStore& contracts) : contracts_(contracts), lines_(kStored) {}

Status RowLoader::load(LogBatch& batch) {
    if (batch.kind == BatchKind::control || batch.rows.batch) return {};
    RowDecoder* decoder = TILLSTREAM_TRY(this->decoder(batch.contract));
    auto text = std::make_shared<Buffer>(batch.records->values.view());
    BodyResult rows = lines_.decode(BodyFormat::ndjson, std::move(text), *decoder);
    if (rows && (*rows)->rows() == batch.count() && forgives(batch, **rows))
        rows = lines_.decode(BodyFormat::ndjson, without_rejected(*batch.records), *decoder);
    if (!rows)
        return failure(Errc::corruption, "stored records do not split into lines: " + rows.error().detail);
    if ((*rows)->rows() != batch.count()) {
        return failure(Errc::corruption, "a batch of " + std::to_string(batch.count()) +
                                             " records decodes to " + std::to_string((*rows)->rows()));
    }
    TILLSTREAM_CHECK(check_verdicts(batch, **rows));
    batch.rows.batch = *rows;
    batch.rows.rows.resize(batch.count());
    std::iota(batch.rows.rows.begin(), batch.rows.rows.end(), 0);
    return {};
}

Result<RowDecoder*> RowLoader::decoder(const std::string& contract_id) {
    const auto known = decoders_.find(contract_id);
    if (known != decoders_.end()) return &known->second;
    ContractPtr contract = TILLSTREAM_TRY(contracts_.version(contract_id));
    return &decoders_.emplace(contract_id, RowDecoder(std::move(contract), kStored)).first->second;
}

}  // namespace tillstream
