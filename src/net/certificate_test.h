// certificate_test.h - for tests: a self-signed certificate and its key, made anew, in files.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "net/server.h"

namespace tillstream::testing {

/// For 127.0.0.1; PEM.
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
    /// The other's files take the place of these, each in one step.
    void replace_by(const Certificate& other) const {
        for (const auto& [from, to] : {std::pair{other.certificate_file(), certificate_file()},
                                       std::pair{other.key_file(), key_file()}}) {
            std::filesystem::copy_file(from, to + ".new");
            std::filesystem::rename(to + ".new", to);
        }
    }
    ServerOptions options() const { return {.tls = TlsOptions{certificate_file(), key_file()}}; }

private:
    template <class Write>
    static void write(const std::string& path, Write write_to) {
        std::FILE* const file = std::fopen(path.c_str(), "w");
        write_to(file);
        std::fclose(file);
    }

    std::string folder_;
};

}  // namespace tillstream::testing
