// Two requests on one connection, the first of which two readers could take to end in different places: it is
// refused, and what a proxy may have let through behind it is neither answered nor done.
#include <fmt/format.h>

#include "net/loopback_test.h"
#include "tests/scenario/scenario.h"

namespace tillstream {
namespace {

using testing::RawConnection;

/// A request that must be refused; the hidden one stands in it or behind it.
struct Ambiguous {
    const char* name;
    std::string bytes;
    int status = 400;
};

std::string head(const std::string& fields) {
    return "POST /v1/streams/sales/records HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n" +
           fields + "\r\n";
}

std::string chunk(const std::string& text) { return fmt::format("{:x}\r\n{}\r\n", text.size(), text); }

/// Whole, with one sale of that invoice.
std::string sale_request(int invoice) {
    const std::string body = made_up_sales(invoice, 1);
    return head(fmt::format("Content-Length: {}\r\n", body.size())) + body;
}

/// What the ambiguous request itself brings.
std::string own_sale() { return made_up_sales(500'000, 1); }

constexpr const char* kLastChunk = "0\r\n\r\n";

std::vector<Ambiguous> lengths(const std::string& hidden) {
    const std::string sale = own_sale();
    const std::size_t own = sale.size();
    const auto with_length = [&](const std::string& field) { return head(field + "\r\n") + sale + hidden; };
    return {
        {"length_and_chunked",
         head(fmt::format("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", hidden.size() + 5)) +
             kLastChunk + hidden},
        {"chunked_and_length",
         head("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n") + chunk(hidden) + kLastChunk},
        {"two_equal_lengths", with_length(fmt::format("Content-Length: {0}\r\nContent-Length: {0}", own))},
        {"two_lengths",
         with_length(fmt::format("Content-Length: {}\r\nContent-Length: {}", own, own + hidden.size()))},
        {"a_list_of_lengths", with_length(fmt::format("Content-Length: {0}, {0}", own))},
        {"a_plus", with_length(fmt::format("Content-Length: +{}", own))},
        {"a_minus", with_length("Content-Length: -0")},
        {"a_blank_inside", with_length(fmt::format("Content-Length: {} {}", own / 10, own % 10))},
        {"a_length_in_hex", with_length(fmt::format("Content-Length: {:#x}", own))},
        {"a_fraction", with_length(fmt::format("Content-Length: {}.0", own))},
        {"no_number", with_length("Content-Length: ")},
        {"a_length_that_wraps", with_length("Content-Length: 18446744073709551616")},
        {"a_blank_before_the_colon", with_length(fmt::format("Content-Length : {}", own))},
        {"a_folded_length", with_length(fmt::format("Content-Length:\r\n {}", own))},
        {"a_nul_in_the_length", with_length(fmt::format("Content-Length: {}{}", own, '\0'))},
        {"a_body_too_large", with_length("Content-Length: 16777217"), 413},
    };
}

std::vector<Ambiguous> encodings(const std::string& hidden) {
    const std::string sale = own_sale();
    const auto with_encoding = [&](const std::string& field) {
        return head(field + "\r\n") + chunk(sale) + kLastChunk + hidden;
    };
    return {
        {"xchunked", with_encoding("Transfer-Encoding: xchunked")},
        {"chunked_then_identity", with_encoding("Transfer-Encoding: chunked, identity")},
        {"gzip_then_chunked", with_encoding("Transfer-Encoding: gzip, chunked")},
        {"identity", with_encoding("Transfer-Encoding: identity")},
        {"chunked_twice", with_encoding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")},
        {"another_encoding_behind", with_encoding("Transfer-Encoding: chunked\r\nTransfer-encoding: cow")},
        {"a_vertical_tab", with_encoding("Transfer-Encoding:\x0b"
                                         "chunked")},
        {"in_quotes", with_encoding("Transfer-Encoding: \"chunked\"")},
        {"with_a_parameter", with_encoding("Transfer-Encoding: chunked;q=1")},
        {"a_blank_before_its_colon", with_encoding("Transfer-Encoding : chunked")},
        {"a_folded_encoding", with_encoding("Transfer-Encoding:\r\n chunked")},
        {"behind_a_bare_cr", with_encoding("X-A: b\rTransfer-Encoding: chunked")},
        {"behind_a_bare_lf", with_encoding("X-A: b\nTransfer-Encoding: chunked")},
        {"in_http_1_0", "POST /v1/streams/sales/records HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            chunk(sale) + kLastChunk + hidden},
        {"chunks_for_a_get",
         "GET /v1/streams/sales HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n" +
             chunk(hidden) + kLastChunk,
         413},
    };
}

std::vector<Ambiguous> chunks(const std::string& hidden) {
    const std::string sale = own_sale();
    const std::string size = fmt::format("{:x}", sale.size());
    const auto with_chunks = [&](const std::string& body) {
        return head("Transfer-Encoding: chunked\r\n") + body + hidden;
    };
    const auto with_size = [&](const std::string& text) {
        return with_chunks(text + "\r\n" + sale + "\r\n" + kLastChunk);
    };
    return {
        {"a_size_ended_by_lf", with_chunks(size + "\n" + sale + "\r\n" + kLastChunk)},
        {"an_extension_with_lf", with_chunks(size + ";a=\n" + sale + "\r\n" + kLastChunk)},
        {"an_extension_with_cr", with_size(size + ";a=\rb")},
        {"a_size_with_0x", with_size("0x" + size)},
        {"a_size_with_plus", with_size("+" + size)},
        {"a_size_with_minus", with_size("-" + size)},
        {"a_blank_before_the_size", with_size(" " + size)},
        {"a_blank_behind_the_size", with_size(size + " ")},
        {"a_size_that_wraps", with_size("100000000000000" + fmt::format("{:03x}", sale.size()))},
        {"no_size", with_size("")},
        {"more_than_the_size",
         with_chunks(fmt::format("{:x}\r\n", sale.size() - 1) + sale + "\r\n" + kLastChunk)},
        {"no_line_end_behind_a_chunk", with_chunks(size + "\r\n" + sale + kLastChunk)},
        {"an_lf_behind_a_chunk", with_chunks(size + "\r\n" + sale + "\n" + kLastChunk)},
        {"a_last_chunk_with_lf", with_chunks(chunk(sale) + "0\n\n")},
        {"a_trailer_with_lf", with_chunks(chunk(sale) + "0\r\nX-A: b\n\r\n")},
        {"a_chunk_too_large", with_size("1000001"), 413},
    };
}

std::vector<Ambiguous> lines(const std::string& hidden) {
    const std::string sale = own_sale();
    const std::string path = "/v1/streams/sales/records";
    const std::string length = fmt::format("Content-Length: {}\r\n", sale.size());
    const auto with_line = [&](const std::string& line) {
        return line + "\r\nHost: shop\r\n" + length + "\r\n" + sale + hidden;
    };
    const auto with_field = [&](const std::string& field) {
        return head(length + field + "\r\n") + sale + hidden;
    };
    return {
        {"http_0_9", "GET /v1/streams/sales\r\n\r\n" + hidden},
        {"http_1_2", with_line("POST " + path + " HTTP/1.2")},
        {"the_preface_of_http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden},
        {"two_blanks", with_line("POST  " + path + " HTTP/1.1")},
        {"a_tab_for_a_blank", with_line("POST\t" + path + " HTTP/1.1")},
        {"something_behind_the_version", with_line("POST " + path + " HTTP/1.1 x")},
        {"a_bare_lf_behind_the_line", with_line("POST " + path + " HTTP/1.1\nX-A: b")},
        {"a_name_with_a_blank", with_field("X A: b")},
        {"a_name_with_nul", with_field(std::string("X\0A: b", 6))},
        {"a_line_without_colon", with_field("nonsense")},
        {"a_folded_line", with_field("X-A: b\r\n c")},
        {"an_indented_first_line", "POST " + path + " HTTP/1.1\r\n X-A: b\r\nHost: shop\r\n\r\n" + hidden},
        {"no_host", "POST " + path + " HTTP/1.1\r\n" + length + "\r\n" + sale + hidden},
        {"two_hosts", with_field("Host: other")},
        {"another_expectation", with_field("Expect: tea"), 417},
        {"no_path_in_the_absolute_form", with_line("POST http://shop HTTP/1.1")},
        {"connect", "CONNECT shop:80 HTTP/1.1\r\nHost: shop:80\r\n\r\n" + hidden},
        {"a_head_too_large", with_field("X-A: " + std::string(17 << 10, 'x')), 431},
    };
}

std::vector<Ambiguous> ambiguous_requests(const std::string& hidden) {
    std::vector<Ambiguous> all;
    for (const auto& group : {lengths, encodings, chunks, lines}) {
        for (Ambiguous& request : group(hidden)) all.push_back(std::move(request));
    }
    return all;
}

class Smuggling : public Scenario {
protected:
    static std::string pause_request() {
        return "POST /v1/sinks/warehouse/pause HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n";
    }
    std::uint16_t port() {
        const std::string& url = server().url();
        return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    }
    /// Of the stream, stored or quarantined.
    std::int64_t records() {
        const json::Value status = must(client().get_json("/v1/streams/sales"));
        std::int64_t records = 0;
        for (const json::Value& shard : status.find("shards")->items) records += number_of(shard, "next");
        return records;
    }
    std::string state_of_warehouse() {
        const json::Value status = must(client().get_json("/v1/streams/sales"));
        for (const json::Value& sink : status.find("sinks")->items) {
            if (text_of(sink, "name") == "warehouse") return text_of(sink, "state");
        }
        return "";
    }
    /// Refused and closed, without a byte more; others are served on.
    void expect_refused(const Ambiguous& request) {
        SCOPED_TRACE(request.name);
        RawConnection connection(port());
        connection.send(request.bytes);
        const ClientResponse refusal = connection.receive();
        EXPECT_EQ(refusal.status, request.status) << refusal.body;
        EXPECT_EQ(refusal.find("connection"), "close");
        connection.end_sending();
        EXPECT_TRUE(connection.closed_by_peer()) << connection.receive_bytes();
        post(made_up_sales(600'000 + good_, 1));
        ++good_;
        EXPECT_EQ(records(), good_);
    }

    int good_ = 0;  ///< records that ought to be stored
};

TEST_F(Smuggling, WhatIsHiddenBehindAnAmbiguousRequestIsNeitherAnsweredNorStored) {
    start();
    const std::string hidden = sale_request(777'000);
    RawConnection alone(port());
    alone.send(hidden + hidden);
    EXPECT_EQ(alone.receive().status, 200) << "by itself it is a good request";
    EXPECT_EQ(alone.receive().status, 200) << "and two are two";
    good_ = 2;
    for (const Ambiguous& request : ambiguous_requests(hidden)) expect_refused(request);
    EXPECT_EQ(number_of(expect_verified(), "received"), good_);
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales WHERE invoice_no = '777000'")), "2");
    EXPECT_EQ(must(client().query_value("SELECT count(*) FROM shop.sales WHERE invoice_no = '500000'")), "0");
}

TEST_F(Smuggling, AHiddenAdminActionIsNotDone) {
    start();
    RawConnection alone(port());
    alone.send(pause_request());
    EXPECT_EQ(alone.receive().status, 200) << "by itself it is done";
    EXPECT_EQ(state_of_warehouse(), "paused");
    must(client().resume("warehouse"));
    for (const Ambiguous& request : ambiguous_requests(pause_request())) {
        expect_refused(request);
        EXPECT_NE(state_of_warehouse(), "paused") << request.name;
    }
    EXPECT_EQ(number_of(expect_verified(), "received"), good_);
}

/// The body of a refused request is never read as the next one, also where the connection stays.
TEST_F(Smuggling, ABodyNobodyAskedForIsNoRequest) {
    start();
    const std::string hidden = sale_request(777'000);
    for (const char* line : {"GET /v1/streams/sales", "DELETE /v1/tokens/x", "POST /nowhere"}) {
        SCOPED_TRACE(line);
        RawConnection connection(port());
        connection.send(fmt::format("{} HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{}", line,
                                    hidden.size(), hidden));
        EXPECT_GE(connection.receive().status, 400);
        connection.end_sending();
        EXPECT_TRUE(connection.closed_by_peer()) << connection.receive_bytes();
    }
    EXPECT_EQ(records(), 0);
}

}  // namespace
}  // namespace tillstream
