// write_list.h - the writes of one commit, their keys and values in one buffer.
//
// Memory:  kept from commit to commit; nothing is allocated per write once it has grown.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "ports/table_store.h"

namespace tillstream::tables {

class WriteList {
public:
    void clear();

    /// Values are appended here between begin and end.
    Buffer& values() { return bytes_; }

    /// A put whose sort key is `sort` and then `more`; its value is what is appended to values() until
    /// end_put. `table` and `partition` must live until the commit.
    void begin_put(std::string_view table, const TableKeyPart& partition, std::string_view sort,
                   std::string_view more = {});
    void end_put();
    void remove(std::string_view table, const TableKeyPart& partition, std::string_view sort,
                std::string_view more = {});

    /// Valid until the list changes.
    std::span<const TableWrite> writes();

private:
    struct Entry {
        TableWrite::Kind kind = TableWrite::Kind::put;
        std::string_view table;
        TableKeyPart partition;
        std::size_t sort = 0;  ///< where it begins; it ends where the value begins
        std::size_t value = 0;
        std::size_t end = 0;
    };

    void add(TableWrite::Kind kind, std::string_view table, const TableKeyPart& partition,
             std::string_view sort, std::string_view more);

    Buffer bytes_;
    std::vector<Entry> entries_;
    std::vector<TableAttribute> attributes_;
    std::vector<TableWrite> writes_;
};

}  // namespace tillstream::tables
