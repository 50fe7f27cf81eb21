#include <unistd.h>

#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "producer/http_poster.h"
#include "producer/progress_bar.h"
#include "producer/sender.h"
#include "producer/simulator.h"

namespace tillstream::app {

namespace {

struct Arguments {
    SimulationOptions shop;
    DispatchOptions dispatch;
    std::string out;
    std::string server;
    std::string token;
    std::string ca_file;
    std::string output = "table";
};

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
    const bool json = arguments.output == "json";
    ProgressBar progress(stderr, progress_style(isatty(STDERR_FILENO) == 1, json));
    ignore_broken_pipes();
    const HttpTarget target{
        .url = arguments.server, .token = arguments.token, .client = {.ca_file = arguments.ca_file}};
    const auto run = simulate_and_send(arguments.shop, arguments.dispatch, posix_filesystem(), arguments.out,
                                       http_posters(target), progress);
    progress.finish();
    if (!run) return report(run.error(), kFailure);
    const std::string text = json ? format_report_json(run->report) : format_report_table(run->report);
    std::fputs(text.c_str(), stdout);
    return tillstream::exit_code(run->report);
}

int run(const Arguments& arguments) {
    if (const Status good = check_options(arguments.shop); !good) return report(good.error(), kUsage);
    if (arguments.server.empty()) return write_files(arguments);
    if (const Status good = check_options(arguments.dispatch); !good) return report(good.error(), kUsage);
    return write_and_send(arguments);
}

}  // namespace

void add_simulate(CLI::App& cli, int& exit_code) {
    CLI::App* verb =
        cli.add_subcommand("simulate", "Make up a shop's sales, with the right answer beside them");
    auto arguments = std::make_shared<Arguments>();
    SimulationOptions& shop = arguments->shop;
    verb->add_option("--seed", shop.seed, "Same seed, same bytes")->capture_default_str();
    verb->add_option("--rows", shop.rows, "Records to make")->capture_default_str();
    verb->add_option("--out", arguments->out, "Folder for sales.ndjson and expected.json")->required();
    verb->add_option("--stores", shop.stores, "Stores that sell")->capture_default_str();
    verb->add_option("--bad", shop.bad_rate, "Share of records that must be refused")->capture_default_str();
    verb->add_option("--late", shop.late_rate, "Share of invoices that come days late")
        ->capture_default_str();
    verb->add_option("--duplicates", shop.duplicate_rate, "Share of records sent twice under one event id")
        ->capture_default_str();
    verb->add_option("--server", arguments->server,
                     "Also send each record to this URL as soon as it is made");
    verb->add_option("--token", arguments->token, "Token to send")->envname("TILLSTREAM_TOKEN");
    verb->add_option("--ca-file", arguments->ca_file,
                     "PEM file of the authority that the server's certificate is checked against");
    verb->add_option("--rate", arguments->dispatch.rate, "Records per second when sending");
    add_output_option(*verb, arguments->output, {"table", "json"});
    verb->callback([arguments, &exit_code] { exit_code = run(*arguments); });
}

}  // namespace tillstream::app
