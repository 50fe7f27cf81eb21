#include "adapters/memory/memory_tables.h"

#include <algorithm>

namespace tillstream {

namespace {

void copy(const TableItem& from, TableItem& to) {
    to.assign(from.partition(), from.sort(), from.attributes());
}

template <class Map>
std::vector<SinkPosition> of(const Map& positions, std::string_view consumer) {
    const auto found = positions.find(consumer);
    return found == positions.end() ? std::vector<SinkPosition>{} : found->second;
}

}  // namespace

MemoryTables::Part MemoryTables::own(const TableKeyPart& part) {
    if (const auto* number = std::get_if<std::int64_t>(&part)) return *number;
    return std::string(std::get<std::string_view>(part));
}

MemoryTables::Key MemoryTables::own(const TableKey& key) {
    return {std::string(key.table), own(key.partition), own(key.sort)};
}

const TableItem& MemoryTables::stored(const Key& key) const {
    const auto found = items_.find(key);
    return found == items_.end() ? none_ : found->second;
}

Status MemoryTables::check(const TableCommit& commit) const {
    TILLSTREAM_CHECK(check_writes(commit.writes, capabilities_));
    for (const TableWrite& write : commit.writes) {
        const TableItem& item = stored(own(write.key));
        TILLSTREAM_CHECK(check_condition(write, item));
        if (write.kind != TableWrite::Kind::update) continue;
        TILLSTREAM_CHECK(
            check_item_bytes(write.key, with_update(item.attributes(), write.attributes), capabilities_));
    }
    return {};
}

void MemoryTables::replace(Key key, TableItem item, Undo& undo) {
    auto node = items_.extract(key);
    undo.items.emplace_back(key, node ? std::move(node.mapped()) : TableItem{});
    if (!item.empty()) items_.emplace(std::move(key), std::move(item));
}

void MemoryTables::apply(const TableWrite& write, Undo& undo) {
    Key key = own(write.key);
    TableItem item;
    if (write.kind == TableWrite::Kind::put) {
        item.assign(write.key.partition, write.key.sort, write.attributes);
    } else if (write.kind == TableWrite::Kind::update) {
        item.assign(write.key.partition, write.key.sort,
                    with_update(stored(key).attributes(), write.attributes));
    }
    replace(std::move(key), std::move(item), undo);
}

Status MemoryTables::commit(const TableCommit& commit) {
    const std::lock_guard lock(mutex_);
    TILLSTREAM_CHECK(check_positions(commit, of(positions_, commit.consumer)));
    TILLSTREAM_CHECK(check(commit));
    Undo undo{{}, positions_};
    for (const TableWrite& write : commit.writes) apply(write, undo);
    advance_positions(commit, positions_[std::string(commit.consumer)]);
    undo_.push_back(std::move(undo));
    return {};
}

Status MemoryTables::rehearse(const TableCommit& commit) {
    const std::lock_guard lock(mutex_);
    return check(commit);
}

void MemoryTables::crash(std::size_t lost) {
    const std::lock_guard lock(mutex_);
    for (; lost != 0 && !undo_.empty(); --lost, undo_.pop_back()) {
        Undo& undo = undo_.back();
        for (auto entry = undo.items.rbegin(); entry != undo.items.rend(); ++entry) {
            items_.erase(entry->first);
            if (!entry->second.empty()) items_.emplace(std::move(entry->first), std::move(entry->second));
        }
        positions_ = std::move(undo.positions);
    }
    // What is there after a start lies on storage.
    undo_.clear();
    persisted_ = positions_;
}

std::size_t MemoryTables::commits_at_risk() const {
    const std::lock_guard lock(mutex_);
    return undo_.size();
}

Result<std::vector<SinkPosition>> MemoryTables::positions(std::string_view consumer) {
    const std::lock_guard lock(mutex_);
    return of(positions_, consumer);
}

Result<std::vector<SinkPosition>> MemoryTables::persisted(std::string_view consumer) {
    const std::lock_guard lock(mutex_);
    return of(persisted_, consumer);
}

Status MemoryTables::checkpoint() {
    const std::lock_guard lock(mutex_);
    undo_.clear();
    persisted_ = positions_;
    return {};
}

Status MemoryTables::clear(std::string_view consumer, std::span<const std::string_view> tables) {
    const std::lock_guard lock(mutex_);
    Undo undo{{}, positions_};
    for (auto item = items_.begin(); item != items_.end();) {
        const auto next = std::next(item);
        if (std::find(tables.begin(), tables.end(), item->first.table) != tables.end()) {
            auto node = items_.extract(item);
            undo.items.emplace_back(std::move(node.key()), std::move(node.mapped()));
        }
        item = next;
    }
    positions_.erase(std::string(consumer));
    undo_.push_back(std::move(undo));
    return {};
}

Result<bool> MemoryTables::get(const TableKey& key, TableItem& item) {
    const std::lock_guard lock(mutex_);
    const TableItem& found = stored(own(key));
    item.clear();
    if (found.empty()) return false;
    copy(found, item);
    return true;
}

Result<TablePage> MemoryTables::query(const TableQuery& query) {
    const std::lock_guard lock(mutex_);
    std::vector<const TableItem*> range;
    const Key least{std::string(query.table), own(query.partition), std::int64_t{INT64_MIN}};
    for (auto at = items_.lower_bound(least); at != items_.end(); ++at) {
        const Key& key = at->first;
        if (key.table != least.table || key.partition != least.partition) break;
        if (query.from && key.sort < own(*query.from)) continue;
        if (query.to && key.sort >= own(*query.to)) break;
        if (query.after && (query.descending ? key.sort >= own(*query.after) : key.sort <= own(*query.after)))
            continue;
        range.push_back(&at->second);
    }
    if (query.descending) std::reverse(range.begin(), range.end());
    TablePage page;
    page.more = range.size() > query.limit;
    for (const TableItem* item : range) {
        if (page.items.size() == query.limit) break;
        copy(*item, page.items.emplace_back());
    }
    return page;
}

Status MemoryTables::scan(std::string_view table, const TableVisitor& visit) {
    std::vector<TableItem> items;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, item] : items_) {
            if (key.table == table) copy(item, items.emplace_back());
        }
    }
    for (const TableItem& item : items) {
        if (!visit(item)) break;
    }
    return {};
}

}  // namespace tillstream
