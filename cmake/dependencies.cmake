# Third-party libraries: Debian 12's packages and DuckDB from npm (see cmake/install-dependencies.sh).

include(GoogleTest)
find_package(PkgConfig REQUIRED)
find_package(GTest REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(toml11 REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)

# DuckDB: the library as npm's prebuilt binding carries it, the C header from the source package of the same project.
set(TILLSTREAM_DUCKDB_DIR "${PROJECT_SOURCE_DIR}/.deps/duckdb" CACHE PATH "Folder with libduckdb.so and duckdb.h")
if(NOT EXISTS "${TILLSTREAM_DUCKDB_DIR}/libduckdb.so" OR NOT EXISTS "${TILLSTREAM_DUCKDB_DIR}/duckdb.h")
  message(FATAL_ERROR "DuckDB is missing in ${TILLSTREAM_DUCKDB_DIR}: run ./dev deps")
endif()
add_library(duckdb SHARED IMPORTED)
set_target_properties(duckdb PROPERTIES
  IMPORTED_LOCATION "${TILLSTREAM_DUCKDB_DIR}/libduckdb.so"
  INTERFACE_INCLUDE_DIRECTORIES "${TILLSTREAM_DUCKDB_DIR}")
