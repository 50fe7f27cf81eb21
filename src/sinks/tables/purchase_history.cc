#include "sinks/tables/purchase_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "sinks/tables/internal/layout.h"
#include "sinks/tables/internal/values.h"

namespace tillstream {

namespace {

using namespace tables;

constexpr std::string_view kLineCursor = "l1.";
constexpr std::string_view kShareCursor = "s1.";
/// Chunks of lines, or parts of a customer, read at once.
constexpr std::size_t kReadAtOnce = 64;
constexpr std::size_t kShown = 60;

Error bad_cursor(std::string_view cursor) {
    return {Errc::invalid_argument,
            fmt::format("cursor '{}' is none of this list: pass back `next` of an answer",
                        cursor.substr(0, kShown))};
}

Status check_limit(std::size_t limit) {
    if (limit >= 1 && limit <= PurchaseHistory::kLimitMax) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("limit {} is not 1 to {}", limit, PurchaseHistory::kLimitMax));
}

std::optional<std::string> owned(const OptionalText& text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

Amount total_of(const Sums& sums) { return {sums.total, sums.scale}; }

/// The number of the first line of a page.
Result<std::uint64_t> line_in(std::string_view cursor) {
    if (cursor.empty()) return std::uint64_t{1};
    if (!cursor.starts_with(kLineCursor)) return failure(bad_cursor(cursor));
    const std::string_view digits = cursor.substr(kLineCursor.size());
    std::uint64_t line = 0;
    const auto [stop, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
    if (wrong != std::errc() || stop != digits.data() + digits.size() || line == 0) {
        return failure(bad_cursor(cursor));
    }
    return line;
}

std::string share_cursor(std::string_view sort) {
    std::string cursor(kShareCursor);
    for (const char byte : sort) {
        fmt::format_to(std::back_inserter(cursor), "{:02x}", static_cast<unsigned char>(byte));
    }
    return cursor;
}

/// The sort key of the last share that was given.
Result<std::string> share_in(std::string_view cursor) {
    std::string sort;
    if (!cursor.starts_with(kShareCursor)) return failure(bad_cursor(cursor));
    for (std::size_t at = kShareCursor.size(); at + 1 < cursor.size(); at += 2) {
        unsigned byte = 0;
        const auto [stop, wrong] = std::from_chars(cursor.data() + at, cursor.data() + at + 2, byte, 16);
        if (wrong != std::errc() || stop != cursor.data() + at + 2) return failure(bad_cursor(cursor));
        sort += static_cast<char>(byte);
    }
    Timestamp time;
    std::string_view invoice_no;
    if (!read_share_sort(sort, time, invoice_no) || share_cursor(sort) != cursor) {
        return failure(bad_cursor(cursor));
    }
    return sort;
}

InvoiceLine line_of(std::uint64_t number, const ChunkHead& head, const StoredLine& stored) {
    InvoiceLine line;
    line.line = number;
    line.stock_code = stored.stock_code;
    line.description = owned(stored.description);
    line.quantity = stored.quantity;
    line.unit_price = {stored.unit_price, head.price_scale};
    line.line_total = {stored.line_total, head.total_scale};
    line.time = stored.time;
    line.source = head.source;
    line.offset = stored.offset;
    return line;
}

/// Lines of one invoice from line `first` on, no more than `limit` and none behind `last`.
class LineReader {
public:
    LineReader(TableStore& store, std::string_view invoice_no, std::uint64_t first, std::uint64_t last,
               std::size_t limit, std::vector<InvoiceLine>& lines)
        : store_(store), invoice_no_(invoice_no), first_(first), last_(last), limit_(limit), lines_(lines) {}

    Status read(const Head& head) {
        if (!head.first_lines.empty()) {
            TILLSTREAM_CHECK(add(TILLSTREAM_TRY(ChunkReader::open(head.first_lines)), 1));
        }
        return done() ? Status{} : read_chunks();
    }

private:
    std::uint64_t wanted() const { return lines_.empty() ? first_ : lines_.back().line + 1; }
    bool done() const { return lines_.size() == limit_ || wanted() > last_; }

    Status read_chunks() {
        std::string from(TILLSTREAM_TRY(chunk_with(wanted())));
        TableQuery query{.table = kInvoices, .partition = invoice_no_, .from = from, .to = kLinesEnd};
        query.limit = kReadAtOnce;
        while (true) {
            const TablePage page = TILLSTREAM_TRY(store_.query(query));
            for (const TableItem& item : page.items) TILLSTREAM_CHECK(add(item));
            if (!page.more || done()) return {};
            from = std::get<std::string_view>(page.items.back().sort());
            query.from.reset();
            query.after = from;
        }
    }

    /// Sort key of the chunk that holds a line.
    Result<std::string> chunk_with(std::uint64_t line) {
        const FixedSort behind = FixedSort::lines(line + 1);
        const TablePage page = TILLSTREAM_TRY(store_.query({.table = kInvoices,
                                                            .partition = invoice_no_,
                                                            .from = kLinesBegin,
                                                            .to = behind.view(),
                                                            .descending = true,
                                                            .limit = 1}));
        if (page.items.empty()) return std::string(kLinesBegin);
        return std::string(std::get<std::string_view>(page.items.front().sort()));
    }

    Status add(const TableItem& item) {
        std::uint64_t number = 0;
        if (!read_lines_sort(item.sort(), number)) return failure(damaged("lines under a key that is none"));
        return add(TILLSTREAM_TRY(read_value(item, ChunkReader::open)), number);
    }

    Status add(ChunkReader chunk, std::uint64_t number) {
        for (; !chunk.at_end() && number <= last_ && lines_.size() < limit_; ++number) {
            const StoredLine stored = TILLSTREAM_TRY(chunk.next());
            if (number >= first_) lines_.push_back(line_of(number, chunk.head(), stored));
        }
        return {};
    }

    TableStore& store_;
    const std::string_view invoice_no_;
    const std::uint64_t first_;
    const std::uint64_t last_;
    const std::size_t limit_;
    std::vector<InvoiceLine>& lines_;  ///< empty at first
};

/// A customer's totals so far, with what decides about `last` and `country`.
struct Total {
    CustomerTotals totals;
    Sums sums;
    std::string newest_invoice;
    std::uint64_t newest_line = 0;
};

Status add_part(Total& total, const CustomerPart& part) {
    CustomerTotals& totals = total.totals;
    const bool fresh = total.sums.lines == 0;
    totals.invoices += part.invoices;
    totals.first = fresh ? part.first : std::min(totals.first, part.first);
    const std::string_view newest = total.newest_invoice;
    if (fresh || std::tie(part.last, part.newest_invoice, part.newest_line) >
                     std::tie(totals.last, newest, total.newest_line)) {
        totals.last = part.last;
        totals.country = owned(part.country);
        total.newest_invoice = part.newest_invoice;
        total.newest_line = part.newest_line;
    }
    if (total.sums.add(part.sums)) return {};
    return failure(Errc::resource_exhausted, "a customer's total exceeds 128 bits");
}

}  // namespace

Result<InvoicePage> PurchaseHistory::invoice(std::string_view invoice_no, std::size_t limit,
                                             std::string_view cursor) const {
    TILLSTREAM_CHECK(check_limit(limit));
    const std::uint64_t first = TILLSTREAM_TRY(line_in(cursor));
    TableItem item;
    // The head first: the lines it counts were there before.
    if (invoice_no.empty() || !TILLSTREAM_TRY(store_.get({kInvoices, invoice_no, kHeadSort}, item))) {
        return failure(Errc::not_found, fmt::format("no invoice '{}'", invoice_no.substr(0, kShown)));
    }
    const Head head = TILLSTREAM_TRY(read_value(item, read_head));
    InvoicePage page;
    page.invoice_no = invoice_no;
    page.customer_id = head.customer;
    page.time = head.whole.time;
    page.country = owned(head.whole.country);
    page.lines = head.whole.sums.lines;
    page.units = head.whole.sums.units;
    page.total = total_of(head.whole.sums);
    TILLSTREAM_CHECK(LineReader(store_, invoice_no, first, page.lines, limit, page.items).read(head));
    if (!page.items.empty() && page.items.back().line < page.lines) {
        page.next = fmt::format("{}{}", kLineCursor, page.items.back().line + 1);
    }
    return page;
}

Result<CustomerTotals> PurchaseHistory::customer(std::int64_t customer_id) const {
    Total total;
    total.totals.customer_id = customer_id;
    TableQuery query{
        .table = kCustomers, .partition = customer_id, .from = kSourcesBegin, .to = kSharesBegin};
    // All parts at once: they belong to one moment.
    query.limit = SIZE_MAX;
    const TablePage page = TILLSTREAM_TRY(store_.query(query));
    if (page.items.empty()) return failure(Errc::not_found, fmt::format("no customer {}", customer_id));
    for (const TableItem& item : page.items) {
        const CustomerPart part = TILLSTREAM_TRY(read_value(item, read_customer_part));
        TILLSTREAM_CHECK(add_part(total, part));
    }
    total.totals.lines = total.sums.lines;
    total.totals.units = total.sums.units;
    total.totals.total = total_of(total.sums);
    return std::move(total.totals);
}

Result<CustomerInvoices> PurchaseHistory::customer_invoices(std::int64_t customer_id,
                                                            const CustomerInvoicesQuery& wanted) const {
    TILLSTREAM_CHECK(check_limit(wanted.limit));
    std::string after;
    if (!wanted.cursor.empty()) after = TILLSTREAM_TRY(share_in(wanted.cursor));
    const FixedSort from = FixedSort::share(wanted.from.value_or(Timestamp{}));
    const FixedSort to = FixedSort::share(wanted.to.value_or(Timestamp{}));
    using Part = std::optional<TableKeyPart>;
    const TableQuery query{.table = kCustomers,
                           .partition = customer_id,
                           .from = wanted.from ? from.view() : kSharesBegin,
                           .to = wanted.to ? to.view() : kSharesEnd,
                           .descending = wanted.order == ListOrder::descending,
                           .limit = wanted.limit,
                           .after = after.empty() ? Part{} : Part{std::string_view(after)}};
    const TablePage page = TILLSTREAM_TRY(store_.query(query));
    CustomerInvoices answer;
    for (const TableItem& item : page.items) {
        CustomerInvoice& invoice = answer.invoices.emplace_back();
        std::string_view invoice_no;
        if (!read_share_sort(item.sort(), invoice.time, invoice_no)) {
            return failure(damaged("a customer's invoice under a key that is none"));
        }
        const Share share = TILLSTREAM_TRY(read_value(item, read_share));
        invoice.invoice_no = invoice_no;
        invoice.lines = share.sums.lines;
        invoice.units = share.sums.units;
        invoice.total = total_of(share.sums);
        invoice.country = owned(share.country);
    }
    if (page.more) answer.next = share_cursor(std::get<std::string_view>(page.items.back().sort()));
    if (answer.invoices.empty()) TILLSTREAM_TRY(customer(customer_id));
    return answer;
}

}  // namespace tillstream
