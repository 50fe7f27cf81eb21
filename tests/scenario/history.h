// history.h - purchase histories as a shop's till reads them by REST, and what SQL says they hold.
#pragma once

#include <string>
#include <vector>

#include "json/value.h"
#include "tests/support/shop_client.h"

namespace tillstream {

/// One entry of a list or the head of an invoice, as text to compare.
struct InvoiceHead {
    std::string invoice_no;
    std::string time;
    std::string lines;
    std::string units;
    std::string total;
    bool operator==(const InvoiceHead&) const = default;
};
std::ostream& operator<<(std::ostream& out, const InvoiceHead& head);
InvoiceHead head_of(const json::Value& answer);

/// Every entry of `list` over all pages of `target`, which has a query already.
std::vector<json::Value> all_pages(ShopClient& client, const std::string& target, const std::string& list);
/// A customer's invoices by REST; `query` as "order=asc".
std::vector<InvoiceHead> invoices_of(ShopClient& client, const std::string& customer,
                                     const std::string& query = "order=desc");

/// All invoices whole, by SQL, in order of their numbers.
std::vector<InvoiceHead> invoices_by_sql(ShopClient& client);
/// The newest `newest` invoices of each customer by SQL: customer and head, by customer and rank.
struct CustomerHead {
    std::string customer;
    InvoiceHead head;
};
std::vector<CustomerHead> newest_by_sql(ShopClient& client, int newest);

/// Every invoice and every customer answers what SQL says: how many of each, or the first that does not.
struct HistoryCount {
    std::size_t invoices = 0;
    std::size_t customers = 0;
    std::string problem;
};
HistoryCount compare_histories(ShopClient& client, int newest);

/// The bodies of all invoices and customers that SQL knows, as one hash.
std::string history_content(ShopClient& client);

}  // namespace tillstream
