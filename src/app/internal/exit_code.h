// exit_code.h - what the process tells its caller (FACES "Start").
#pragma once

#include "core/result.h"

namespace tillstream::app {

enum ExitCode : int {
    kOk = 0,
    kFailure = 1,
    kUsage = 2,
    kConfiguration = 3,
    kData = 4,
    kPartlyRefused = 5,
    kTryAgain = 75,
};

/// Of an error met while opening or running.
ExitCode exit_code_of(const Error& error);

/// Prints "tillstream: <message>" to stderr and gives the code.
int report(const Error& error);
int report(const Error& error, ExitCode code);

}  // namespace tillstream::app
