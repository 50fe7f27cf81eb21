// table_store.h - the port to an operational table store: DynamoDB's model of partition key, sort key and
// typed attributes.
//
// Order:    items of one partition are ordered by sort key: numbers by value, bytes by bytes, a number before
//           bytes. A table keeps to one kind for each of its two key parts.
// Atomic:   one item always; all writes of one commit together with its positions where capabilities say so
//           (atomic_commit). Without it a commit may be applied in part and is then repeated: writes are
//           absolute values, never increments, so a repeat does no harm.
// Durable:  what commit wrote is visible at once. It survives a crash as far as the last checkpoint; after a
//           crash the store stands at some whole commit not before it, and positions() says which.
// Limits:   key parts and items as capabilities say; more is invalid_argument. A commit writes a key at most
//           once: which of two writes of a key would win is not promised.
// Errors:   of commit: conflict (a stored position differs, or a condition does not hold; nothing is
//           written), invalid_argument (a write is refused; nothing is written), unavailable,
//           resource_exhausted (disk full), io, corruption (stored bytes damaged).
// Threads:  any. Commits go one at a time inside; reads at once, each call on one consistent view.
// Memory:   views in arguments live as long as the call; what is read owns its bytes.
// Source:   capabilities OPS-1, OPS-2; engine-notes 6 and 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/bytes.h"
#include "core/decimal.h"
#include "core/result.h"
#include "ports/position.h"
#include "ports/sink.h"

namespace tillstream {

/// A number, or bytes (a text is its bytes). Bytes are never empty.
using TableKeyPart = std::variant<std::int64_t, std::string_view>;

struct TableKey {
    std::string_view table;
    TableKeyPart partition;
    TableKeyPart sort;
};

/// A decimal number: value / 10^scale, scale 0 to 38.
struct TableNumber {
    Int128 value = 0;
    int scale = 0;
    friend bool operator==(const TableNumber&, const TableNumber&) = default;
};
/// Bytes that are no text.
struct TableBytes {
    std::string_view bytes;
    friend bool operator==(const TableBytes&, const TableBytes&) = default;
};
/// Null, boolean, number, text, bytes.
using TableValue = std::variant<std::monostate, bool, TableNumber, std::string_view, TableBytes>;

struct TableAttribute {
    std::string_view name;  ///< 1 to 255 bytes
    TableValue value;
    friend bool operator==(const TableAttribute&, const TableAttribute&) = default;
};

/// What the stored item must be for the commit to happen.
struct TableCondition {
    enum class Kind : std::uint8_t {
        absent,  ///< there is no such item, or it lacks `attribute` if one is named
        equals,  ///< the item is there and its `attribute` has this value
    };
    Kind kind = Kind::absent;
    std::string_view attribute = {};
    TableValue value = {};
};

struct TableWrite {
    enum class Kind : std::uint8_t {
        put,     ///< the item is these attributes, whatever it was
        update,  ///< sets these attributes and leaves the others; makes the item if it is absent
        remove,  ///< an absent item is fine
    };
    Kind kind = Kind::put;
    TableKey key = {};
    std::span<const TableAttribute> attributes = {};
    std::optional<TableCondition> condition = std::nullopt;
};

struct TableCommit {
    std::string_view consumer = {};  ///< whose positions these are
    std::span<const TableWrite> writes = {};
    std::vector<SourceOffset> expected = {};   ///< stored next of each source touched; next 0 = no entry yet
    std::vector<SinkPosition> positions = {};  ///< what is stored instead

    /// Fills `expected` and `positions` from the progress of a sink.
    void advance(std::span<const SourceRange> ranges, Epoch epoch) {
        for (const SourceRange& range : ranges) {
            expected.push_back({range.source, range.from});
            positions.push_back({range.source, range.to, range.cursor, epoch});
        }
    }
};

/// An item as it was read. Reusing one object for many reads saves allocations. Not copyable; moving keeps
/// the views valid.
class TableItem {
public:
    /// No item was found.
    bool empty() const { return !present_; }
    const TableKeyPart& partition() const { return partition_; }
    const TableKeyPart& sort() const { return sort_; }
    std::span<const TableAttribute> attributes() const { return attributes_; }
    /// Null if the item has no such attribute.
    const TableValue* find(std::string_view name) const;

    /// For adapters: copies everything.
    void assign(const TableKeyPart& partition, const TableKeyPart& sort,
                std::span<const TableAttribute> attributes);
    void clear() {
        present_ = false;
        attributes_.clear();
    }

private:
    bool present_ = false;
    Buffer bytes_;
    TableKeyPart partition_;
    TableKeyPart sort_;
    std::vector<TableAttribute> attributes_;
};

/// Items of one partition within a range of sort keys.
struct TableQuery {
    std::string_view table = {};
    TableKeyPart partition = {};
    std::optional<TableKeyPart> from = std::nullopt;  ///< inclusive
    std::optional<TableKeyPart> to = std::nullopt;    ///< exclusive
    bool descending = false;
    std::size_t limit = 1000;  ///< at least 1
    /// Goes on behind this sort key (in the order asked for), which need not be there any more.
    std::optional<TableKeyPart> after = std::nullopt;
};

struct TablePage {
    std::vector<TableItem> items;
    bool more = false;  ///< there is more behind the last item
};

/// Returning false ends the scan. The item is valid during the call only.
using TableVisitor = std::function<bool(const TableItem&)>;

struct TableCapabilities {
    bool atomic_commit = false;              ///< all writes and positions of a commit or nothing
    bool consistent_scan = false;            ///< a scan sees one moment
    std::size_t item_bytes_max = 400 << 10;  ///< key, names and values together
    std::size_t partition_key_bytes_max = 2048;
    std::size_t sort_key_bytes_max = 1024;
};

class TableStore {
public:
    virtual ~TableStore() = default;

    virtual TableCapabilities capabilities() const = 0;

    virtual Status commit(const TableCommit& commit) = 0;
    /// What commit would say of the writes (limits, conditions), without a trace; positions are not looked
    /// at.
    virtual Status rehearse(const TableCommit& commit) = 0;
    /// What reads see now.
    virtual Result<std::vector<SinkPosition>> positions(std::string_view consumer) = 0;
    /// What a crash now would leave at least.
    virtual Result<std::vector<SinkPosition>> persisted(std::string_view consumer) = 0;
    /// Makes all commits that have returned durable.
    virtual Status checkpoint() = 0;
    /// Removes all items of the tables and the consumer's positions, for a rebuild from the log.
    virtual Status clear(std::string_view consumer, std::span<const std::string_view> tables) = 0;

    /// False and an empty item if there is none.
    virtual Result<bool> get(const TableKey& key, TableItem& item) = 0;
    virtual Result<TablePage> query(const TableQuery& query) = 0;
    /// Every item of a table, ordered within each partition.
    virtual Status scan(std::string_view table, const TableVisitor& visit) = 0;
};

// What every adapter does alike.

/// Bytes of an item as limits count them.
std::size_t item_bytes(const TableKey& key, std::span<const TableAttribute> attributes);
/// invalid_argument, naming key and limit.
Status check_item_bytes(const TableKey& key, std::span<const TableAttribute> attributes,
                        const TableCapabilities& capabilities);
/// The same for all that can be said of a commit's writes without looking at the store.
Status check_writes(std::span<const TableWrite> writes, const TableCapabilities& capabilities);
/// The attributes of an item after an update; views of both.
std::vector<TableAttribute> with_update(std::span<const TableAttribute> stored,
                                        std::span<const TableAttribute> update);
/// conflict if the write has a condition that does not hold for the stored item (empty: there is none).
Status check_condition(const TableWrite& write, const TableItem& item);
/// The compare-and-set of positions: conflict names what differs.
Status check_positions(const TableCommit& commit, std::span<const SinkPosition> stored);
/// `stored` as it is after the commit.
void advance_positions(const TableCommit& commit, std::vector<SinkPosition>& stored);

}  // namespace tillstream
