#include "tests/scenario/history.h"

#include <fmt/format.h>

#include <functional>
#include <ostream>

#include "tests/scenario/scenario.h"

namespace tillstream {

namespace {

constexpr const char* kTime = "strftime(min(invoice_date), '%Y-%m-%dT%H:%M:%SZ')";

InvoiceHead head_of_row(const json::Value& row, std::size_t first) {
    return {row.items.at(first).text, row.items.at(first + 1).text, row.items.at(first + 2).text,
            row.items.at(first + 3).text, row.items.at(first + 4).text};
}

std::string shown(const InvoiceHead& head) {
    return fmt::format("{} at {}: {} lines, {} units, {}", head.invoice_no, head.time, head.lines, head.units,
                       head.total);
}

/// The first customer from `at` on: where its rows end.
std::size_t end_of_customer(const std::vector<CustomerHead>& rows, std::size_t at) {
    std::size_t end = at;
    while (end < rows.size() && rows[end].customer == rows[at].customer) ++end;
    return end;
}

std::string compare_customer(ShopClient& client, const std::vector<CustomerHead>& rows, std::size_t begin,
                             std::size_t end, int newest) {
    const std::string& customer = rows[begin].customer;
    const json::Value page =
        must(client.get_json(fmt::format("/v1/customers/{}/invoices?limit={}", customer, newest)));
    const std::vector<json::Value>& found = page.find("invoices")->items;
    if (found.size() != end - begin)
        return fmt::format("customer {} has {} invoices by REST, {} by SQL", customer, found.size(),
                           end - begin);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const InvoiceHead head = head_of(found[i]);
        if (!(head == rows[begin + i].head))
            return fmt::format("customer {}: {} by REST, {} by SQL", customer, shown(head),
                               shown(rows[begin + i].head));
    }
    return "";
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const InvoiceHead& head) { return out << shown(head); }

InvoiceHead head_of(const json::Value& answer) {
    return {text_of(answer, "invoice_no"), text_of(answer, "time"), text_of(answer, "lines"),
            text_of(answer, "units"), text_of(answer, "total")};
}

std::vector<json::Value> all_pages(ShopClient& client, const std::string& target, const std::string& list) {
    std::vector<json::Value> entries;
    std::string cursor;
    while (true) {
        const json::Value page =
            must(client.get_json(cursor.empty() ? target : target + "&cursor=" + cursor));
        for (const json::Value& entry : page.find(list)->items) entries.push_back(entry);
        if (page.find("next")->is_null()) return entries;
        cursor = page.find("next")->text;
    }
}

std::vector<InvoiceHead> invoices_of(ShopClient& client, const std::string& customer,
                                     const std::string& query) {
    std::vector<InvoiceHead> heads;
    for (const json::Value& entry :
         all_pages(client, "/v1/customers/" + customer + "/invoices?" + query, "invoices"))
        heads.push_back(head_of(entry));
    return heads;
}

std::vector<InvoiceHead> invoices_by_sql(ShopClient& client) {
    std::vector<InvoiceHead> heads;
    for (const json::Value& row : must(client.query(
             fmt::format("SELECT invoice_no, {}, count(*), sum(quantity), sum(line_total) FROM shop.sales "
                         "GROUP BY invoice_no ORDER BY invoice_no",
                         kTime))))
        heads.push_back(head_of_row(row, 0));
    return heads;
}

std::vector<CustomerHead> newest_by_sql(ShopClient& client, int newest) {
    std::vector<CustomerHead> heads;
    const std::string sql = fmt::format(
        "SELECT customer_id, invoice_no, time, lines, units, total FROM (SELECT customer_id, invoice_no, {} "
        "AS time, count(*) AS lines, sum(quantity) AS units, sum(line_total) AS total, row_number() OVER "
        "(PARTITION BY customer_id ORDER BY min(invoice_date) DESC, invoice_no DESC) AS rank FROM shop.sales "
        "WHERE customer_id IS NOT NULL GROUP BY customer_id, invoice_no) WHERE rank <= {} ORDER BY "
        "customer_id, rank",
        kTime, newest);
    for (const json::Value& row : must(client.query(sql)))
        heads.push_back({row.items.at(0).text, head_of_row(row, 1)});
    return heads;
}

HistoryCount compare_histories(ShopClient& client, int newest) {
    HistoryCount count;
    for (const InvoiceHead& head : invoices_by_sql(client)) {
        const InvoiceHead found =
            head_of(must(client.get_json("/v1/invoices/" + percent_encode(head.invoice_no) + "?limit=1")));
        if (!(found == head)) {
            count.problem = shown(found) + " by REST, by SQL " + shown(head);
            return count;
        }
        ++count.invoices;
    }
    const std::vector<CustomerHead> rows = newest_by_sql(client, newest);
    for (std::size_t at = 0; at < rows.size(); ++count.customers) {
        const std::size_t end = end_of_customer(rows, at);
        count.problem = compare_customer(client, rows, at, end, newest);
        if (!count.problem.empty()) return count;
        at = end;
    }
    return count;
}

std::string history_content(ShopClient& client) {
    std::size_t hash = 0;
    const auto add = [&](const std::string& target) {
        const ClientResponse answer = must(client.get(target));
        EXPECT_EQ(answer.status, 200) << target << ": " << answer.body;
        hash = hash * 31 + std::hash<std::string>{}(answer.body);
    };
    const std::vector<InvoiceHead> invoices = invoices_by_sql(client);
    for (const InvoiceHead& head : invoices)
        add("/v1/invoices/" + percent_encode(head.invoice_no) + "?limit=10000");
    const std::vector<CustomerHead> customers = newest_by_sql(client, 1);
    for (const CustomerHead& customer : customers) {
        add("/v1/customers/" + customer.customer);
        add("/v1/customers/" + customer.customer + "/invoices?limit=10000");
    }
    return fmt::format("{} invoices, {} customers, {:x}", invoices.size(), customers.size(), hash);
}

}  // namespace tillstream
