#include <pthread.h>
#include <csignal>

#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/server.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"

namespace tillstream::app {

namespace {

/// Blocked in every thread, so that only wait_for_stop takes them.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

/// Until SIGTERM or SIGINT; SIGHUP reads anew what may change while it runs.
void wait_for_stop(const sigset_t& signals, Server& server) {
    for (int signal = 0; sigwait(&signals, &signal) == 0 && signal == SIGHUP;) server.reload();
}

/// A second signal ends the process at once: whoever sends it does not want to wait for the drain.
void end_on_next_signal(const sigset_t& signals) {
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGHUP, SIG_IGN);  // there is nothing left to read anew
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

int serve(const Settings& settings, const OptionSet& options) {
    const sigset_t signals = block_signals();
    const Logger logger =
        Logger::to_stderr(Logger::Format::json, *log_level_named(settings.server.log_level));
    for (const std::string& variable : options.foreign_variables())
        logger.warn("a variable of the environment is no option and is ignored", {{"variable", variable}});
    auto server = Server::start(settings, logger);
    if (!server) return report(server.error());
    std::printf("ready %s\n", (*server)->url().c_str());
    std::fflush(stdout);
    wait_for_stop(signals, **server);
    end_on_next_signal(signals);
    logger.info("stopping");
    if (!(*server)->stop()) logger.warn("the drain time ran out; what is left is done after the next start");
    return kOk;
}

}  // namespace

void add_serve(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand("serve", "Run the server until SIGTERM");
    auto config = std::make_shared<std::string>();
    verb->add_option("--config", *config, "TOML file with options");
    verb->allow_extras();
    verb->footer(
        "Every option of `tillstream config show` is a flag too: --section.key VALUE. Short forms: --data "
        "DIR,\n"
        "--http ADDRESS:PORT, --tls-cert FILE, --tls-key FILE, --insecure.");
    verb->callback([verb, config, &exit_code] {
        Settings settings;
        OptionSet options = declare_options(settings);
        const Status read = read_options(options, settings, *config, verb->remaining());
        exit_code = read ? serve(settings, options) : report(read.error(), kConfiguration);
    });
}

}  // namespace tillstream::app
