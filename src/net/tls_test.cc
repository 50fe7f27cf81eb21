#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "net/loopback_test.h"

namespace tillstream {
namespace {

using testing::Loopback;
using testing::RawConnection;

/// A self-signed certificate for 127.0.0.1 and its key, in files.
class Certificate {
public:
    explicit Certificate(const char* address = "IP:127.0.0.1") {
        ::signal(SIGPIPE, SIG_IGN);
        char pattern[] = "/tmp/tillstream-tls-XXXXXX";
        folder_ = ::mkdtemp(pattern);
        EVP_PKEY* const key = EVP_EC_gen("P-256");
        X509* const certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME* const name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"),
                                   -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        X509_EXTENSION* const extension =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, address);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
        X509_sign(certificate, key, EVP_sha256());
        write(certificate_file(), [&](std::FILE* file) { PEM_write_X509(file, certificate); });
        write(key_file(), [&](std::FILE* file) {
            PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
        });
        X509_free(certificate);
        EVP_PKEY_free(key);
    }
    ~Certificate() { std::filesystem::remove_all(folder_); }

    std::string certificate_file() const { return folder_ + "/cert.pem"; }
    std::string key_file() const { return folder_ + "/key.pem"; }
    ServerOptions options() const { return {.tls = TlsOptions{certificate_file(), key_file()}}; }

private:
    template <class Write>
    static void write(const std::string& path, Write write_to) {
        std::FILE* const file = std::fopen(path.c_str(), "w");
        ASSERT_NE(file, nullptr);
        write_to(file);
        std::fclose(file);
    }

    std::string folder_;
};

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

}  // namespace
}  // namespace tillstream
