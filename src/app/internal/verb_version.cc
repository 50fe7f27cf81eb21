#include <cstdio>

#include "app/internal/exit_code.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"

namespace tillstream::app {

void add_version(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand("version", "Print the version");
    auto output = std::make_shared<std::string>("table");
    add_output_option(*verb, *output, {"table", "json"});
    verb->callback([output, &exit_code] {
        if (*output == "json")
            std::printf("{\"name\":\"tillstream\",\"version\":\"%s\"}\n", TILLSTREAM_VERSION);
        else
            std::printf("tillstream %s\n", TILLSTREAM_VERSION);
        exit_code = kOk;
    });
}

}  // namespace tillstream::app
