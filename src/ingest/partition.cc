#include "ingest/partition.h"

#include <charconv>

#include "core/assert.h"

namespace tillstream {

namespace {

constexpr std::uint32_t kNoPart = Partitioned::kNoPart;

/// The routing text of a row. `digits` is scratch for numeric keys.
std::string_view routing_key(const RowBatch& rows, std::size_t row, char (&digits)[24]) {
    const std::optional<std::size_t> key = rows.contract().partition_key;
    if (!key || !rows.accepted(row)) return rows.raw(row);
    const ColumnVector& column = rows.column(*key);
    if (!column.valid(row)) return rows.raw(row);
    if (!column.strings.empty()) return column.strings[row].view();
    if (column.ints.empty()) return rows.raw(row);
    const auto written = std::to_chars(digits, digits + sizeof digits, column.ints[row]);
    return {digits, static_cast<std::size_t>(written.ptr - digits)};
}

struct Part {
    std::shared_ptr<RecordBlock> block;
    std::vector<std::uint32_t> rows;
    std::size_t bytes = 0;
};

void copy_records(const RowBatch& rows, Part& part) {
    RecordBlock& block = *part.block;
    block.values.reserve(part.bytes);
    block.ends.reserve(part.rows.size());
    if (rows.has_event_ids()) block.event_id_ends.reserve(part.rows.size());
    for (const std::uint32_t row : part.rows) {
        block.values.append(rows.raw(row));
        block.values.push_back('\n');
        block.ends.push_back(static_cast<std::uint32_t>(block.values.size()));
        if (!rows.has_event_ids()) continue;
        block.event_ids.append(rows.event_id(row));
        block.event_id_ends.push_back(static_cast<std::uint32_t>(block.event_ids.size()));
    }
}

}  // namespace

Partitioned partition_rows(const RowBatchPtr& rows, const std::vector<SourceInfo>& shards,
                           ShardRouter& router, std::span<const std::uint32_t> left_out) {
    const std::uint32_t count = rows->rows();
    Partitioned dealt;
    dealt.part_of.resize(count, kNoPart);
    dealt.place_in.resize(count);
    std::vector<std::uint32_t> part_of_shard(shards.size(), kNoPart);
    std::vector<Part> parts;
    char digits[24];
    auto skipped = left_out.begin();
    for (std::uint32_t row = 0; row < count; ++row) {
        if (skipped != left_out.end() && *skipped == row) {
            ++skipped;
            continue;
        }
        const std::uint32_t shard = router.shard_of(routing_key(*rows, row, digits)).value;
        TILLSTREAM_ASSERT(shard < shards.size());
        if (part_of_shard[shard] == kNoPart) {
            part_of_shard[shard] = static_cast<std::uint32_t>(parts.size());
            parts.push_back({std::make_shared<RecordBlock>(), {}, 0});
            parts.back().rows.reserve(count);
            LogBatch& batch = dealt.batches.emplace_back();
            batch.source = shards[shard].id;
        }
        Part& part = parts[part_of_shard[shard]];
        dealt.part_of[row] = part_of_shard[shard];
        dealt.place_in[row] = static_cast<std::uint32_t>(part.rows.size());
        part.rows.push_back(row);
        part.bytes += rows->raw(row).size() + 1;
    }
    for (const Rejection& rejection : rows->rejections()) {
        if (dealt.part_of[rejection.index] == kNoPart) continue;
        Part& part = parts[dealt.part_of[rejection.index]];
        part.block->rejections.push_back({dealt.place_in[rejection.index], rejection.errors});
    }
    const std::string contract = rows->contract().id();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        copy_records(*rows, parts[i]);
        dealt.batches[i].contract = contract;
        dealt.batches[i].records = std::move(parts[i].block);
        dealt.batches[i].rows = {rows, std::move(parts[i].rows)};
    }
    return dealt;
}

}  // namespace tillstream
