#include "sinks/tables/internal/write_list.h"

#include "sinks/tables/internal/layout.h"

namespace tillstream::tables {

namespace {

/// A buffer that was large once does not stay.
constexpr std::size_t kKeptBytes = 16 << 20;

}  // namespace

void WriteList::clear() {
    if (bytes_.capacity() > kKeptBytes) bytes_ = Buffer();
    bytes_.clear();
    entries_.clear();
}

void WriteList::add(TableWrite::Kind kind, std::string_view table, const TableKeyPart& partition,
                    std::string_view sort, std::string_view more) {
    Entry& entry = entries_.emplace_back();
    entry.kind = kind;
    entry.table = table;
    entry.partition = partition;
    entry.sort = bytes_.size();
    bytes_.append(sort);
    bytes_.append(more);
    entry.value = entry.end = bytes_.size();
}

void WriteList::begin_put(std::string_view table, const TableKeyPart& partition, std::string_view sort,
                          std::string_view more) {
    add(TableWrite::Kind::put, table, partition, sort, more);
}

void WriteList::end_put() { entries_.back().end = bytes_.size(); }

void WriteList::remove(std::string_view table, const TableKeyPart& partition, std::string_view sort,
                       std::string_view more) {
    add(TableWrite::Kind::remove, table, partition, sort, more);
}

std::span<const TableWrite> WriteList::writes() {
    // Only now does the buffer stay where it is.
    attributes_.clear();
    attributes_.reserve(entries_.size());
    writes_.clear();
    for (const Entry& entry : entries_) {
        TableWrite& write = writes_.emplace_back();
        write.kind = entry.kind;
        const std::string_view sort = bytes_.view().substr(entry.sort, entry.value - entry.sort);
        write.key = {entry.table, entry.partition, sort};
        if (entry.kind != TableWrite::Kind::put) continue;
        const std::string_view value = bytes_.view().substr(entry.value, entry.end - entry.value);
        attributes_.push_back({kValue, TableBytes{value}});
        write.attributes = {&attributes_.back(), 1};
    }
    return writes_;
}

}  // namespace tillstream::tables
