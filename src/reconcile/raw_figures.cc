#include "reconcile/internal/raw_figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "delivery/row_loader.h"
#include "reconcile/internal/batch_sums.h"

namespace tillstream {

namespace {

constexpr std::size_t kDamagesTold = 5;

class Scan {
public:
    Scan(const ContractStore& contracts, const Contract& contract, const Position& end)
        : loader_(contracts), contract_(contract) {
        for (const SourceOffset& limit : end) ends_[limit.source] = limit.next;
        figures_.rows.sums = no_sums(contract);
    }

    Result<RawFigures> run(const SealedLake& lake) {
        SealedVisitor visitor;
        visitor.on_object = [&](const SealedObject& object) {
            ++figures_.objects;
            figures_.bytes += object.bytes;
            return true;
        };
        visitor.on_batch = [&](const SourceInfo& source, const LogBatch& batch) { count(source, batch); };
        visitor.on_damage = [&](const SealedDamage& damage) {
            note(fmt::format("{}: records {} to {}: {}", damage.object.name, damage.from.value,
                             damage.to.value, damage.reason));
        };
        TILLSTREAM_CHECK(lake.scan(contract_.name, BatchKind::data, visitor));
        for (const auto& [source, next] : sealed_) figures_.sealed.push_back({source, next});
        return std::move(figures_);
    }

private:
    void count(const SourceInfo& source, LogBatch batch) {
        const auto end = ends_.find(source.id);
        if (end == ends_.end()) return note(fmt::format("source {} is unknown to the log", source.id.value));
        if (batch.base >= end->second) return;
        const auto records = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(batch.count(), end->second.value - batch.base.value));
        if (const Status loaded = loader_.load(batch); !loaded) return note(loaded.error().message);
        const auto& rejections = batch.records->rejections;
        const auto rejected = static_cast<std::uint64_t>(
            std::count_if(rejections.begin(), rejections.end(),
                          [&](const Rejection& rejection) { return rejection.index < records; }));
        figures_.quarantined += rejected;
        figures_.accepted += records - rejected;
        add_rows(contract_, batch, records, figures_.rows);
        Offset& sealed = sealed_[source.id];
        sealed = std::max(sealed, Offset{batch.base.value + records});
    }

    void note(std::string damage) {
        ++figures_.damaged;
        if (figures_.damages.size() < kDamagesTold) figures_.damages.push_back(std::move(damage));
    }

    RowLoader loader_;
    const Contract& contract_;
    std::map<SourceId, Offset> ends_;
    std::map<SourceId, Offset> sealed_;
    RawFigures figures_;
};

}  // namespace

Result<RawFigures> scan_raw(const SealedLake& lake, const ContractStore& contracts, const Contract& contract,
                            const Position& end) {
    return Scan(contracts, contract, end).run(lake);
}

}  // namespace tillstream
