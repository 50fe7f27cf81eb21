#include <cstdio>
#include <fstream>
#include <iostream>

#include "app/internal/exit_code.h"
#include "app/internal/log_filter.h"
#include "app/internal/text_table.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "json/value.h"
#include "json/writer.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::seconds kAnswerTime{10};
const std::vector<std::string> kLevels = {"debug", "info", "warn", "error"};

struct FilterArguments {
    std::vector<std::string> files;
    std::string level = "debug";
    std::string since, until;
    std::string output = "text";
    LogFilter filter;
};

Result<std::optional<Timestamp>> time_of(const std::string& name, const std::string& text) {
    if (text.empty()) return std::optional<Timestamp>{};
    const auto time = parse_rfc3339(text);
    if (time) return time;
    return failure(Errc::invalid_argument,
                   name + " '" + text + "' is no time; write it like 2010-12-01T08:26:00Z");
}

void filter_stream(std::istream& in, const FilterArguments& arguments) {
    for (std::string line; std::getline(in, line);) {
        const auto picked = arguments.filter.pick(line, arguments.output == "json");
        if (!picked) continue;
        std::cout << *picked << '\n';
        // Whoever looks on while lines come wants to see each at once.
        if (in.rdbuf()->in_avail() <= 0) std::cout.flush();
    }
}

Status filter_files(FilterArguments& arguments) {
    arguments.filter.least = *log_level_named(arguments.level);
    arguments.filter.since = TILLSTREAM_TRY(time_of("--since", arguments.since));
    arguments.filter.until = TILLSTREAM_TRY(time_of("--until", arguments.until));
    if (arguments.files.empty()) filter_stream(std::cin, arguments);
    for (const std::string& name : arguments.files) {
        std::ifstream file(name);
        if (!file) return failure(Errc::not_found, name + " cannot be read");
        filter_stream(file, arguments);
    }
    std::cout.flush();
    return {};
}

struct LevelArguments {
    RemoteOptions remote;
    std::string component;
    std::string level;
    std::string output = "table";
};

Status print_levels(const std::string& answer, const std::string& output) {
    if (output == "json") {
        std::puts(answer.c_str());
        return {};
    }
    const json::Value levels = TILLSTREAM_TRY(json::parse(answer));
    std::vector<std::vector<std::string>> rows;
    if (const json::Value* list = levels.find("levels"))
        for (const json::Value& entry : list->items) {
            const std::string& component = entry.find("component")->text;
            rows.push_back({component.empty() ? "(others)" : component, entry.find("level")->text});
        }
    std::fputs(format_table({{"component"}, {"level"}}, rows).c_str(), stdout);
    return {};
}

Status show_or_set_levels(const LevelArguments& arguments) {
    Remote remote = TILLSTREAM_TRY(Remote::open(arguments.remote));
    if (arguments.level.empty())
        return print_levels(TILLSTREAM_TRY(remote.get("/v1/log-levels", kAnswerTime)), arguments.output);
    std::string body;
    json::Writer out(body);
    out.begin_object().member("level", arguments.level);
    if (!arguments.component.empty()) out.member("component", arguments.component);
    out.end_object();
    return print_levels(TILLSTREAM_TRY(remote.post("/v1/log-levels", body, kAnswerTime)), arguments.output);
}

void add_level(CLI::App& logs, int& exit_code) {
    CLI::App* verb =
        logs.add_subcommand("level", "Show the levels of the running server's log, or change them");
    auto arguments = std::make_shared<LevelArguments>();
    verb->add_option("LEVEL", arguments->level, "The new level")->check(CLI::IsMember(kLevels));
    verb->add_option("--component", arguments->component, "Of this component only (default: of all)");
    add_remote_options(*verb, arguments->remote);
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, &exit_code] {
        const Status done = show_or_set_levels(*arguments);
        exit_code = done ? kOk : report(done.error());
    });
}

}  // namespace

void add_logs(CLI::App& cli, int& exit_code) {
    CLI::App* verb =
        cli.add_subcommand("logs", "Pick lines of the server's log (files or standard input) for reading");
    auto arguments = std::make_shared<FilterArguments>();
    verb->add_option("FILE", arguments->files, "Files with what the server wrote to stderr (default: stdin)");
    verb->add_option("--level", arguments->level, "Least level")->check(CLI::IsMember(kLevels));
    verb->add_option("--component", arguments->filter.component, "Of this component only");
    verb->add_option("--request-id", arguments->filter.request_id, "Of this request only");
    verb->add_option("--contains", arguments->filter.text, "With this text anywhere in the line");
    verb->add_option("--since", arguments->since, "Not before this time (RFC 3339)");
    verb->add_option("--until", arguments->until, "Before this time (RFC 3339)");
    add_output_option(*verb, arguments->output, {"text", "json"});
    add_level(*verb, exit_code);
    verb->callback([verb, arguments, &exit_code] {
        if (!verb->get_subcommands().empty()) return;
        const Status done = filter_files(*arguments);
        exit_code = done ? kOk : report(done.error());
    });
}

}  // namespace tillstream::app
