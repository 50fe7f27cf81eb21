#include <openssl/ssl.h>

#include <fstream>

#include "net/certificate_test.h"
#include "net/loopback_test.h"

namespace tillstream {
namespace {

using testing::Certificate;
using testing::Loopback;
using testing::RawConnection;

TEST(TlsTest, CarriesRequestsOfAnySize) {
    const Certificate certificate;
    Loopback loopback(certificate.options());
    EXPECT_TRUE(loopback.server->url().starts_with("https://127.0.0.1:"));
    auto client = HttpClient::open(loopback.server->url(), {.ca_file = certificate.certificate_file()});
    ASSERT_TRUE(client);
    for (const std::size_t size : {0U, 1U, 1000U, 17'000U, 5'000'000U}) {
        const std::string body(size, 'x');
        const auto response = client->send({.method = Method::post, .target = "/echo", .body = body});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_TRUE(response->body == body);
    }
    const auto raw = client->send_raw(testing::get("/hello"));
    ASSERT_TRUE(raw) << raw.error().message;
    EXPECT_EQ(raw->body, "hello");
}

TEST(TlsTest, TheClientRefusesUnknownAndWrongCertificates) {
    const Certificate certificate;
    Loopback loopback(certificate.options());
    auto strict = HttpClient::open(loopback.server->url());
    const auto unknown = strict->send({.target = "/hello"});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::unavailable);
    EXPECT_NE(unknown.error().message.find("certificate"), std::string::npos) << unknown.error().message;

    const Certificate elsewhere("IP:127.0.0.2");
    Loopback misnamed(elsewhere.options());
    auto client = HttpClient::open(misnamed.server->url(), {.ca_file = elsewhere.certificate_file()});
    EXPECT_FALSE(client->send({.target = "/hello"}));
    auto lax = HttpClient::open(misnamed.server->url(), {.verify_certificate = false});
    EXPECT_TRUE(lax->send({.target = "/hello"}));
}

TEST(TlsTest, OldProtocolsAndPlainTextAreRefused) {
    const Certificate certificate;
    Loopback loopback(certificate.options());
    RawConnection plain(*loopback.server);
    plain.send(testing::get("/hello"));
    EXPECT_EQ(plain.receive().status, 0);

    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
    BIO* const connection = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(connection, ("127.0.0.1:" + std::to_string(loopback.server->port())).c_str());
    EXPECT_LE(BIO_do_handshake(connection), 0);
    BIO_free_all(connection);
    SSL_CTX_free(context);
}

TEST(TlsTest, AHandshakeThatNeverComesEnds) {
    const Certificate certificate;
    ServerOptions options = certificate.options();
    options.head_timeout = std::chrono::milliseconds(100);
    Loopback loopback(std::move(options));
    RawConnection connection(*loopback.server);
    EXPECT_TRUE(connection.closed_by_peer());
}

TEST(TlsTest, AKeyOfAnotherCertificateIsRefused) {
    const Certificate one;
    const Certificate other;
    Metrics metrics;
    const auto started = HttpServer::start({.tls = TlsOptions{one.certificate_file(), other.key_file()}}, {},
                                           Logger::silent(), metrics);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Errc::invalid_argument);
}

TEST(TlsTest, ANewPairIsShownToNewConnectionsAndOpenOnesGoOn) {
    const Certificate pair;
    const Certificate fresh;
    const std::string before = pair.certificate_file() + ".before";
    std::filesystem::copy_file(pair.certificate_file(), before);
    Loopback loopback(pair.options());
    auto open = HttpClient::open(loopback.server->url(), {.ca_file = before});
    ASSERT_TRUE(open->send({.target = "/hello"}));

    pair.replace_by(fresh);
    ASSERT_TRUE(loopback.server->reload_tls());
    auto client = HttpClient::open(loopback.server->url(), {.ca_file = fresh.certificate_file()});
    const auto answer = client->send({.target = "/hello"});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_TRUE(open->send({.target = "/hello"})) << "on the connection that was open";
    open->disconnect();
    EXPECT_FALSE(open->send({.target = "/hello"})) << "a new connection is shown the new certificate";
}

TEST(TlsTest, APairThatCannotBeUsedLeavesTheOneBefore) {
    const Certificate pair;
    const Certificate other;
    const std::string before = pair.certificate_file() + ".before";
    std::filesystem::copy_file(pair.certificate_file(), before);
    Loopback loopback(pair.options());
    const auto expect_refused = [&](const std::string& named) {
        const Status reloaded = loopback.server->reload_tls();
        ASSERT_FALSE(reloaded) << named;
        EXPECT_EQ(reloaded.error().code, Errc::invalid_argument);
        EXPECT_NE(reloaded.error().message.find(named), std::string::npos) << reloaded.error().message;
        auto client = HttpClient::open(loopback.server->url(), {.ca_file = before});
        EXPECT_TRUE(client->send({.target = "/hello"})) << named;
    };
    std::filesystem::copy_file(other.certificate_file(), pair.certificate_file(),
                               std::filesystem::copy_options::overwrite_existing);
    expect_refused(pair.key_file());
    std::ofstream(pair.certificate_file(), std::ios::trunc) << "no certificate";
    expect_refused(pair.certificate_file());
    std::filesystem::remove(pair.certificate_file());
    expect_refused(pair.certificate_file());
}

TEST(TlsTest, WithoutTlsThereIsNothingToReload) {
    Loopback loopback;
    const Status reloaded = loopback.server->reload_tls();
    ASSERT_FALSE(reloaded);
    EXPECT_EQ(reloaded.error().code, Errc::unsupported);
}

}  // namespace
}  // namespace tillstream
