#include "sinks/quarantine/quarantine_list.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <utility>

namespace tillstream {

namespace {

constexpr std::size_t kPageBytes = std::size_t{16} << 20;
constexpr std::string_view kVersion = "q1.";

constexpr const char* kSelect =
    "SELECT id, dataset, stream, shard, \"offset\", file_id, row_number, raw, errors::VARCHAR, arrived_at, "
    "state, resolved_by, resolved_at FROM ops.quarantine "
    "WHERE ($1 = '' OR dataset = $1) "
    "AND ($2 = '' OR list_contains(json_extract_string(errors, '$[*].code'), $2)) "
    "AND ($3 = '' OR state = $3) "
    "AND (arrived_at > $4 OR (arrived_at = $4 AND id > $5)) "
    "ORDER BY arrived_at, id LIMIT $6";

/// The row a page ended with: the next one begins behind it.
struct Place {
    Timestamp arrived{std::numeric_limits<std::int64_t>::min() / 2};
    std::string id;
};

std::string encode(const QuarantinedRecord& last) {
    return fmt::format("{}{:x}.{}", kVersion, last.arrived.micros, last.id);
}

Result<Place> decode(std::string_view cursor) {
    Place place;
    if (cursor.empty()) return place;
    std::string_view rest = cursor;
    if (rest.starts_with(kVersion)) {
        rest.remove_prefix(kVersion.size());
        const auto [stop, bad] =
            std::from_chars(rest.data(), rest.data() + rest.size(), place.arrived.micros, 16);
        rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
        if (bad == std::errc{} && rest.size() > 1 && rest.front() == '.') {
            place.id = rest.substr(1);
            return place;
        }
    }
    return failure(Errc::invalid_argument, fmt::format("'{}' is no cursor: pass back the `next` of an answer",
                                                       cursor.substr(0, 120)));
}

std::string text(const Cell& cell) {
    if (const auto* view = std::get_if<std::string_view>(&cell)) return std::string(*view);
    if (const auto* json = std::get_if<JsonCell>(&cell)) return std::string(json->text);
    return {};
}

template <class T, class From = T>
std::optional<T> optional_of(const Cell& cell) {
    if (const auto* value = std::get_if<From>(&cell)) return T(*value);
    return std::nullopt;
}

class PageVisitor final : public ResultVisitor {
public:
    explicit PageVisitor(std::size_t limit) : limit_(limit) {}

    void columns(std::span<const ResultColumn>) override {}
    bool row(std::span<const Cell> cells) override {
        if (page.records.size() == limit_ || bytes_ >= kPageBytes) {
            page.next = encode(page.records.back());
            return false;
        }
        page.records.push_back(
            {text(cells[0]), text(cells[1]), text(cells[2]), optional_of<std::int64_t>(cells[3]).value_or(0),
             optional_of<std::int64_t>(cells[4]).value_or(0),
             optional_of<std::string, std::string_view>(cells[5]), optional_of<std::int64_t>(cells[6]),
             text(cells[7]), text(cells[8]), optional_of<Timestamp>(cells[9]).value_or(Timestamp{}),
             text(cells[10]), optional_of<std::string, std::string_view>(cells[11]),
             optional_of<Timestamp>(cells[12])});
        bytes_ += page.records.back().raw.size();
        return true;
    }

    QuarantinePage page;

private:
    const std::size_t limit_;
    std::size_t bytes_ = 0;
};

}  // namespace

Result<QuarantinePage> QuarantineList::page(const QuarantineFilter& filter, std::string_view cursor,
                                            std::size_t limit) {
    const Place place = TILLSTREAM_TRY(decode(cursor));
    const std::vector<Cell> params{filter.dataset,
                                   filter.reason,
                                   filter.state,
                                   place.arrived,
                                   std::string_view(place.id),
                                   static_cast<std::int64_t>(limit + 1)};
    PageVisitor visitor(limit);
    const auto outcome = warehouse_.query(kSelect, params, {}, visitor);
    if (const auto* wrong = std::get_if<SqlError>(&outcome)) return failure(Errc::internal, wrong->message);
    if (const Status& status = std::get<Status>(outcome); !status) return failure(status.error());
    return std::move(visitor.page);
}

}  // namespace tillstream
