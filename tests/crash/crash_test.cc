// crash_test - kills the server without warning while many producers send, again and again on one data
// folder, and holds every store against the clients' ledger after each recovery.
//
//   crash_test [--rounds N] [--seed S] [--connections N] [--data DIR]
//
// Exit 0 if every invariant held and every minimum was reached; 1 otherwise: the data folder and its log are
// kept then.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <random>

#include "tests/crash/crash_rounds.h"

int main(int argc, char** argv) {
    using namespace tillstream;
    CrashOptions options;
    options.seed = std::random_device{}();
    CLI::App cli("Kills the server under load and checks that nothing acknowledged is lost or doubled");
    cli.add_option("--rounds", options.rounds, "Kills under load")->check(CLI::Range(1, 1'000'000));
    cli.add_option("--seed", options.seed,
                   "Same seed, same requests and plans; the moments of the kills differ");
    cli.add_option("--connections", options.connections, "Producers at once")->check(CLI::Range(16, 1024));
    cli.add_option("--data", options.data_dir,
                   "Data folder, kept afterwards (default: one of its own, kept on failure)");
    CLI11_PARSE(cli, argc, argv);

    const bool own_folder = options.data_dir.empty();
    std::string folder = (std::filesystem::temp_directory_path() / "tillstream-crash.XXXXXX").string();
    if (own_folder && !mkdtemp(folder.data())) return std::perror("mkdtemp"), 1;
    if (own_folder) options.data_dir = folder + "/data";

    std::printf("crash_test: seed %llu, %d rounds, %d connections, data %s\n",
                static_cast<unsigned long long>(options.seed), options.rounds, options.connections,
                options.data_dir.c_str());
    const Status outcome = run_crash_rounds(options);
    if (!outcome) {
        std::printf("FAILED: %s\nseed %llu; the folder is kept: %s (its log beside it)\n",
                    outcome.error().message.c_str(), static_cast<unsigned long long>(options.seed),
                    options.data_dir.c_str());
        return 1;
    }
    if (own_folder) std::filesystem::remove_all(folder);
    return 0;
}
