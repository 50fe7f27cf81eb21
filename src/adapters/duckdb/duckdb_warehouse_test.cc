#include "adapters/duckdb/duckdb_warehouse.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/contract/warehouse_contract.h"
#include "tests/contract/warehouse_folder.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {
namespace {

struct DuckdbHarness {
    Result<std::unique_ptr<Warehouse>> open(const DuckdbOptions& options = {}) {
        return DuckdbWarehouse::open(folder.file("warehouse.duckdb"), options, Logger::silent(), metrics);
    }
    Folder folder;
    Metrics metrics;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Duckdb, WarehouseContract, DuckdbHarness);

}  // namespace
}  // namespace tillstream::testing
