// assert.h - stops the process on a bug, in release builds too. Bad input is never an assert.
#pragma once

namespace tillstream::internal {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define TILLSTREAM_ASSERT(condition)                                                         \
    do {                                                                                     \
        if (!(condition)) [[unlikely]]                                                       \
            ::tillstream::internal::assertion_failed(#condition, __FILE__, __LINE__);        \
    } while (false)
