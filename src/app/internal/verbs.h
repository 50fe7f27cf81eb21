// verbs.h - the command line's verbs. Each adds its sub-command; its callback leaves the exit code behind.
//
// Output:  results to stdout, one JSON document with --output json; notices and progress to stderr.
// Source:  FACES "CLI output for scripts", "Start".
#pragma once

namespace CLI {
class App;
}

namespace tillstream::app {

void add_serve(CLI::App& cli, int& exit_code);
void add_send(CLI::App& cli, int& exit_code);
void add_simulate(CLI::App& cli, int& exit_code);
void add_query(CLI::App& cli, int& exit_code);
void add_verify(CLI::App& cli, int& exit_code);
void add_replay(CLI::App& cli, int& exit_code);
void add_token(CLI::App& cli, int& exit_code);
void add_doctor(CLI::App& cli, int& exit_code);
void add_logs(CLI::App& cli, int& exit_code);
void add_inspect(CLI::App& cli, int& exit_code);
void add_config(CLI::App& cli, int& exit_code);
void add_version(CLI::App& cli, int& exit_code);

}  // namespace tillstream::app
