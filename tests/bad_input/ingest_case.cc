#include "tests/bad_input/ingest_case.h"

#include <gtest/gtest.h>

namespace tillstream::bad_input {

namespace {

struct Member {
    std::string key;
    std::string value;
};

const std::vector<Member>& good_members() {
    static const std::vector<Member> members = {{"InvoiceNo", "\"@\""},
                                                {"StockCode", "\"85123A\""},
                                                {"Quantity", "6"},
                                                {"InvoiceDate", "\"12/1/2010 8:26\""},
                                                {"UnitPrice", "2.55"}};
    return members;
}

void name_invoice(std::string& text, const std::string& invoice) {
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1))
        text.replace(at, 1, invoice);
}

void name_invoice(std::vector<Wrong>& wrongs, const std::string& invoice) {
    for (Wrong& wrong : wrongs) name_invoice(wrong.found, invoice);
}

void name_invoice(IngestCase& one, const std::string& invoice) {
    name_invoice(one.body, invoice);
    if (one.packed) one.body = one.packed(one.body);
    name_invoice(one.wrong, invoice);
    for (BadRecord& record : one.bad) {
        name_invoice(record.raw, invoice);
        name_invoice(record.wrong, invoice);
    }
}

struct Place {
    std::string shard;
    std::string offset;
};

/// The case's answer, and where its bad records were put.
std::vector<Place> send(Door& door, const IngestCase& one) {
    const std::int64_t before = door.stored();
    const Answer answer = door.post_records(one.body, one.content_type, one.content_encoding);
    EXPECT_EQ(answer.status, one.status) << answer.text("detail");
    const std::int64_t stored = door.stored() - before;
    if (one.status != 200) {
        EXPECT_EQ(answer.problem(), one.problem);
        EXPECT_EQ(answer.errors(), one.wrong);
        EXPECT_NE(answer.text("detail").find(one.detail), std::string::npos) << answer.text("detail");
        EXPECT_EQ(stored, 0) << "a refused request leaves nothing";
        return {};
    }
    const std::size_t received = one.accepted + one.bad.size();
    EXPECT_EQ(stored, static_cast<std::int64_t>(received));
    EXPECT_EQ(answer.text("received"), std::to_string(received));
    EXPECT_EQ(answer.text("accepted"), std::to_string(one.accepted));
    EXPECT_EQ(answer.text("quarantined"), std::to_string(one.bad.size()));
    EXPECT_EQ(answer.text("duplicates"), "0");
    std::vector<Place> places;
    const json::Value* records = answer.body.find("records");
    if (!records || records->items.size() != one.bad.size()) {
        ADD_FAILURE() << "not one entry a bad record";
        return places;
    }
    for (std::size_t i = 0; i < one.bad.size(); ++i) {
        const json::Value& record = records->items[i];
        EXPECT_EQ(text_of(record, "index"), std::to_string(one.bad[i].index));
        EXPECT_EQ(text_of(record, "status"), "quarantined");
        EXPECT_EQ(wrongs_of(*record.find("errors")), one.bad[i].wrong) << "record " << one.bad[i].index;
        places.push_back({text_of(record, "shard"), text_of(record, "offset")});
    }
    return places;
}

void expect_in_quarantine(Door& door, const BadRecord& record, const Place& place) {
    const Answer answer = door.query(
        "SELECT raw, errors, state, dataset FROM ops.quarantine "
        "WHERE stream = 'sales' AND shard = $1::int AND \"offset\" = $2::bigint",
        {place.shard, place.offset});
    const json::Value* rows = answer.body.find("rows");
    ASSERT_TRUE(rows) << answer.text("detail");
    ASSERT_EQ(rows->items.size(), 1U) << "record " << record.index << " is not in quarantine once";
    const std::vector<json::Value>& cells = rows->items[0].items;
    EXPECT_EQ(cells[0].text, record.raw);
    EXPECT_EQ(wrongs_of(cells[1]), record.wrong) << "record " << record.index;
    EXPECT_EQ(cells[2].text, "open");
    EXPECT_EQ(cells[3].text, "sales");
    EXPECT_EQ(door.value("SELECT count(*) FROM shop.sales WHERE shard = $1::int AND \"offset\" = $2::bigint",
                         {place.shard, place.offset}),
              "0")
        << "a quarantined record is in the warehouse too";
}

}  // namespace

std::string raw_text(std::string text) {
    for (const char* special : {"\\", "\""}) {
        for (std::size_t at = text.find(special); at != std::string::npos; at = text.find(special, at + 2))
            text.insert(at, "\\");
    }
    return "{\"_raw\":\"" + text + "\"}";
}

std::string sale(const std::string& members) {
    std::string text;
    for (const Member& member : good_members())
        text += (text.empty() ? "{\"" : ",\"") + member.key + "\":" + member.value;
    return text + members + "}";
}

std::string sale_with(const std::string& key, const std::string& value) {
    std::string text;
    for (const Member& member : good_members()) {
        const std::string& chosen = member.key == key ? value : member.value;
        if (!chosen.empty()) text += (text.empty() ? "{\"" : ",\"") + member.key + "\":" + chosen;
    }
    return text + "}";
}

std::string class_of(const IngestCase& one) {
    if (one.status == 413 || one.status == 429) return "limits";
    if (one.status == 415) return "header";  // what it is about is said there
    if (!one.wrong.empty()) return one.wrong[0].code;
    return one.bad.empty() ? "" : one.bad[0].wrong[0].code;
}

void run_cases(Door& door, std::vector<IngestCase> cases) {
    std::vector<std::string> invoices;
    std::vector<std::vector<Place>> places;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(cases[i].name);
        invoices.push_back(door.new_invoice());
        name_invoice(cases[i], invoices[i]);
        places.push_back(send(door, cases[i]));
    }
    door.wait_for_sinks();
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(cases[i].name);
        EXPECT_EQ(door.value("SELECT count(*) FROM shop.sales WHERE invoice_no = $1", {invoices[i]}),
                  std::to_string(cases[i].accepted));
        for (std::size_t k = 0; k < places[i].size(); ++k)
            expect_in_quarantine(door, cases[i].bad[k], places[i][k]);
    }
    EXPECT_TRUE(door.running());
    door.expect_verified();
}

}  // namespace tillstream::bad_input
