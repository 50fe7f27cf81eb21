# Language level, warnings, sanitizers, linker and compiler cache: the same for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(TILLSTREAM_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
option(TILLSTREAM_ONLY_CONCURRENT "Build only modules marked CONCURRENT and their dependencies" OFF)
option(TILLSTREAM_FUZZ "Build the libFuzzer targets (clang only)" OFF)

# Depend mode: what the cache does not have is read by the preprocessor once, not twice. A tenth of a cold build.
find_program(CCACHE ccache)
if(CCACHE)
  # What it must not be strict about with a precompiled header: macros in it, and the time of its making.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror
                    -march=x86-64-v2 -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12 itself calls what it has deprecated, in std::stable_sort.
  add_compile_options(-Wno-deprecated-declarations)
endif()
# -g1 keeps line tables for profiles and stack traces at a fraction of the build's time and space.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
# All of the code, or the fuzzer does not see which input leads where.
if(TILLSTREAM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address)
  add_link_options(-fsanitize=fuzzer-no-link,address)
endif()
if(TILLSTREAM_SANITIZE)
  add_compile_options(-fsanitize=${TILLSTREAM_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TILLSTREAM_SANITIZE})
endif()
