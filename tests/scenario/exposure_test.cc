// Where the program lets itself be reached, and with which certificate.
#include <csignal>
#include <fstream>
#include <thread>

#include "net/certificate_test.h"
#include "tests/scenario/guarded.h"

namespace tillstream {
namespace {

using testing::Certificate;

class Exposure : public Guarded {
protected:
    std::string make_admin() {
        const CommandResult made =
            run_program({"token", "create", "--scope", "admin", "--data", data_dir(), "--output", "json"});
        EXPECT_EQ(made.exit_code, 0) << made.errors;
        return text_of(must(json::parse(made.output)), "token");
    }
    CommandResult refuse(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"serve", "--data", data_dir(), "--http", "0.0.0.0:0"});
        return run_program(arguments);
    }
    /// Without waiting for stores: these tests ask for doors only.
    ServerProcess serve(std::vector<std::string> arguments) {
        return must(ServerProcess::start(data_dir(), arguments));
    }
    /// The status over a connection of its own that trusts `ca_file` alone; 0 if it does not come about.
    static int ask(const std::string& url, const std::string& ca_file, const Headers& headers = {}) {
        HttpClient client = must(HttpClient::open(url, {.ca_file = ca_file}));
        const auto answer = client.send({.target = "/metrics", .headers = headers});
        return answer ? answer->status : 0;
    }
    static std::string port_of(const std::string& url) { return url.substr(url.rfind(':')); }
    template <class Condition>
    static bool comes_true(Condition condition) {
        for (int i = 0; i < 600; ++i) {
            if (condition()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds{50});
        }
        return false;
    }
};

TEST_F(Exposure, BeyondLoopbackItNamesWhatIsMissing) {
    const Certificate pair;
    const std::vector<std::string> tls{"--tls-cert", pair.certificate_file(), "--tls-key", pair.key_file()};
    const auto expect = [&](const CommandResult& result, bool token, bool encryption) {
        EXPECT_EQ(result.exit_code, 3) << result.errors;
        EXPECT_EQ(result.errors.find("no token is defined") != std::string::npos, token) << result.errors;
        EXPECT_EQ(result.errors.find("--tls-cert") != std::string::npos, encryption) << result.errors;
        EXPECT_NE(result.errors.find("--insecure"), std::string::npos) << result.errors;
        EXPECT_EQ(result.output.find("ready"), std::string::npos);
    };
    expect(refuse({}), true, true);
    expect(refuse(tls), true, false);
    make_admin();
    expect(refuse({}), false, true);
    const CommandResult half = refuse({"--tls-cert", pair.certificate_file()});
    EXPECT_EQ(half.exit_code, 3);
    EXPECT_NE(half.errors.find("http.tls_key"), std::string::npos) << half.errors;
    const CommandResult v6 = run_program({"serve", "--data", data_dir(), "--http", "[::]:0"});
    EXPECT_EQ(v6.exit_code, 3) << v6.errors;
}

TEST_F(Exposure, WithTokensAndTlsItServesTheWorld) {
    const Certificate pair;
    const std::string token = make_admin();
    const ServerProcess open =
        serve({"--http", "0.0.0.0:0", "--tls-cert", pair.certificate_file(), "--tls-key", pair.key_file()});
    EXPECT_TRUE(open.url().starts_with("https://0.0.0.0:")) << open.url();
    const std::string url = "https://127.0.0.1" + port_of(open.url());
    EXPECT_EQ(ask(url, pair.certificate_file()), 401);
    EXPECT_EQ(ask(url, pair.certificate_file(), bearer(token)), 200);
    const CommandResult listed = run_program(
        {"token", "list", "--server", url, "--token", token, "--ca-file", pair.certificate_file()});
    EXPECT_EQ(listed.exit_code, 0) << listed.errors;
    const CommandResult stranger = run_program({"token", "list", "--server", url, "--token", token});
    EXPECT_NE(stranger.exit_code, 0) << "a certificate nobody vouches for";
    EXPECT_NE(stranger.errors.find("certificate"), std::string::npos) << stranger.errors;
}

TEST_F(Exposure, WithoutTokensNoPageOfTheWebChangesAnything) {
    start();
    const auto status_of = [&](const std::string& origin) {
        return must(client().post("/v1/streams/sales/records", made_up_sales(1, 1), {{"Origin", origin}}))
            .status;
    };
    for (const char* origin :
         {"https://evil.example", "http://127.0.0.1.evil.example", "null", "http://[2001:db8::1]"})
        EXPECT_EQ(status_of(origin), 403) << origin;
    for (const char* origin : {"http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:8080"})
        EXPECT_EQ(status_of(origin), 200) << origin;
    EXPECT_EQ(number_of(expect_verified(), "accepted"), 3);
}

TEST_F(Exposure, InsecureServesAndWarns) {
    const ServerProcess open = serve({"--http", "0.0.0.0:0", "--insecure"});
    EXPECT_EQ(ask("http://127.0.0.1" + port_of(open.url()), ""), 200);
    EXPECT_NE(server_log().find("insecure"), std::string::npos) << server_log();
}

TEST_F(Exposure, ANewCertificateIsTakenUpWithoutARestart) {
    const Certificate pair;
    const std::string before = pair.certificate_file() + ".before";
    std::filesystem::copy_file(pair.certificate_file(), before);
    ServerProcess open = serve({"--tls-cert", pair.certificate_file(), "--tls-key", pair.key_file()});
    ASSERT_EQ(ask(open.url(), before), 200);
    const Certificate second;
    pair.replace_by(second);
    EXPECT_TRUE(comes_true([&] { return ask(open.url(), second.certificate_file()) == 200; }));
    EXPECT_EQ(ask(open.url(), before), 0);

    const Certificate third;
    pair.replace_by(third);
    ::kill(open.pid(), SIGHUP);
    EXPECT_TRUE(comes_true([&] { return ask(open.url(), third.certificate_file()) == 200; }));
    EXPECT_EQ(open.terminate(), 0);
}

TEST_F(Exposure, ABadPairKeepsTheOneBeforeAndSaysSo) {
    const Certificate pair;
    const std::string before = pair.certificate_file() + ".before";
    std::filesystem::copy_file(pair.certificate_file(), before);
    ServerProcess open = serve({"--tls-cert", pair.certificate_file(), "--tls-key", pair.key_file()});
    const auto failed = [&] {
        HttpClient client = must(HttpClient::open(open.url(), {.ca_file = before}));
        const std::string metrics = must(client.send({.target = "/metrics"})).body;
        return metrics.find("tillstream_tls_reloads_total{result=\"failed\"} 0") == std::string::npos;
    };
    EXPECT_FALSE(failed());
    std::ofstream(pair.certificate_file(), std::ios::trunc) << "no certificate";
    EXPECT_TRUE(comes_true(failed));
    EXPECT_NE(server_log().find("the one before stays in use"), std::string::npos) << server_log();
    EXPECT_EQ(ask(open.url(), before), 200);
    std::filesystem::remove(pair.key_file());
    ::kill(open.pid(), SIGHUP);
    EXPECT_EQ(ask(open.url(), before), 200);
    const Certificate good;
    std::filesystem::copy_file(good.certificate_file(), pair.certificate_file(),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(good.key_file(), pair.key_file());
    EXPECT_TRUE(comes_true([&] { return ask(open.url(), good.certificate_file()) == 200; }));
}

}  // namespace
}  // namespace tillstream
