#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/text_table.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "net/http.h"

namespace tillstream::app {

namespace {

/// The door itself waits no longer than that; a longer wait asks again.
constexpr std::chrono::seconds kOneWaitMax{600};
constexpr std::chrono::seconds kWaitMax{24 * 3600};

struct Arguments {
    RemoteOptions remote;
    std::string stream = "sales";
    std::string wait = "60s";
    std::string output = "table";
};

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && !value->is_null() ? value->text : "";
}

bool is_true(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && value->as_bool().value_or(false);
}

/// Measures of the log's figures: whatever is there beside rows and gaps.
std::vector<std::string> measures_of(const json::Value& log) {
    std::vector<std::string> names;
    for (const auto& [name, value] : log.members) {
        if (name != "rows" && name != "gaps") names.push_back(name);
    }
    return names;
}

std::string table(const json::Value& result) {
    const json::Value* log = result.find("log");
    const json::Value* sinks = result.find("sinks");
    if (!log || !sinks) return "";
    const std::vector<std::string> measures = measures_of(*log);
    std::vector<TextColumn> columns{{"store"}, {"rows", true}};
    for (const std::string& measure : measures) columns.push_back({measure, true});
    columns.push_back({"result"});
    std::vector<std::vector<std::string>> rows;
    const auto add = [&](const std::string& name, const json::Value& figures, const std::string& verdict) {
        std::vector<std::string> row{name, text_of(figures, "rows")};
        for (const std::string& measure : measures) row.push_back(text_of(figures, measure));
        row.push_back(verdict);
        rows.push_back(std::move(row));
    };
    const std::string gaps = text_of(*log, "gaps");
    add("log", *log, gaps == "0" ? "ok" : gaps + " damaged parts: figures are incomplete");
    if (const json::Value* raw = result.find("raw")) {
        add("raw objects", *raw,
            is_true(*raw, "ok") ? "ok, as far as they go" : "DIFFERS: " + text_of(*raw, "problem"));
    }
    for (const json::Value& sink : sinks->items) {
        add(text_of(sink, "name"), sink, is_true(sink, "ok") ? "ok" : "DIFFERS: " + text_of(sink, "problem"));
    }
    std::string text = "received " + text_of(result, "received") + " = accepted " +
                       text_of(result, "accepted") + " + duplicates " + text_of(result, "duplicates") +
                       " + quarantined " + text_of(result, "quarantined") + "\n\n";
    text += format_table(columns, rows);
    text += is_true(result, "ok") ? "\neverything adds up\n" : "\nthe stores DIFFER from the log\n";
    return text;
}

Result<std::chrono::seconds> wait_of(const Arguments& arguments) {
    const OptionValue wait = TILLSTREAM_TRY(parse_option_value(arguments.wait, OptionValue(Duration{})));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::get<Duration>(wait));
    if (seconds <= kWaitMax) return seconds;
    return failure(Errc::invalid_argument, arguments.wait + " is out of bounds: 0s to 24h");
}

/// Whether waiting on may change the answer: a store that was not level yet may become so.
bool may_change(const Result<std::string>& answer) {
    if (!answer) return answer.error().code == Errc::unavailable;
    const auto result = json::parse(*answer);
    return result && !is_true(*result, "ok");
}

Result<std::string> ask(Remote& remote, const std::string& stream, std::chrono::seconds wait) {
    // Reading the stores again takes its time, beyond the wait for the sinks.
    constexpr std::chrono::seconds kReadingTime{600};
    const auto end = std::chrono::steady_clock::now() + wait;
    while (true) {
        const auto begun = std::chrono::steady_clock::now();
        const auto left = std::chrono::ceil<std::chrono::seconds>(end - begun);
        const std::chrono::seconds turn = std::clamp(left, std::chrono::seconds{0}, kOneWaitMax);
        const std::string target = "/v1/verify?stream=" + percent_encode(stream);
        auto answer = remote.get(target + "&wait=" + std::to_string(turn.count()), turn + kReadingTime);
        const auto ended = std::chrono::steady_clock::now();
        const bool waited_in_vain = ended - begun >= turn && may_change(answer);
        if (!waited_in_vain || ended >= end) return answer;
    }
}

int verify(const Arguments& arguments) {
    const auto wait = wait_of(arguments);
    if (!wait) return report({Errc::invalid_argument, "--wait: " + wait.error().message}, kUsage);
    auto remote = Remote::open(arguments.remote);
    if (!remote) return report(remote.error());
    const auto answer = ask(*remote, arguments.stream, *wait);
    if (!answer) return report(answer.error());
    const auto result = json::parse(*answer);
    if (!result) return report(result.error(), kFailure);
    std::fputs(arguments.output == "json" ? (*answer + "\n").c_str() : table(*result).c_str(), stdout);
    return is_true(*result, "ok") ? kOk : kFailure;
}

}  // namespace

void add_verify(CLI::App& cli, int& exit_code) {
    CLI::App* verb =
        cli.add_subcommand("verify", "Compare every store with the log: counts and exact sums, read anew");
    auto arguments = std::make_shared<Arguments>();
    CLI::Option* data = add_remote_options(*verb, arguments->remote);
    verb->add_option("--stream", arguments->stream, "Stream to check")->default_str(arguments->stream);
    verb->add_option("--wait", arguments->wait, "Longest wait for the sinks to reach the log's end, to 24h")
        ->default_str(arguments->wait);
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, data, &exit_code] {
        arguments->remote.data_given = data->count() > 0;
        exit_code = verify(*arguments);
    });
}

}  // namespace tillstream::app
