// verb_options.h - options that several verbs share.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/internal/remote.h"

namespace tillstream::app {

/// --server, --token, --ca-file and --data; the last is noted as given, by flag or environment, or not when
/// the callback runs.
inline CLI::Option* add_remote_options(CLI::App& verb, RemoteOptions& remote) {
    verb.add_option("--server", remote.server,
                    "URL of the server (default: the one running on the data folder)");
    verb.add_option("--token", remote.token, "Token to send (default: TILLSTREAM_TOKEN)");
    verb.add_option("--ca-file", remote.ca_file,
                    "PEM file of the authority that the server's certificate is checked against");
    return verb
        .add_option("--data", remote.data_dir,
                    "Data folder; opened for this one command if no server runs on it")
        ->envname("TILLSTREAM_DATA_DIR")
        ->default_str(remote.data_dir);
}

inline void add_output_option(CLI::App& verb, std::string& output, std::vector<std::string> forms) {
    verb.add_option("--output", output, "Form of the result")
        ->check(CLI::IsMember(std::move(forms)))
        ->default_str(output);
}

}  // namespace tillstream::app
