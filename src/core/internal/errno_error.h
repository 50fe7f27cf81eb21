// errno_error.h - what a failed system call becomes: code by errno, text with call, path and reason.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace tillstream::internal {

/// `number` is errno right after the call. unavailable only for what passes by itself: the call did nothing
/// and may be repeated.
Error errno_error(std::string_view call, const std::string& path, int number);

}  // namespace tillstream::internal
