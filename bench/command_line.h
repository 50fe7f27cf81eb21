// command_line.h - what the measuring programs answer to arguments they do not know: exit code 2, as the
// product does.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace tillstream::bench {

inline constexpr int kUsageError = 2;

/// The code to leave with: 0 if help was asked for, kUsageError after a line on stderr. Nothing: go on.
inline std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageError;
    }
    return std::nullopt;
}

}  // namespace tillstream::bench
