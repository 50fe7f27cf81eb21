#include "config/options.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;
using Arguments = std::vector<std::string>;

class Options : public testing::Test {
protected:
    Options() {
        set.add({.section = "http",
                 .key = "listen",
                 .target = &listen,
                 .description = "where to listen",
                 .flag = "http"});
        set.add({.section = "ingest",
                 .key = "body_max",
                 .target = &body_max,
                 .description = "largest body",
                 .min = "1KiB",
                 .max = "1GiB"});
        set.add({.section = "ingest",
                 .key = "batch",
                 .target = &batch,
                 .description = "rows at once",
                 .unit = "records",
                 .min = "1"});
        set.add({.section = "http", .key = "insecure", .target = &insecure, .description = "no TLS"});
        set.add({.section = "http", .key = "idle", .target = &idle, .description = "longest silence"});
        set.add({.section = "s3", .key = "secret", .target = &secret, .description = "key", .secret = true});
        set.leave_table("http.alias");
        set.leave_table("buckets");
        set.leave_variable("TILLSTREAM_TOKEN");
    }

    std::string file_problem(const std::string& toml) {
        auto root = parse_toml(toml, "t.toml");
        EXPECT_TRUE(root);
        const Status status = set.read_file(*root, "t.toml");
        return status ? "" : status.error().message;
    }
    std::string variable_problem(const Variables& variables) {
        const Status status = set.read_environment(variables);
        return status ? "" : status.error().message;
    }
    std::string flag_problem(const Arguments& arguments) {
        const auto rest = set.read_flags(arguments);
        return rest ? "" : rest.error().message;
    }
    std::string origin(const std::string& name) {
        for (const OptionSetting& setting : set.settings())
            if (setting.name == name) return setting.value + " from " + setting.origin;
        return "";
    }

    Address listen{"127.0.0.1", 8080};
    ByteSize body_max{16 << 20};
    std::int64_t batch = 500;
    bool insecure = false;
    Duration idle = std::chrono::seconds(30);
    std::string secret;
    OptionSet set;
};

TEST_F(Options, FlagBeatsEnvironmentBeatsFileInAnyOrder) {
    EXPECT_EQ(origin("ingest.batch"), "500 from default");
    EXPECT_EQ(flag_problem({"--ingest.batch=4"}), "");
    EXPECT_EQ(variable_problem({{"TILLSTREAM_INGEST_BATCH", "3"}, {"TILLSTREAM_INGEST_BODY_MAX", "2KiB"}}),
              "");
    EXPECT_EQ(file_problem("[ingest]\nbatch = 2\nbody_max = \"1KiB\"\n[http]\nidle = \"5s\"\n"), "");
    EXPECT_EQ(origin("ingest.batch"), "4 from --ingest.batch");
    EXPECT_EQ(origin("ingest.body_max"), "2KiB from TILLSTREAM_INGEST_BODY_MAX");
    EXPECT_EQ(origin("http.idle"), "5s from t.toml:5");
    EXPECT_EQ(batch, 4);
    EXPECT_EQ(body_max.bytes, 2048U);
}

TEST_F(Options, FlagsTakeShortNamesBoolsAndLeaveTheRest) {
    const Arguments arguments = {"a.csv", "--http", "[::1]:0", "--http.insecure", "b.csv", "--", "--http"};
    const auto rest = set.read_flags(arguments);
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(*rest, (Arguments{"a.csv", "b.csv", "--http"}));
    EXPECT_EQ(listen, (Address{"::1", 0}));
    EXPECT_TRUE(insecure);
    EXPECT_EQ(flag_problem({"--http.insecure=false"}), "");
    EXPECT_FALSE(insecure);
}

TEST_F(Options, UnknownNamesNameTheNearest) {
    EXPECT_EQ(file_problem("[http]\nlitsen = \"x:1\"\n"),
              "t.toml:2: http.litsen: unknown option; did you mean 'http.listen'?");
    EXPECT_EQ(file_problem("[htp]\nlisten = \"x:1\"\n"),
              "t.toml:1: htp: unknown option; did you mean 'http'?");
    EXPECT_EQ(
        variable_problem({{"TILLSTREAM_HTTP_LITSEN", "x:1"}, {"PATH", "/bin"}, {"TILLSTREAM_TOKEN", "t"}}),
        "TILLSTREAM_HTTP_LITSEN: unknown option; did you mean 'TILLSTREAM_HTTP_LISTEN'?");
    EXPECT_EQ(flag_problem({"--htpp", "x:1"}), "--htpp: unknown option; did you mean 'http'?");
}

TEST_F(Options, AVariableOfNoOptionsSectionIsNotedOnly) {
    EXPECT_EQ(variable_problem({{"TILLSTREAM_URL", "http://x"},
                                {"TILLSTREAM_HTTP", "x:1"},
                                {"TILLSTREAM_HTPP_LISTEN", "x:1"},
                                {"TILLSTREAM_TOKEN", "t"},
                                {"TILLSTREAM_INGEST_BATCH", "3"},
                                {"URL", "u"}}),
              "");
    EXPECT_EQ(set.foreign_variables(),
              (std::vector<std::string>{"TILLSTREAM_URL", "TILLSTREAM_HTTP",
                                        "TILLSTREAM_HTPP_LISTEN; did you mean 'TILLSTREAM_HTTP_LISTEN'?"}));
    EXPECT_EQ(batch, 3);
    EXPECT_EQ(listen, (Address{"127.0.0.1", 8080}));
    EXPECT_EQ(variable_problem({{"TILLSTREAM_INGEST_BODYMAX", "1KiB"}}),
              "TILLSTREAM_INGEST_BODYMAX: unknown option; did you mean 'TILLSTREAM_INGEST_BODY_MAX'?");
}

TEST_F(Options, BadValuesNameOptionValueAndBoundsAndLeaveTheTarget) {
    EXPECT_EQ(file_problem("[ingest]\nbody_max = \"2GiB\"\nbatch = 0\n[http]\nlisten = 1.5\n"),
              "t.toml:2: ingest.body_max: 2GiB is out of bounds: 1KiB to 1GiB\n"
              "t.toml:3: ingest.batch: 0 is out of bounds: at least 1\n"
              "t.toml:5: http.listen: expected a address, found a float");
    EXPECT_EQ(variable_problem({{"TILLSTREAM_HTTP_LISTEN", "80"}}),
              "TILLSTREAM_HTTP_LISTEN: http.listen: '80' is no address; write host:port or [v6]:port");
    EXPECT_EQ(flag_problem({"--http.idle", "5", "--ingest.batch"}),
              "--http.idle: http.idle: '5' is no duration; write a count with us, ms, s, m, h or d, like 5s\n"
              "--ingest.batch: a value must follow");
    EXPECT_EQ(body_max.bytes, 16U << 20);
    EXPECT_EQ(listen, (Address{"127.0.0.1", 8080}));
}

TEST_F(Options, ATextMayBeOneOfAFewOnly) {
    std::string level = "info";
    set.add({.section = "server",
             .key = "level",
             .target = &level,
             .description = "least level",
             .choices = {"debug", "info"}});
    EXPECT_EQ(flag_problem({"--server.level=debug"}), "");
    EXPECT_EQ(level, "debug");
    EXPECT_EQ(flag_problem({"--server.level=debag"}),
              "--server.level: server.level: 'debag' is none of debug, info; did you mean 'debug'?");
    EXPECT_EQ(level, "debug");
}

TEST_F(Options, SettingsTellAllOfAnOption) {
    EXPECT_EQ(flag_problem({"--ingest.body_max=2KiB"}), "");
    for (const OptionSetting& setting : set.settings()) {
        if (setting.name != "ingest.body_max") continue;
        EXPECT_EQ(setting.value, "2KiB");
        EXPECT_EQ(setting.origin, "--ingest.body_max");
        EXPECT_EQ(setting.type, "size");
        EXPECT_EQ(setting.default_value, "16MiB");
        EXPECT_EQ(setting.bounds, "1KiB to 1GiB");
        EXPECT_EQ(setting.description, "largest body");
    }
}

TEST_F(Options, TablesOfOthersAreLeft) {
    EXPECT_EQ(file_problem("[buckets]\nx = \"y\"\n[[http.alias]]\npath = \"/p\"\n"), "");
    EXPECT_EQ(file_problem("[bucket]\nx = \"y\"\n"),
              "t.toml:1: bucket: unknown option; did you mean 'buckets'?");
}

TEST_F(Options, SecretsAreNotShown) {
    EXPECT_EQ(origin("s3.secret"), " from default");
    EXPECT_EQ(flag_problem({"--s3.secret=hush"}), "");
    EXPECT_EQ(secret, "hush");
    EXPECT_EQ(origin("s3.secret"), "*** from --s3.secret");
}

TEST_F(Options, ReferencePage) {
    const std::string page = set.markdown();
    EXPECT_NE(page.find("## ingest\n"), std::string::npos);
    EXPECT_NE(page.find("| `http.listen` (`--http`) | address | `127.0.0.1:8080` |  | where to listen |\n"),
              std::string::npos)
        << page;
    EXPECT_NE(page.find("| `ingest.body_max` | size | `16MiB` | 1KiB to 1GiB | largest body |\n"),
              std::string::npos);
    EXPECT_NE(page.find("| `ingest.batch` | integer | `500` records | at least 1 | rows at once |\n"),
              std::string::npos);
}

}  // namespace
}  // namespace tillstream
