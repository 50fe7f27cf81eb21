// The same sales in every upload form give the same store, row by row and offset by offset.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "tests/scenario/scenario.h"
#include "tests/scenario/upload_forms.h"

namespace tillstream {
namespace {

/// What the real file's quirks are, in made-up lines: quotes, commas, a pound sign, trailing blanks,
/// cancellations, adjustments, absent customers and descriptions, prices of zero and of three decimals,
/// repeated lines, codes of any form.
constexpr std::string_view kMadeUpQuirks =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n"
    "700001,10001A,BLUE TEAPOT ,6,12/1/2010 8:26,2.55,20001,United Kingdom\r\n"
    "700001,10001a,\"TRAY, ROUND\",2,12/1/2010 8:26,12,20001,United Kingdom\r\n"
    "700001,10002,\"LETTER \"\"D\"\" RING\",-3,12/1/2010 8:27,0.85,20001,United Kingdom\r\n"
    "C700002,10001A,BLUE TEAPOT ,-6,1/13/2011 23:59,2.55,20001,EIRE\r\n"
    "A700003,B,Adjust bad debt,1,8/12/2011 14:51,-11062.06,,United Kingdom\r\n"
    "700004,gift_01,Voucher \xA3"
    "40.00,1,12/20/2010 10:14,34.04,,United Kingdom\r\n"
    "700005,10003,,56,12/1/2010 11:52,0,,Unspecified\r\n"
    "700006,BANK CHARGES,Bank Charges,1,9/26/2011 17:01,0.001,20002,RSA\r\n"
    "700007,10004,20713,80995,12/9/2011 9:15,2.08,20003,Channel Islands\r\n"
    "700007,10004,20713,80995,12/9/2011 9:15,2.08,20003,Channel Islands\r\n"
    "700008,POST,a/b \\ c,1,2/29/2012 0:00,18,20004,European Community\r\n";

/// One request in chunks of a few bytes, on a connection of its own; the answer as it came.
std::string post_chunked(const std::string& url, const Upload& upload, std::string_view body) {
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    std::string request =
        "POST /v1/streams/sales/records HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    for (const auto& [name, value] : upload.headers) request += name + ": " + value + "\r\n";
    request += "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = size % 97 + 13) {
        const std::string_view chunk = body.substr(at, size);
        request += fmt::format("{:x}\r\n", chunk.size()) + std::string(chunk) + "\r\n";
    }
    request += "0\r\n\r\n";
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    char block[4096];
    for (ssize_t got = 1; (got = recv(fd, block, sizeof block, 0)) > 0;)
        answer.append(block, static_cast<std::size_t>(got));
    close(fd);
    return answer;
}

class UploadForms : public Scenario {
protected:
    /// The form's content on a data folder of its own.
    std::string content_after(const Upload& upload, const std::string& data) {
        ServerProcess server = must(ServerProcess::start(data));
        ShopClient shop = must(ShopClient::open(server.url()));
        must(shop.wait_until_ready());
        for (const std::string& body : upload.bodies) {
            if (upload.chunked) {
                const std::string answer = post_chunked(server.url(), upload, body);
                EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK") << answer;
            } else {
                must(shop.post_json("/v1/streams/sales/records", body, upload.headers));
            }
        }
        EXPECT_EQ(text_of(must(shop.verify()), "ok"), "true");
        std::string content;
        for (const json::Value& row : must(shop.query(
                 "SELECT shard, \"offset\", invoice_no, stock_code, description, quantity, invoice_date, "
                 "unit_price, "
                 "customer_id, country, line_total, extra FROM shop.sales ORDER BY shard, \"offset\""))) {
            for (const json::Value& cell : row.items) content += cell.is_null() ? "-|" : cell.text + "|";
            content += "\n";
        }
        content += must(shop.query_value("SELECT count(*) FROM ops.quarantine")) + " in quarantine\n";
        EXPECT_EQ(server.terminate(), 0);
        return content;
    }

    void expect_equal_stores(std::string_view latin1_csv, std::size_t rows) {
        const TextTable table = parse_latin1_csv(latin1_csv);
        ASSERT_EQ(table.size(), rows + 1);
        std::vector<Upload> forms = upload_forms(table);
        forms.push_back({"the file itself",
                         {{"Content-Type", "text/csv; charset=iso-8859-1"}},
                         {std::string(latin1_csv)}});
        std::string first;
        for (std::size_t i = 0; i < forms.size(); ++i) {
            const std::string content = content_after(forms[i], folder().file("form" + std::to_string(i)));
            if (i == 0) first = content;
            EXPECT_EQ(content, first) << forms[i].name;
        }
        EXPECT_EQ(static_cast<std::size_t>(std::count(first.begin(), first.end(), '\n')), rows + 1) << first;
        EXPECT_NE(first.find("\n0 in quarantine\n"), std::string::npos) << first;
    }
};

TEST_F(UploadForms, GiveEqualStoresForMadeUpQuirks) { expect_equal_stores(kMadeUpQuirks, 11); }

TEST_F(UploadForms, GiveEqualStoresForTheRealQuirks) {
    const auto path = shared_data_file("online_retail/quirks_sample.csv");
    if (!path) GTEST_SKIP() << "online_retail/quirks_sample.csv is not there: set TILL_SHARED_DATA";
    std::ifstream file(*path, std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    expect_equal_stores(bytes.str(), 113);
}

}  // namespace
}  // namespace tillstream
