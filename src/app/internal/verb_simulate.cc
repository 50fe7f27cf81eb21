#include <cstdio>
#include <cstdlib>

#include "app/internal/exit_code.h"
#include "app/internal/producer_options.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "producer/http_poster.h"
#include "producer/sender.h"

namespace tillstream::app {

namespace {

struct Arguments {
    SimulationOptions shop;
    DispatchOptions dispatch;
    std::string from;
    std::string late = "2%";
    std::string repeat = "0%";
    std::string corrupt = "0.5%";
    std::string quirks = "all";
    std::string out;
    HttpTarget target;
    std::string progress = "auto";
    std::string output = "table";
};

Result<double> share_argument(const char* name, const std::string& text) {
    auto share = parse_share(text);
    if (!share) return failure(std::move(share).error().with_context(name));
    return share;
}

Result<std::int32_t> day_argument(const std::string& text) {
    constexpr std::int64_t kDayMicros = 86'400'000'000;
    const auto at = parse_rfc3339(text + "T00:00:00Z");
    if (text.size() == 10 && at) return static_cast<std::int32_t>(at->micros / kDayMicros);
    return failure(Errc::invalid_argument, "--from '" + text.substr(0, 30) + "' is no day; write 2010-12-01");
}

Status complete(Arguments& arguments) {
    SimulationOptions& shop = arguments.shop;
    shop.late_share = TILLSTREAM_TRY(share_argument("--late", arguments.late));
    shop.repeat_share = TILLSTREAM_TRY(share_argument("--repeat", arguments.repeat));
    shop.corrupt_share = TILLSTREAM_TRY(share_argument("--corrupt", arguments.corrupt));
    shop.quirks = TILLSTREAM_TRY(parse_quirks(arguments.quirks));
    if (!arguments.from.empty()) shop.first_day = TILLSTREAM_TRY(day_argument(arguments.from));
    TILLSTREAM_CHECK(check_options(shop));
    HttpTarget& target = arguments.target;
    if (target.url.empty()) {
        if (arguments.dispatch.rate == 0) return {};
        return failure(Errc::invalid_argument, "--rate is for sending: say where to with --server");
    }
    if (const char* token = std::getenv("TILLSTREAM_TOKEN"); token && target.token.empty())
        target.token = token;
    arguments.dispatch.server_knows_repeats = kServerKnowsRepeats;
    TILLSTREAM_TRY(HttpPoster::open(target));
    return check_options(arguments.dispatch);
}

int write_files(const Arguments& arguments) {
    const auto figures = simulate(arguments.shop, posix_filesystem(), arguments.out);
    if (!figures) return report(figures.error(), kFailure);
    if (arguments.output == "json") {
        std::fputs(format_expected_json(*figures).c_str(), stdout);
    } else {
        std::printf("%llu records in %s/sales.ndjson, the right answer in %s/expected.json\n",
                    static_cast<unsigned long long>(figures->sent), arguments.out.c_str(),
                    arguments.out.c_str());
    }
    return kOk;
}

int write_and_send(const Arguments& arguments) {
    ProgressBar progress(stderr, progress_style_of(arguments.progress));
    ignore_broken_pipes();
    const auto run = simulate_and_send(arguments.shop, arguments.dispatch, posix_filesystem(), arguments.out,
                                       http_posters(arguments.target), progress);
    progress.finish();
    if (!run) return report(run.error(), kFailure);
    const bool json = arguments.output == "json";
    const std::string text = json ? format_report_json(run->report) : format_report_table(run->report);
    std::fputs(text.c_str(), stdout);
    return tillstream::exit_code(run->report);
}

int run(Arguments& arguments) {
    if (const Status good = complete(arguments); !good) return report(good.error(), kUsage);
    return arguments.target.url.empty() ? write_files(arguments) : write_and_send(arguments);
}

void add_shop_options(CLI::App& verb, Arguments& arguments) {
    SimulationOptions& shop = arguments.shop;
    verb.add_option("--seed", shop.seed, "Same seed and options, same bytes")
        ->transform(whole_number(0))
        ->capture_default_str();
    verb.add_option("--rows", shop.rows, "Records to make")
        ->transform(whole_number(1))
        ->capture_default_str();
    verb.add_option("--stores", shop.stores, "Stores that sell")
        ->transform(whole_number(1))
        ->capture_default_str();
    verb.add_option("--from", arguments.from, "First day (default: 2010-12-01)");
    verb.add_option("--days", shop.days,
                    "Days to spread the rows over (default: as many as they take, a store selling " +
                        std::to_string(kRowsPerDay) + " a day)")
        ->transform(whole_number(1));
    verb.add_option("--late", arguments.late, "Share of invoices that come up to nine days late")
        ->default_str(arguments.late);
    verb.add_option("--repeat", arguments.repeat, "Share of records that repeat an earlier event id")
        ->default_str(arguments.repeat);
    verb.add_option("--corrupt", arguments.corrupt, "Share of records that must be refused")
        ->default_str(arguments.corrupt);
    verb.add_option("--quirks", arguments.quirks,
                    "Oddities of real files: all, none, or names with commas between (docs/producer.md)")
        ->default_str(arguments.quirks);
}

}  // namespace

void add_simulate(CLI::App& cli, int& exit_code) {
    CLI::App* verb =
        cli.add_subcommand("simulate", "Make up a shop's sales, with the right answer beside them");
    auto arguments = std::make_shared<Arguments>();
    add_shop_options(*verb, *arguments);
    verb->add_option("--out", arguments->out, "Folder for sales.ndjson and expected.json")->required();
    verb->add_option("--server", arguments->target.url,
                     "Also send each record to this URL as soon as it is made");
    verb->add_option("--stream", arguments->target.stream, "Stream to send to")
        ->default_str(arguments->target.stream);
    verb->add_option("--token", arguments->target.token, "Token to send (default: TILLSTREAM_TOKEN)");
    verb->add_option("--ca-file", arguments->target.client.ca_file,
                     "PEM file of the authority that the server's certificate is checked against");
    add_dispatch_options(*verb, arguments->dispatch);
    add_progress_option(*verb, arguments->progress);
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace tillstream::app
