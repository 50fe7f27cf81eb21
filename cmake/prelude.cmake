# The headers of the standard library that most files read, read once: a fifth of a cold build was spent on them.
# Only where an include that is missing is found elsewhere: the presets dev, tsan and clang build without it.

option(TILLSTREAM_PRELUDE "Read the standard library once for all modules (GCC only)" OFF)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(TILLSTREAM_PRELUDE OFF)
endif()

if(TILLSTREAM_PRELUDE)
  add_library(tillstream_prelude OBJECT cmake/prelude.cc)
  target_precompile_headers(tillstream_prelude PRIVATE
    <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <cstring> <deque> <functional>
    <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility>
    <variant> <vector>)
endif()

# For a library; what is not position independent in the same way cannot share it.
function(tillstream_use_prelude target)
  if(TILLSTREAM_PRELUDE)
    target_precompile_headers(${target} REUSE_FROM tillstream_prelude)
    # GCC 12 forgets what is a system header there, and warns of what it cannot prove inside the library.
    target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow
                                             -Wno-stringop-overread)
  endif()
endfunction()
