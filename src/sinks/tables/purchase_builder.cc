#include "sinks/tables/internal/purchase_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sinks/tables/internal/layout.h"

namespace tillstream::tables {

namespace {

/// A value stays far below the port's limit, and a reader of a page reads little more than the page.
constexpr std::size_t kChunkBytes = 32 << 10;
/// The first lines of an invoice stay in its head up to here: one item less to write and to read for most of
/// what a shop sells, and little to copy when more lines come.
constexpr std::size_t kFirstLinesBytes = 512;
/// Customers of one invoice are looked for one by one up to here: nearly always there is one.
constexpr std::size_t kSearched = 8;
constexpr std::size_t kKeptItems = 20'000;

Status overflow() { return failure(Errc::resource_exhausted, "a sum of the tables grows beyond 128 bits"); }

/// `more` came after `share`, or `share` is empty.
bool merge(Share& share, const Share& more) {
    if (share.sums.lines == 0) {
        share = more;
        return true;
    }
    share.time = std::min(share.time, more.time);
    return share.sums.add(more.sums);
}

}  // namespace

Result<std::span<const TableWrite>> PurchaseBuilder::build(const SinkBatch& batch) {
    writes_.clear();
    parts_.clear();
    part_index_.clear();
    if (part_items_.size() > kKeptItems) part_items_.clear();
    TILLSTREAM_CHECK(rows_.deal(batch));
    for (const InvoiceRows::Invoice& invoice : rows_.invoices()) TILLSTREAM_CHECK(add_invoice(invoice));
    put_parts();
    return writes_.writes();
}

TableItem& PurchaseBuilder::item(std::deque<TableItem>& items, std::size_t number) {
    while (items.size() <= number) items.emplace_back();
    return items[number];
}

Status PurchaseBuilder::add_invoice(const InvoiceRows::Invoice& invoice) {
    shares_.clear();
    if (indexed_ != 0) share_index_.clear();
    if (share_items_.size() > kKeptItems) share_items_.clear();
    indexed_ = 0;
    known_ = TILLSTREAM_TRY(read_stored_head(invoice.number));
    TILLSTREAM_CHECK(add_lines(invoice));
    put_shares(invoice.number);
    writes_.begin_put(kInvoices, invoice.number, kHeadSort);
    append_head(writes_.values(), head_);
    writes_.end_put();
    return {};
}

Result<bool> PurchaseBuilder::read_stored_head(std::string_view number) {
    head_ = {};
    chunk_line_ = 0;
    if (!TILLSTREAM_TRY(store_.get({kInvoices, number, kHeadSort}, head_item_))) return false;
    head_ = TILLSTREAM_TRY(read_value(head_item_, read_head));
    return true;
}

/// Puts the lines away as chunks on the way.
Status PurchaseBuilder::add_lines(const InvoiceRows::Invoice& invoice) {
    Run run;
    std::uint32_t batch = InvoiceRows::kNone;
    std::uint64_t number = head_.whole.sums.lines;
    for (std::uint32_t row = invoice.first; row != InvoiceRows::kNone; row = rows_.next(row)) {
        const StoredLine line = rows_.line(row);
        const std::uint32_t from = rows_.ref(row).batch;
        const ChunkHead& common = rows_.head_of(from);
        ++number;
        if (from != batch || line.customer != run.customer) {
            if (run.share.sums.lines != 0) TILLSTREAM_CHECK(add_run(invoice.number, run));
            run = {};
            run.source = common.source;
            run.customer = line.customer;
        }
        const bool other = from != batch && batch != InvoiceRows::kNone && !(common == rows_.head_of(batch));
        if (chunk_line_ != 0 && (other || chunk_.size() > kChunkBytes)) end_chunk(invoice.number);
        batch = from;
        if (chunk_line_ == 0) begin_chunk(number, common);
        chunk_.add(line);
        if (!merge(run.share,
                   {{1, line.quantity, line.line_total, common.total_scale}, line.time, line.country})) {
            return overflow();
        }
        if (run.last_line == 0 || line.time >= run.last) {
            run.last = line.time;
            run.last_line = number;
            run.last_country = line.country;
        }
    }
    end_chunk(invoice.number);
    return add_run(invoice.number, run);
}

void PurchaseBuilder::begin_chunk(std::uint64_t first_line, const ChunkHead& common) {
    chunk_line_ = first_line;
    lines_.clear();
    chunk_.begin(lines_, common);
}

/// Where it goes is decided by its size.
void PurchaseBuilder::end_chunk(std::string_view number) {
    chunk_.finish();
    const std::uint64_t first_line = std::exchange(chunk_line_, 0);
    if (first_line == 1 && lines_.size() <= kFirstLinesBytes) {
        lines_.swap(first_lines_);
        head_.first_lines = first_lines_.view();
        return;
    }
    writes_.begin_put(kInvoices, number, FixedSort::lines(first_line).view());
    writes_.values().append(lines_.view());
    writes_.end_put();
}

Status PurchaseBuilder::add_run(std::string_view number, const Run& run) {
    if (!merge(head_.whole, run.share)) return overflow();
    if (!run.customer) return {};
    OpenShare* share = TILLSTREAM_TRY(share_of(number, *run.customer));
    OpenPart* open = TILLSTREAM_TRY(part_of(*run.customer, run.source));
    CustomerPart& part = open->part;
    const bool first_lines = share->share.sums.lines == 0;
    if (!merge(share->share, run.share) || !part.sums.add(run.share.sums)) return overflow();
    const bool fresh = part.newest_line == 0;
    part.invoices += first_lines ? 1 : 0;
    part.first = fresh ? run.share.time : std::min(part.first, run.share.time);
    if (fresh || std::tie(run.last, number, run.last_line) >
                     std::tie(part.last, part.newest_invoice, part.newest_line)) {
        part.last = run.last;
        part.newest_invoice = number;
        part.newest_line = run.last_line;
        part.country = run.last_country;
    }
    return {};
}

/// Number of the customer's share; kNone if it is to be added as the next.
std::uint32_t PurchaseBuilder::find_share(std::int64_t customer) {
    const auto is = [&](std::uint32_t i) { return shares_[i].customer == customer; };
    const auto fresh = static_cast<std::uint32_t>(shares_.size());
    if (fresh < kSearched) {
        for (std::uint32_t i = 0; i < fresh; ++i) {
            if (is(i)) return i;
        }
        return HashIndex::kNone;
    }
    for (; indexed_ < fresh; ++indexed_) {
        const auto none = [](std::uint32_t) { return false; };
        (void)share_index_.find_or_add(static_cast<std::size_t>(shares_[indexed_].customer),
                                       static_cast<std::uint32_t>(indexed_), none);
    }
    const std::uint32_t found = share_index_.find_or_add(static_cast<std::size_t>(customer), fresh, is);
    indexed_ += found == HashIndex::kNone ? 1 : 0;
    return found;
}

Result<PurchaseBuilder::OpenShare*> PurchaseBuilder::share_of(std::string_view number,
                                                              std::int64_t customer) {
    if (!shares_.empty() && shares_.back().customer == customer) return &shares_.back();
    if (const std::uint32_t found = find_share(customer); found != HashIndex::kNone) return &shares_[found];
    OpenShare& share = shares_.emplace_back();
    share.customer = customer;
    TILLSTREAM_CHECK(read_share_of(number, share));
    share.stored_time = share.share.time;
    return &share;
}

Status PurchaseBuilder::read_share_of(std::string_view number, OpenShare& share) {
    share.in_head = !head_.customer || *head_.customer == share.customer;
    if (share.in_head) {
        share.stored = head_.customer.has_value();
        share.share = head_.customers;
        head_.customer = share.customer;
        return {};
    }
    if (!known_) return {};
    TableItem& stored = item(share_items_, shares_.size());
    const FixedSort sort = FixedSort::customer_share(share.customer);
    share.stored = TILLSTREAM_TRY(store_.get({kInvoices, number, sort.view()}, stored));
    if (share.stored) share.share = TILLSTREAM_TRY(read_value(stored, read_share));
    return {};
}

Result<PurchaseBuilder::OpenPart*> PurchaseBuilder::part_of(std::int64_t customer, SourceId source) {
    const auto is = [&](std::uint32_t i) {
        return parts_[i].customer == customer && parts_[i].source == source;
    };
    if (last_part_ < parts_.size() && is(last_part_)) return &parts_[last_part_];
    const auto fresh = static_cast<std::uint32_t>(parts_.size());
    const std::size_t hash = static_cast<std::size_t>(customer) * 31 + source.value;
    const std::uint32_t found = part_index_.find_or_add(hash, fresh, is);
    if (found != HashIndex::kNone) {
        last_part_ = found;
        return &parts_[found];
    }
    last_part_ = fresh;
    OpenPart& part = parts_.emplace_back();
    part.customer = customer;
    part.source = source;
    TableItem& stored = item(part_items_, fresh);
    if (TILLSTREAM_TRY(store_.get({kCustomers, customer, FixedSort::source(source).view()}, stored))) {
        part.part = TILLSTREAM_TRY(read_value(stored, read_customer_part));
    }
    return &part;
}

void PurchaseBuilder::put_shares(std::string_view number) {
    for (const OpenShare& open : shares_) {
        if (open.in_head) {
            head_.customers = open.share;
        } else {
            writes_.begin_put(kInvoices, number, FixedSort::customer_share(open.customer).view());
            append_share(writes_.values(), open.share);
            writes_.end_put();
        }
        // An earlier line moves the share in the customer's list.
        if (open.stored && open.stored_time != open.share.time) {
            writes_.remove(kCustomers, open.customer, FixedSort::share(open.stored_time).view(), number);
        }
        writes_.begin_put(kCustomers, open.customer, FixedSort::share(open.share.time).view(), number);
        append_share(writes_.values(), open.share);
        writes_.end_put();
    }
}

void PurchaseBuilder::put_parts() {
    for (const OpenPart& open : parts_) {
        writes_.begin_put(kCustomers, open.customer, FixedSort::source(open.source).view());
        append_customer_part(writes_.values(), open.part);
        writes_.end_put();
    }
}

}  // namespace tillstream::tables
