#include "adapters/duckdb/duckdb_warehouse.h"

#include "adapters/duckdb/internal/reopening_warehouse.h"

namespace tillstream {

Result<std::unique_ptr<Warehouse>> DuckdbWarehouse::open(const std::string& path,
                                                         const DuckdbOptions& options, Logger logger,
                                                         Metrics& metrics) {
    return duck::ReopeningWarehouse::open(path, options, logger.named("warehouse"), metrics);
}

}  // namespace tillstream
