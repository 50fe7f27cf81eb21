#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "app/internal/exit_code.h"
#include "app/internal/verbs.h"
#include "config/nearest_name.h"

namespace {

/// CLI11 says of a mistyped verb only that one is missing. Empty if that is not what was wrong.
std::string unknown_verb(const CLI::App& cli) {
    const CLI::App* at = &cli;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    const std::vector<std::string> left = at->remaining();
    if (at->get_require_subcommand_min() == 0 || left.empty() || left.front().starts_with('-')) return {};
    std::vector<std::string> verbs;
    for (const CLI::App* verb : at->get_subcommands({})) verbs.push_back(verb->get_name());
    const std::string suggestion = tillstream::suggestion(left.front(), verbs);
    return fmt::format(
        "unknown verb '{}'{}", left.front(),
        suggestion.empty() ? fmt::format("; there are {}", fmt::join(verbs, ", ")) : suggestion);
}

}  // namespace

int main(int argc, char** argv) {
    using namespace tillstream::app;
    CLI::App cli("Tillstream: a shop's whole data platform in one program");
    cli.require_subcommand(1);
    int exit_code = kOk;
    add_serve(cli, exit_code);
    add_send(cli, exit_code);
    add_simulate(cli, exit_code);
    add_query(cli, exit_code);
    add_verify(cli, exit_code);
    add_replay(cli, exit_code);
    add_token(cli, exit_code);
    add_doctor(cli, exit_code);
    add_logs(cli, exit_code);
    add_inspect(cli, exit_code);
    add_config(cli, exit_code);
    add_version(cli, exit_code);
    try {
        cli.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (const std::string problem = unknown_verb(cli); !problem.empty()) {
            fmt::print(stderr, "tillstream: {}\n", problem);
            return kUsage;
        }
        return cli.exit(error) == 0 ? kOk : kUsage;
    }
    return exit_code;
}
