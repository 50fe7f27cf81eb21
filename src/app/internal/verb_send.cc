#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/producer_options.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "producer/http_poster.h"
#include "producer/sender.h"

namespace tillstream::app {

namespace {

struct Arguments {
    RemoteOptions remote;
    SendOptions send;
    std::vector<std::string> files;
    std::string stream = "sales";
    std::string event_ids = "auto";
    std::string encoding = "auto";
    std::string from;
    std::string to;
    std::string progress = "auto";
    std::string output = "table";
};

/// YYYY-MM-DD or RFC 3339.
Result<std::optional<Timestamp>> time_argument(const char* name, const std::string& text) {
    if (text.empty()) return std::optional<Timestamp>{};
    const std::string whole = text.size() == 10 ? text + "T00:00:00Z" : text;
    if (const auto at = parse_rfc3339(whole)) return std::optional(*at);
    return failure(Errc::invalid_argument, std::string(name) + " '" + text +
                                               "' is no time; write 2011-12-01 or "
                                               "2011-12-01T08:26:00Z");
}

Status complete(Arguments& arguments) {
    arguments.send.event_ids = arguments.event_ids == "auto";
    if (arguments.encoding != "auto") {
        arguments.send.charset = charset_named(arguments.encoding);
        if (!arguments.send.charset) {
            return failure(Errc::invalid_argument,
                           "--encoding '" + arguments.encoding +
                               "' is unknown; write auto, utf-8, iso-8859-1 or utf-16");
        }
    }
    arguments.send.from = TILLSTREAM_TRY(time_argument("--from", arguments.from));
    arguments.send.to = TILLSTREAM_TRY(time_argument("--to", arguments.to));
    if (arguments.send.from && arguments.send.to && *arguments.send.from >= *arguments.send.to) {
        return failure(Errc::invalid_argument, "no time lies between --from '" + arguments.from +
                                                   "' (inclusive) and --to '" + arguments.to +
                                                   "' (exclusive)");
    }
    arguments.send.dispatch.server_knows_repeats = kServerKnowsRepeats && arguments.send.event_ids;
    return check_options(arguments.send.dispatch);
}

/// A file that is not there, or may not be read, is the caller's; what is wrong inside it is data.
ExitCode exit_code_of_input(const Error& error) {
    const bool data =
        error.code == Errc::corruption || error.code == Errc::unsupported || error.code == Errc::io;
    return data ? kData : kFailure;
}

int conclude(const SendRun& run, bool json) {
    const std::string text = json ? format_report_json(run.report) : format_report_table(run.report);
    std::fputs(text.c_str(), stdout);
    const int of_records = tillstream::exit_code(run.report);
    if (!run.input_error) return of_records;
    const int of_input = report(*run.input_error, exit_code_of_input(*run.input_error));
    // That records handed over may be missing outweighs that some could not be read.
    return of_records == kFailure || of_records == kTryAgain ? of_records : of_input;
}

int send(Arguments& arguments) {
    if (const Status good = complete(arguments); !good) return report(good.error(), kUsage);
    arguments.remote.make_folder = true;
    auto remote = Remote::open(arguments.remote);
    if (!remote) return report(remote.error());
    HttpTarget target{.url = remote->url(), .stream = arguments.stream, .token = remote->token()};
    target.client.ca_file = remote->ca_file();
    ProgressBar progress(stderr, progress_style_of(arguments.progress));
    const auto run = send_files(arguments.send, posix_filesystem(), arguments.files,
                                http_posters(std::move(target)), progress);
    progress.finish();
    if (!run) return report(run.error(), exit_code_of_input(run.error()));
    return conclude(*run, arguments.output == "json");
}

}  // namespace

void add_send(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand("send", "Send data files to a stream");
    auto arguments = std::make_shared<Arguments>();
    SendOptions& send_options = arguments->send;
    CLI::Option* data = add_remote_options(*verb, arguments->remote);
    verb->add_option("files", arguments->files, ".csv, .ndjson, .jsonl or .json, also as .gz or .zst")
        ->required();
    verb->add_option("--stream", arguments->stream, "Stream to send to")->default_str(arguments->stream);
    verb->add_option("--event-ids", arguments->event_ids,
                     "auto: by file and row, for the server to tell repeats; none")
        ->check(CLI::IsMember({"auto", "none"}))
        ->default_str("auto");
    verb->add_option("--encoding", arguments->encoding, "auto, utf-8, iso-8859-1 or utf-16")
        ->default_str("auto");
    verb->add_option("--key", send_options.key,
                     "Column whose rows keep their order (default: the invoice number)");
    verb->add_option("--limit", send_options.limit, "Send at most this many rows")
        ->transform(whole_number(1));
    verb->add_option("--sample", send_options.sample,
                     "Send this many rows, drawn at random, the same ones each time")
        ->transform(whole_number(1));
    verb->add_option("--from", arguments->from, "Only rows from this time on");
    verb->add_option("--to", arguments->to, "Only rows before this time");
    add_dispatch_options(*verb, send_options.dispatch);
    add_progress_option(*verb, arguments->progress);
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, data, &exit_code] {
        arguments->remote.data_given = data->count() > 0;
        exit_code = send(*arguments);
    });
}

}  // namespace tillstream::app
