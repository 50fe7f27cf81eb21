// What must be refused, byte for byte: a proxy in front may read such messages in another way.
#include <string>

#include "net/loopback_test.h"

namespace tillstream {
namespace {

using testing::Loopback;
using testing::RawConnection;

struct Refusal {
    const char* name;
    std::string bytes;
    int status;
};

std::string with_field(const std::string& fields) {
    return "GET /hello HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

std::string chunked(const std::string& body) {
    return "POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

std::vector<Refusal> refusals() {
    const std::string big(17 << 10, 'x');
    return {
        {"folded_header", with_field("X-A: one\r\n two\r\n"), 400},
        {"folded_by_tab", with_field("X-A: one\r\n\ttwo\r\n"), 400},
        {"equal_content_lengths",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400},
        {"content_length_list", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2, 2\r\n\r\nhi", 400},
        {"different_content_lengths",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", 400},
        {"negative_content_length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -2\r\n\r\nhi", 400},
        {"signed_content_length", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: +2\r\n\r\nhi", 400},
        {"huge_content_length",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999999\r\n\r\nhi", 400},
        {"length_then_chunked",
         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400},
        {"chunked_then_length",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
         400},
        {"xchunked", "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
        {"gzip_chunked",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        {"identity", "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\n\r\n", 400},
        {"chunked_twice",
         "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         400},
        {"chunked_in_1_0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {"no_host", "GET /hello HTTP/1.1\r\n\r\n", 400},
        {"two_hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"host_list", "GET /hello HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        {"bare_lf_lines", "GET /hello HTTP/1.1\nHost: t\n\n", 400},
        {"bare_lf_in_one_line", "GET /hello HTTP/1.1\r\nHost: t\nX-A: b\r\n\r\n", 400},
        {"bare_cr_in_value", with_field("X-A: b\rc\r\n"), 400},
        {"cr_cr_lf", with_field("X-A: b\r\r\n"), 400},
        {"blank_before_colon", with_field("X-A : b\r\n"), 400},
        {"no_colon", with_field("nonsense\r\n"), 400},
        {"nul_in_value", with_field(std::string("X-A: b\0c\r\n", 10)), 400},
        {"field_before_request_line", " GET /hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"no_version", "GET /hello\r\nHost: t\r\n\r\n", 400},
        {"other_version", "GET /hello HTTP/2.0\r\nHost: t\r\n\r\n", 400},
        {"not_http", "\x16\x03\x01\x02\r\n\r\n", 400},
        {"target_without_slash", "GET hello HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"target_star", "GET * HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"target_with_fragment", "GET /hello#x HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"broken_escape", "GET /items/%zz HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"cut_escape", "GET /items/%4 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"nul_escape", "GET /items/%00 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"broken_escape_in_query", "GET /hello?a=%q1 HTTP/1.1\r\nHost: t\r\n\r\n", 400},
        {"chunk_size_no_number", chunked("g\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_size_negative", chunked("-1\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_size_0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_size_overflow", chunked("ffffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_size_empty", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_size_bare_lf", chunked("5\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_longer_than_said", chunked("4\r\nhello\r\n0\r\n\r\n"), 400},
        {"chunk_head_too_long", chunked("5;" + big), 400},
        {"expectation", with_field("Expect: tea\r\n"), 417},
        {"head_too_large", with_field("X-Big: " + big + "\r\n"), 431},
        {"request_line_too_large", "GET /" + big + " HTTP/1.1\r\nHost: t\r\n\r\n", 431},
        {"endless_head", "GET /hello HTTP/1.1\r\nX-Big: " + big, 431},
        {"body_too_large", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 16777217\r\n\r\n", 413},
        {"chunk_too_large", chunked("1000001\r\n"), 413},
    };
}

class Hygiene : public ::testing::TestWithParam<Refusal> {};

TEST_P(Hygiene, IsRefusedWithAProblemAndTheConnectionEnds) {
    Loopback loopback;
    RawConnection connection(*loopback.server);
    connection.send(GetParam().bytes);
    const ClientResponse response = connection.receive();
    EXPECT_EQ(response.status, GetParam().status) << response.body;
    EXPECT_EQ(response.find("content-type"), "application/problem+json");
    EXPECT_EQ(response.find("connection"), "close");
    EXPECT_TRUE(response.find("x-request-id").has_value());
    EXPECT_NE(response.body.find("\"errors\":[]"), std::string::npos) << response.body;
    connection.end_sending();
    EXPECT_TRUE(connection.closed_by_peer());
}

INSTANTIATE_TEST_SUITE_P(All, Hygiene, ::testing::ValuesIn(refusals()),
                         [](const auto& refusal) { return std::string(refusal.param.name); });

TEST(HygieneTest, EveryRefusalIsTheSameBytewise) {
    Loopback loopback;
    for (const Refusal& refusal : refusals()) {
        if (refusal.bytes.size() > 1000) continue;
        RawConnection connection(*loopback.server);
        for (const char byte : refusal.bytes) {
            if (!connection.send({&byte, 1})) break;
        }
        EXPECT_EQ(connection.receive().status, refusal.status) << refusal.name;
    }
}

TEST(HygieneTest, WhatIsAllowedIsTaken) {
    Loopback loopback;
    const std::string taken[] = {
        "GET /hello HTTP/1.1\r\nHost:\r\n\r\n",
        "\r\n\r\nGET /hello HTTP/1.1\r\nHost: t:80\r\n\r\n",
        "GET http://t/hello HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET /hello?a=b%20c&&d HTTP/1.1\r\nhOsT: t\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: "
        "z\r\n\r\n",
    };
    for (const std::string& bytes : taken) {
        RawConnection connection(*loopback.server);
        connection.send(bytes);
        const ClientResponse response = connection.receive();
        EXPECT_EQ(response.status, 200) << bytes;
        EXPECT_EQ(response.body, "hello") << bytes;
    }
}

}  // namespace
}  // namespace tillstream
