#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "app/internal/exit_code.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "net/http.h"
#include "producer/progress_bar.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::seconds kAnswerTime{60};
constexpr std::chrono::milliseconds kLookAgain{200};

struct Arguments {
    RemoteOptions remote;
    std::string sink;
    std::string from;
    std::string to;
    std::string output = "table";
};

std::string target_of(const Arguments& arguments) {
    std::string target = "/v1/sinks/" + percent_encode(arguments.sink) + "/replay";
    char mark = '?';
    for (const auto& [name, value] : {std::pair{"from", arguments.from}, std::pair{"to", arguments.to}}) {
        if (value.empty()) continue;
        target += mark + std::string(name) + '=' + percent_encode(value);
        mark = '&';
    }
    return target;
}

std::uint64_t number_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value ? static_cast<std::uint64_t>(value->as_int64().value_or(0)) : 0;
}

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && value->as_string() ? std::string(*value->as_string()) : "";
}

void draw(ProgressBar& bar, const json::Value& status, std::chrono::steady_clock::time_point begun) {
    const std::uint64_t passed = number_of(status, "passed");
    const std::uint64_t total = number_of(status, "total");
    SendProgress now;
    now.sent = passed;
    now.share_done = total == 0 ? 0 : static_cast<double>(passed) / static_cast<double>(total);
    now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    bar.progress(now);
}

/// Follows the replay to its end; the last status as the server wrote it.
Result<std::string> follow(Remote& remote, const std::string& sink, ProgressBar& bar) {
    const std::string target = "/v1/sinks/" + percent_encode(sink) + "/replay";
    const auto begun = std::chrono::steady_clock::now();
    std::string noticed;
    while (true) {
        std::string text = TILLSTREAM_TRY(remote.get(target, kAnswerTime));
        const json::Value status = TILLSTREAM_TRY(json::parse(text));
        draw(bar, status, begun);
        const std::string state = text_of(status, "state");
        if (state != "waiting" && state != "running") return text;
        const std::string error = text_of(status, "error");
        if (!error.empty() && error != noticed) bar.notice(error);
        noticed = error;
        std::this_thread::sleep_for(kLookAgain);
    }
}

int print(const Arguments& arguments, const std::string& text) {
    const auto status = json::parse(text);
    if (!status) return report(status.error(), kFailure);
    const bool done = text_of(*status, "state") == "done";
    if (arguments.output == "json") {
        std::printf("%s\n", text.c_str());
    } else if (done) {
        const json::Value* whole = status->find("whole");
        const bool rebuilt = whole && whole->as_bool().value_or(false);
        std::printf("%s: %llu records stored again%s\n", arguments.sink.c_str(),
                    static_cast<unsigned long long>(number_of(*status, "stored")),
                    rebuilt ? ", rebuilt whole" : "");
    }
    if (done) return kOk;
    return report(
        {Errc::internal, "the replay of " + arguments.sink + " ended with: " + text_of(*status, "error")},
        kFailure);
}

int replay(const Arguments& arguments) {
    auto remote = Remote::open(arguments.remote);
    if (!remote) return report(remote.error());
    const bool json = arguments.output == "json";
    ProgressBar bar(stderr, progress_style(isatty(STDERR_FILENO) == 1, json));
    const auto begun = remote->post(target_of(arguments), "", kAnswerTime);
    if (!begun) return report(begun.error());
    const auto ended = follow(*remote, arguments.sink, bar);
    bar.finish();
    if (!ended) return report(ended.error());
    return print(arguments, *ended);
}

}  // namespace

void add_replay(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand("replay", "Bring the log, or a stretch of it, to a sink once more");
    auto arguments = std::make_shared<Arguments>();
    CLI::Option* data = add_remote_options(*verb, arguments->remote);
    verb->add_option("--sink", arguments->sink, "warehouse, tables or quarantine")->required();
    verb->add_option("--from", arguments->from, "Only records that arrived at this time or later");
    verb->add_option("--to", arguments->to, "Only records that arrived before this time");
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, data, &exit_code] {
        arguments->remote.data_given = data->count() > 0;
        exit_code = replay(*arguments);
    });
}

}  // namespace tillstream::app
