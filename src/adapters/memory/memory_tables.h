// memory_tables.h - a TableStore in memory that can crash: for tests of what writes to one.
//
// Durability:  none beyond the object; checkpoint() fixes what crash() goes back to at most.
// Threads:     any; one lock over everything.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "ports/table_store.h"

namespace tillstream {

class MemoryTables final : public TableStore {
public:
    /// Limits may be made smaller than the port's defaults.
    explicit MemoryTables(TableCapabilities capabilities = {.atomic_commit = true, .consistent_scan = true})
        : capabilities_(capabilities) {}

    /// Loses the newest `lost` commits, but none from before the last checkpoint.
    void crash(std::size_t lost);
    /// Commits since the last checkpoint.
    std::size_t commits_at_risk() const;

    TableCapabilities capabilities() const override { return capabilities_; }
    Status commit(const TableCommit& commit) override;
    Status rehearse(const TableCommit& commit) override;
    Result<std::vector<SinkPosition>> positions(std::string_view consumer) override;
    Result<std::vector<SinkPosition>> persisted(std::string_view consumer) override;
    Status checkpoint() override;
    Status clear(std::string_view consumer, std::span<const std::string_view> tables) override;
    Result<bool> get(const TableKey& key, TableItem& item) override;
    Result<TablePage> query(const TableQuery& query) override;
    Status scan(std::string_view table, const TableVisitor& visit) override;

private:
    using Part = std::variant<std::int64_t, std::string>;
    struct Key {
        std::string table;
        Part partition;
        Part sort;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    using Positions = std::map<std::string, std::vector<SinkPosition>, std::less<>>;
    /// What one commit replaced: empty items where there was none.
    struct Undo {
        std::vector<std::pair<Key, TableItem>> items;
        Positions positions;
    };

    static Part own(const TableKeyPart& part);
    static Key own(const TableKey& key);
    const TableItem& stored(const Key& key) const;
    Status check(const TableCommit& commit) const;
    void replace(Key key, TableItem item, Undo& undo);
    void apply(const TableWrite& write, Undo& undo);

    const TableCapabilities capabilities_;
    const TableItem none_;
    mutable std::mutex mutex_;
    std::map<Key, TableItem> items_;
    Positions positions_;
    Positions persisted_;
    std::vector<Undo> undo_;
};

}  // namespace tillstream
