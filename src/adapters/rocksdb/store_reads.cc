// What is read from the store; each call on the iterator's or get's own consistent view.
#include <algorithm>

#include "adapters/rocksdb/internal/keys.h"
#include "adapters/rocksdb/internal/status.h"
#include "adapters/rocksdb/internal/store.h"
#include "adapters/rocksdb/internal/values.h"

namespace tillstream::rocks {

namespace {

constexpr std::size_t kScanReadahead = 1 << 20;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

std::string key_of(const std::string& prefix, const TableKeyPart& sort) {
    std::string key = prefix;
    append_sort(key, sort);
    return key;
}

/// Keys of a query, [from, to).
struct Range {
    std::string from;
    std::string to;
};

Range range_of(const TableQuery& query, const std::string& prefix) {
    // Behind every sort key: kinds are 1 and 2.
    Range range{prefix, prefix + '\x03'};
    if (query.from) range.from = key_of(prefix, *query.from);
    if (query.to) range.to = key_of(prefix, *query.to);
    if (!query.after) return range;
    std::string after = key_of(prefix, *query.after);
    if (query.descending) {
        range.to = std::min(range.to, after);
    } else {
        after += '\0';  // the least key behind it
        range.from = std::max(range.from, after);
    }
    return range;
}

}  // namespace

Result<bool> Store::get(const TableKey& key, TableItem& item) {
    item.clear();
    rocksdb::PinnableSlice value;
    const auto found = db_->Get({}, db_->DefaultColumnFamily(), slice(item_key(key)), &value);
    if (found.IsNotFound()) return false;
    if (!found.ok()) return failure(error_of(found, "get"));
    std::vector<TableAttribute> attributes;
    if (!read_item(view(value), attributes)) return failure(damaged(path_, "an item cannot be read"));
    item.assign(key.partition, key.sort, attributes);
    return true;
}

Result<TablePage> Store::query(const TableQuery& query) {
    std::string prefix;
    append_table(prefix, query.table);
    append_partition(prefix, query.partition);
    const Range range = range_of(query, prefix);
    if (range.from >= range.to) return TablePage{};
    const rocksdb::Slice from = slice(range.from);
    const rocksdb::Slice to = slice(range.to);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &from;
    options.iterate_upper_bound = &to;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
    query.descending ? rows->SeekToLast() : rows->SeekToFirst();
    return read_page(query, *rows);
}

Result<TablePage> Store::read_page(const TableQuery& query, rocksdb::Iterator& rows) {
    TablePage page;
    KeyScratch scratch;
    std::vector<TableAttribute> attributes;
    std::string table;
    append_table(table, query.table);
    while (rows.Valid() && page.items.size() < query.limit) {
        TableKeyPart partition;
        TableKeyPart sort;
        if (!read_item_key(view(rows.key()).substr(table.size()), scratch, partition, sort) ||
            !read_item(view(rows.value()), attributes)) {
            return failure(damaged(path_, "an item cannot be read"));
        }
        page.items.emplace_back().assign(partition, sort, attributes);
        query.descending ? rows.Prev() : rows.Next();
    }
    page.more = rows.Valid();
    if (!rows.status().ok()) return failure(error_of(rows.status(), "query"));
    return page;
}

Status Store::scan(std::string_view table, const TableVisitor& visit) {
    std::string prefix;
    append_table(prefix, table);
    const std::string end = behind(prefix);
    const rocksdb::Slice from = slice(prefix);
    const rocksdb::Slice to = slice(end);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &from;
    options.iterate_upper_bound = &to;
    options.fill_cache = false;  // one pass over everything must not push out what queries need
    options.readahead_size = kScanReadahead;
    const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options));
    KeyScratch scratch;
    std::vector<TableAttribute> attributes;
    TableItem item;
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
        TableKeyPart partition;
        TableKeyPart sort;
        if (!read_item_key(view(rows->key()).substr(prefix.size()), scratch, partition, sort) ||
            !read_item(view(rows->value()), attributes)) {
            return failure(damaged(path_, "an item cannot be read"));
        }
        item.assign(partition, sort, attributes);
        if (!visit(item)) return {};
    }
    return rows->status().ok() ? Status{} : failure(error_of(rows->status(), "scan"));
}

}  // namespace tillstream::rocks
