#include "tests/crash/audit.h"

#include <fmt/format.h>

#include <map>

#include "tests/crash/purchase_audit.h"

namespace tillstream {

namespace {

/// What a store holds of one request.
struct Held {
    std::int64_t rows = 0;
    std::int64_t identities = 0;
    std::int64_t quantity = 0;
    std::string line_total;
};
using HeldById = std::map<std::string, Held, std::less<>>;

constexpr std::string_view kQuarantinedId =
    R"sql(regexp_extract(raw, '"description":"(r[-0-9a-z]+)"', 1))sql";
constexpr std::string_view kQuarantinedIndex = R"sql(regexp_extract(raw, '"stock_code":"([0-9]+)"', 1))sql";

Result<HeldById> held(ShopClient& client, const std::string& sql) {
    HeldById all;
    for (const json::Value& row : TILLSTREAM_TRY(client.query(sql))) {
        Held& entry = all[row.items[0].text];
        entry.rows = row.items[1].as_int64().value_or(-1);
        entry.identities = row.items[2].as_int64().value_or(-1);
        if (row.items.size() < 5) continue;
        entry.quantity = row.items[3].as_int64().value_or(-1);
        entry.line_total = row.items[4].text;
    }
    return all;
}

Result<HeldById> held_in_sales(ShopClient& client, int round) {
    return held(
        client,
        fmt::format("SELECT description, count(*), count(DISTINCT stock_code), sum(quantity), "
                    "sum(line_total) FROM shop.sales WHERE description LIKE 'r{}-%' GROUP BY description",
                    round));
}

Result<HeldById> held_in_quarantine(ShopClient& client, int round) {
    return held(client,
                fmt::format("SELECT {0} AS request, count(*), count(DISTINCT {1}) FROM ops.quarantine "
                            "WHERE {0} LIKE 'r{2}-%' GROUP BY request",
                            kQuarantinedId, kQuarantinedIndex, round));
}

Held take(HeldById& all, const std::string& id) {
    const auto found = all.find(id);
    if (found == all.end()) return {};
    Held entry = found->second;
    all.erase(found);
    return entry;
}

std::string money(std::int64_t cents) { return fmt::format("{}.{:02}", cents / 100, cents % 100); }

Status broken(const LedgerEntry& entry, const std::string& what) {
    const char* fate = entry.fate == Fate::acknowledged ? "acknowledged"
                       : entry.fate == Fate::refused    ? "refused"
                                                        : "unknown";
    return failure(Errc::internal, fmt::format("{} request {}: {}", fate, entry.id, what));
}

/// Sets `present` if the stores hold the request.
Status check_request(const LedgerEntry& entry, const Held& sales, const Held& quarantine, AuditCounts& counts,
                     bool& present) {
    const auto accepted = static_cast<std::int64_t>(entry.accepted);
    const auto bad = static_cast<std::int64_t>(entry.quarantined);
    const bool absent = sales.rows == 0 && quarantine.rows == 0;
    if (entry.fate == Fate::refused && !absent) return broken(entry, "is stored");
    if (entry.fate == Fate::refused || (entry.fate == Fate::unknown && absent)) return {};
    if (entry.fate == Fate::unknown) ++counts.unknown_present;
    present = true;
    if (sales.rows != accepted || sales.identities != accepted || quarantine.rows != bad ||
        quarantine.identities != bad) {
        return broken(
            entry,
            fmt::format("{} good and {} bad records sent, found {} ({} different) in shop.sales and {} "
                        "({} different) in ops.quarantine",
                        accepted, bad, sales.rows, sales.identities, quarantine.rows, quarantine.identities));
    }
    if (accepted == 0) return {};
    const std::string total = money(entry.cents);
    if (sales.quantity == entry.quantity && sales.line_total == total) return {};
    return broken(entry, fmt::format("quantity {} and line_total {} sent, found {} and {}", entry.quantity,
                                     total, sales.quantity, sales.line_total));
}

/// Each record of the request must lie where the answer said.
Status check_places(ShopClient& client, const LedgerEntry& entry) {
    const std::string sql = fmt::format(
        "SELECT stock_code::bigint, shard, \"offset\" FROM shop.sales WHERE description = '{0}' UNION ALL "
        "SELECT {1}::bigint, shard, \"offset\" FROM ops.quarantine WHERE {2} = '{0}'",
        entry.id, kQuarantinedIndex, kQuarantinedId);
    for (const json::Value& row : TILLSTREAM_TRY(client.query(sql))) {
        const auto index = static_cast<std::size_t>(row.items[0].as_int64().value_or(-1));
        if (index >= entry.places.size()) return broken(entry, "holds a record that was never sent");
        const RecordPlace& place = entry.places[index];
        if (row.items[1].as_int64() == std::int64_t{place.shard} &&
            row.items[2].as_int64() == static_cast<std::int64_t>(place.offset)) {
            continue;
        }
        return broken(entry,
                      fmt::format("record {} was answered shard {} offset {} and lies at shard {} offset {}",
                                  index, place.shard, place.offset, row.items[1].text, row.items[2].text));
    }
    return {};
}

/// Every offset of every shard is in one of the two tables, once.
Status check_dense(ShopClient& client) {
    const json::Value stream = TILLSTREAM_TRY(client.get_json("/v1/streams/sales"));
    std::map<std::string, std::string> ends;
    for (const json::Value& shard : stream.find("shards")->items) {
        if (number_of(shard, "next") > 0) ends[text_of(shard, "id")] = text_of(shard, "next");
    }
    const auto rows = TILLSTREAM_TRY(
        client.query("SELECT shard, count(*), count(DISTINCT \"offset\"), max(\"offset\") + 1 FROM (SELECT "
                     "shard, \"offset\" FROM "
                     "shop.sales UNION ALL SELECT shard, \"offset\" FROM ops.quarantine) GROUP BY shard"));
    for (const json::Value& row : rows) {
        const std::string end = ends[row.items[0].text];
        ends.erase(row.items[0].text);
        if (row.items[1].text == end && row.items[2].text == end && row.items[3].text == end) continue;
        return failure(
            Errc::internal,
            fmt::format("shard {} ends at {}, but holds {} records of {} different offsets up to "
                        "{}",
                        row.items[0].text, end, row.items[1].text, row.items[2].text, row.items[3].text));
    }
    if (ends.empty()) return {};
    return failure(Errc::internal, "no store holds anything of shard " + ends.begin()->first);
}

/// Without positions: those of a sink that had nothing to store are written late.
std::string figures_of(const json::Value& verified) {
    std::string text = fmt::format("received {} accepted {} quarantined {}", text_of(verified, "received"),
                                   text_of(verified, "accepted"), text_of(verified, "quarantined"));
    for (const json::Value& sink : verified.find("sinks")->items) {
        text += fmt::format(" {} {} {} {}", text_of(sink, "name"), text_of(sink, "rows"),
                            text_of(sink, "quantity"), text_of(sink, "line_total"));
    }
    return text;
}

}  // namespace

Result<AuditCounts> audit_round(ShopClient& client, int round, const Ledger& ledger) {
    constexpr std::uint64_t kPlacesChecked = 3;
    HeldById sales = TILLSTREAM_TRY(held_in_sales(client, round));
    HeldById quarantine = TILLSTREAM_TRY(held_in_quarantine(client, round));
    AuditCounts counts;
    PurchaseAudit purchases;
    for (const LedgerEntry& entry : ledger) {
        const Held in_sales = take(sales, entry.id);
        const Held in_quarantine = take(quarantine, entry.id);
        bool present = false;
        TILLSTREAM_CHECK(check_request(entry, in_sales, in_quarantine, counts, present));
        if (present) purchases.add(entry);
        if (entry.places.empty() || counts.offsets_checked >= kPlacesChecked) continue;
        TILLSTREAM_CHECK(check_places(client, entry));
        ++counts.offsets_checked;
    }
    if (!sales.empty() || !quarantine.empty()) {
        return failure(Errc::internal, "the stores hold records of a request that nobody sent: " +
                                           (sales.empty() ? quarantine : sales).begin()->first);
    }
    counts.customers_checked = TILLSTREAM_TRY(purchases.check(client));
    return counts;
}

Result<std::string> audit_whole(ShopClient& client) {
    const json::Value verified = TILLSTREAM_TRY(client.verify("sales", 120));
    if (text_of(verified, "ok") != "true")
        return failure(Errc::internal, "verify is not ok: " + figures_of(verified));
    TILLSTREAM_CHECK(check_dense(client));
    const std::string content =
        TILLSTREAM_TRY(client.query_value("SELECT sum(hash(invoice_no, stock_code, description, quantity, "
                                          "line_total, shard, \"offset\", arrived_at)) "
                                          "FROM shop.sales"));
    const std::string quarantined = TILLSTREAM_TRY(
        client.query_value("SELECT sum(hash(id, raw, errors::text, arrived_at)) FROM ops.quarantine"));
    return figures_of(verified) + " " + content + " " + quarantined;
}

}  // namespace tillstream
