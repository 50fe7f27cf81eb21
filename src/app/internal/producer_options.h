// producer_options.h - what send and simulate share: how fast, in what portions, what a person sees of it.
#pragma once

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <string>

#include "producer/dispatcher.h"
#include "producer/progress_bar.h"

namespace tillstream::app {

/// Whether the servers this program speaks to know a repeat by its event id and its Idempotency-Key. While
/// they do not, a request whose answer was lost must not be sent again: it could be stored twice.
inline constexpr bool kServerKnowsRepeats = true;

/// A transform: decimal digits of what 64 bits hold, from `least` on. The library alone would take -1 and 010
/// for something else, and cut what is too long.
inline CLI::Validator whole_number(std::uint64_t least) {
    const auto check = [least](std::string& text) {
        constexpr std::size_t kShownMax = 30;
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size() && value >= least) {
            text = std::to_string(value);
            return std::string();
        }
        return "'" + text.substr(0, kShownMax) + "' is no whole number from " + std::to_string(least) + " on";
    };
    return CLI::Validator(check, "");
}

inline void add_dispatch_options(CLI::App& verb, DispatchOptions& dispatch) {
    verb.add_option("--rate", dispatch.rate, "Records per second (default: as fast as they are taken)")
        ->check(CLI::PositiveNumber);
    verb.add_option("--batch", dispatch.batch_records, "Records per request")
        ->transform(whole_number(1))
        ->capture_default_str();
    verb.add_option("--concurrency", dispatch.concurrency, "Connections")
        ->transform(whole_number(1))
        ->capture_default_str();
}

inline void add_progress_option(CLI::App& verb, std::string& progress) {
    verb.add_option("--progress", progress,
                    "On standard error: a bar, lines, none, or auto: a bar if it is a terminal")
        ->check(CLI::IsMember({"auto", "bar", "lines", "none"}))
        ->default_str(progress);
}

inline ProgressStyle progress_style_of(const std::string& progress) {
    return progress_style_named(progress, isatty(STDERR_FILENO) == 1).value_or(ProgressStyle::none);
}

}  // namespace tillstream::app
