#include "adapters/duckdb/duckdb_warehouse.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/contract/warehouse_contract.h"
#include "tests/contract/warehouse_rows.h"

namespace tillstream::testing {
namespace {

/// A folder of its own, removed at the end.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "warehouse-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file() const { return path_ + "/warehouse.duckdb"; }

private:
    std::string path_;
};

struct DuckdbHarness {
    Result<std::unique_ptr<Warehouse>> open(const DuckdbOptions& options = {}) {
        return DuckdbWarehouse::open(folder.file(), options, Logger::silent(), metrics);
    }
    Folder folder;
    Metrics metrics;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Duckdb, WarehouseContract, DuckdbHarness);

}  // namespace
}  // namespace tillstream::testing
