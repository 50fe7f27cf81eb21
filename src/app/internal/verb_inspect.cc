#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "log/inspect.h"

namespace tillstream::app {

void add_inspect(CLI::App& cli, int& exit_code) {
    CLI::App* verb =
        cli.add_subcommand("inspect", "Print a file of the data folder, byte ranges and checks included");
    auto file = std::make_shared<std::string>();
    verb->add_option("file", *file, "Journal segment, or another file below log/")->required();
    verb->callback([file, &exit_code] {
        std::string text;
        const Status inspected = inspect_file(posix_filesystem(), *file, text);
        std::fputs(text.c_str(), stdout);
        exit_code = inspected ? kOk : report(inspected.error());
    });
}

}  // namespace tillstream::app
