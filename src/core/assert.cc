#include "core/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tillstream::internal {

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "tillstream: bug: %s is false at %s:%d\n", expression, file, line);
    std::abort();
}

}  // namespace tillstream::internal
