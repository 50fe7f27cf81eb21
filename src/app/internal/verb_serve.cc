#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/remote.h"
#include "app/internal/server.h"
#include "app/internal/stop_signals.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"

namespace tillstream::app {

namespace {

int serve(const Settings& settings, const OptionSet& options) {
    StopSignals signals;
    ignore_broken_pipes();  // whoever read the log has gone: no reason to go too
    const Logger logger =
        Logger::to_stderr(Logger::Format::json, *log_level_named(settings.server.log_level));
    for (const std::string& variable : options.foreign_variables())
        logger.warn("a variable of the environment is no option and is ignored", {{"variable", variable}});
    auto server = Server::start(settings, logger);
    if (!server) return report(server.error());
    std::printf("ready %s\n", (*server)->url().c_str());
    std::fflush(stdout);
    signals.wait_for_stop([&] { (*server)->reload(); });
    signals.expect_impatience();
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
