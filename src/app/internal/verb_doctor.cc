#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/health.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "json/writer.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::seconds kAnswerTime{60};

struct Arguments {
    RemoteOptions remote;
    std::string output = "table";
};

std::string advice_for(const std::string& state, const std::string& sink) {
    if (state == "paused") return "`POST /v1/sinks/" + sink + "/resume` lets it go on";
    if (state == "stopped")
        return "the error says what it needs; `tillstream replay --sink " + sink + "` rebuilds it";
    return "it is retried by itself; look at the disk and at the server's log if this lasts";
}

std::string advice_for(Errc code) {
    if (code == Errc::unauthenticated || code == Errc::permission_denied)
        return "give a token with the scope query: --token, or the variable TILLSTREAM_TOKEN";
    return "start it with `tillstream serve`; its log says what keeps a store from opening";
}

/// One finding a sink: the worst of its shards.
void add_sinks(const json::Value& rows, std::vector<Finding>& findings) {
    for (const json::Value& row : rows.items) {
        const std::string& sink = row.items[0].text;
        const std::string& state = row.items[1].text;
        const std::string error = row.items[3].is_null() ? "" : ": " + row.items[3].text;
        const std::string detail =
            sink + " is " + state + ", " + row.items[2].text + " records behind" + error;
        if (state == "running" && error.empty())
            findings.push_back({Finding::Level::ok, "sink", detail, ""});
        else
            findings.push_back({state == "stopped" ? Finding::Level::problem : Finding::Level::warning,
                                "sink", detail, advice_for(state, sink)});
    }
}

/// What only a server can tell: its stores and sinks.
Status check_server(const Arguments& arguments, std::vector<Finding>& findings) {
    Remote remote = TILLSTREAM_TRY(Remote::open(arguments.remote));
    const std::string answer = TILLSTREAM_TRY(
        remote.post("/v1/query",
                    R"({"sql":"SELECT name, max(state), sum(lag_records), max(error) FROM ops.sinks )"
                    R"(GROUP BY name ORDER BY name"})",
                    kAnswerTime));
    const json::Value result = TILLSTREAM_TRY(json::parse(answer));
    if (const json::Value* rows = result.find("rows")) add_sinks(*rows, findings);
    return {};
}

std::string as_json(const std::vector<Finding>& findings, bool healthy) {
    std::string text;
    json::Writer out(text);
    out.begin_object().member("healthy", healthy).key("findings").begin_array();
    for (const Finding& finding : findings) {
        out.begin_object().member("level", to_string(finding.level)).member("part", finding.part);
        out.member("detail", finding.detail).member("advice", finding.advice).end_object();
    }
    out.end_array().end_object();
    return text + "\n";
}

std::string as_text(const std::vector<Finding>& findings, bool healthy) {
    std::string text;
    for (const Finding& finding : findings) {
        std::string line(to_string(finding.level));
        line.resize(9, ' ');
        text += line + finding.part + ": " + finding.detail + "\n";
        if (!finding.advice.empty()) text += "         do: " + finding.advice + "\n";
    }
    return text + (healthy ? "\nnothing is wrong\n" : "\nsomething is wrong: see the problems above\n");
}

int doctor(const Arguments& arguments) {
    const bool json = arguments.output == "json";
    Settings settings;
    OptionSet options = declare_options(settings);
    if (const Status read = read_options(options, settings, "", {}); !read)
        return report(read.error(), kConfiguration);
    std::vector<Finding> findings =
        check_files(arguments.remote.data_dir, static_cast<int>(settings.data.disk_share_max_percent),
                    [&](const std::string& part) {
                        if (!json) std::fprintf(stderr, "%s\n", part.c_str());
                    });
    if (const Status asked = check_server(arguments, findings); !asked) {
        findings.push_back(
            {Finding::Level::problem, "server", asked.error().message, advice_for(asked.error().code)});
    }
    const bool healthy = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.level == Finding::Level::problem;
    });
    std::fputs((json ? as_json(findings, healthy) : as_text(findings, healthy)).c_str(), stdout);
    return healthy ? kOk : kFailure;
}

}  // namespace

void add_doctor(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand(
        "doctor", "Read the whole data folder for damage, ask the sinks, and say what to do");
    auto arguments = std::make_shared<Arguments>();
    CLI::Option* data = add_remote_options(*verb, arguments->remote);
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, data, &exit_code] {
        arguments->remote.data_given = data->count() > 0;
        exit_code = doctor(*arguments);
    });
}

}  // namespace tillstream::app
