#include <CLI/CLI.hpp>

#include "app/internal/exit_code.h"
#include "app/internal/verbs.h"

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
        return cli.exit(error) == 0 ? kOk : kUsage;
    }
    return exit_code;
}
