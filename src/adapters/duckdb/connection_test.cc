#include "adapters/duckdb/internal/connection.h"

#include <gtest/gtest.h>

namespace tillstream::duck {
namespace {

TEST(WriteErrorTest, OnlyWhatSpeaksOfStorageIsCorruption) {
    const char* text = "Corrupt database file: computed checksum 1 does not match stored checksum 2";
    EXPECT_EQ(write_error(DUCKDB_ERROR_IO, text).code, Errc::corruption);
    EXPECT_EQ(write_error(DUCKDB_ERROR_FATAL, text).code, Errc::corruption);
    EXPECT_EQ(write_error(DUCKDB_ERROR_IO, "Could not write file: no space").code, Errc::io);
}

TEST(WriteErrorTest, DataThatIsQuotedInAnErrorMeansNothing) {
    for (const auto type : {DUCKDB_ERROR_CONVERSION, DUCKDB_ERROR_CONSTRAINT, DUCKDB_ERROR_INVALID_INPUT})
        EXPECT_EQ(write_error(type, "Could not convert string 'Corrupted checksum' to INT64").code,
                  Errc::invalid_argument);
    EXPECT_EQ(write_error(DUCKDB_ERROR_OUT_OF_MEMORY, "no room for 'Corrupted checksum'").code,
              Errc::resource_exhausted);
}

}  // namespace
}  // namespace tillstream::duck
