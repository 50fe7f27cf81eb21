#include "adapters/duckdb/internal/load_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "adapters/duckdb/internal/load_columns.h"
#include "core/bytes.h"
#include "core/digest.h"

namespace tillstream::duck {

namespace {

constexpr std::size_t kVectorRows = 2048;
/// Below this a second thread costs more than it saves.
constexpr std::size_t kChunksPerThread = 8;
constexpr const char* kFunction = "tillstream_load";

}  // namespace

Result<LoadPlan> LoadPlan::of(const FactLoad& load) {
    LoadPlan plan(*load.table);
    for (const FactSlice& slice : load.slices) {
        TILLSTREAM_CHECK(check_fact_slice(*load.table, slice));
        plan.add(&slice, slice.rows.size());
    }
    return plan;
}

Result<LoadPlan> LoadPlan::of(const CellLoad& load) {
    LoadPlan plan(*load.table);
    for (const std::vector<Cell>& row : load.rows) TILLSTREAM_CHECK(check_cells(*load.table, row));
    plan.cells_ = &load.rows;
    plan.add(nullptr, load.rows.size());
    return plan;
}

void LoadPlan::add(const FactSlice* slice, std::size_t count) {
    for (std::size_t first = 0; first < count;) {
        if (room_ == 0) {
            chunk_ends_.push_back(pieces_.size());
            room_ = kVectorRows;
        }
        const std::size_t taken = std::min(room_, count - first);
        pieces_.push_back({slice, first, taken});
        chunk_ends_.back() = pieces_.size();
        first += taken;
        room_ -= taken;
        rows_ += taken;
    }
}

void LoadPlan::fill(std::size_t index, duckdb_data_chunk chunk) const {
    const std::size_t begin = index == 0 ? 0 : chunk_ends_[index - 1];
    std::size_t at = 0;
    for (std::size_t p = begin; p < chunk_ends_[index]; ++p) {
        const Piece& piece = pieces_[p];
        if (piece.slice != nullptr) {
            fill_fact_columns(*table_, *piece.slice, piece.first, piece.count, chunk, at);
        } else {
            fill_cell_columns(*table_, *cells_, piece.first, piece.count, chunk, at);
        }
        at += piece.count;
    }
    duckdb_data_chunk_set_size(chunk, at);
}

struct LoadScan::Slot {
    std::mutex mutex;
    std::uint64_t handle = 0;  ///< 0: no load is running
    const LoadPlan* plan = nullptr;
};

namespace {

struct Cursor {
    const LoadPlan* plan;
    std::atomic<std::size_t> next{0};
};

const LoadPlan* plan_of(LoadScan::Slot& slot, std::uint64_t handle) {
    const std::lock_guard lock(slot.mutex);
    return handle != 0 && handle == slot.handle ? slot.plan : nullptr;
}

void bind(duckdb_bind_info info) {
    auto& slot = **static_cast<std::shared_ptr<LoadScan::Slot>*>(duckdb_bind_get_extra_info(info));
    const Value parameter(duckdb_bind_get_parameter(info, 0));
    const LoadPlan* plan = plan_of(slot, duckdb_get_uint64(parameter.get()));
    if (plan == nullptr) {
        duckdb_bind_set_error(info, "tillstream_load belongs to the server");
        return;
    }
    for (const TableColumn& column : plan->table().columns) {
        const LogicalType type = logical_type(column);
        duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    duckdb_bind_set_cardinality(info, plan->rows(), true);
    duckdb_bind_set_bind_data(info, new Cursor{plan, {}},
                              [](void* data) { delete static_cast<Cursor*>(data); });
}

void init(duckdb_init_info info) {
    const auto& cursor = *static_cast<Cursor*>(duckdb_init_get_bind_data(info));
    duckdb_init_set_max_threads(info, std::max<std::size_t>(1, cursor.plan->chunks() / kChunksPerThread));
}

void scan(duckdb_function_info info, duckdb_data_chunk output) {
    auto& cursor = *static_cast<Cursor*>(duckdb_function_get_bind_data(info));
    const std::size_t index = cursor.next.fetch_add(1, std::memory_order_relaxed);
    if (index < cursor.plan->chunks()) {
        cursor.plan->fill(index, output);
    } else {
        duckdb_data_chunk_set_size(output, 0);
    }
}

using TableFunction = Owned<duckdb_table_function, duckdb_destroy_table_function>;

}  // namespace

LoadScan::LoadScan() : slot_(std::make_shared<Slot>()) {}
LoadScan::~LoadScan() = default;

Status LoadScan::register_on(duckdb_connection connection) {
    const TableFunction function(duckdb_create_table_function());
    duckdb_table_function_set_name(function.get(), kFunction);
    const LogicalType handle(duckdb_create_logical_type(DUCKDB_TYPE_UBIGINT));
    duckdb_table_function_add_parameter(function.get(), handle.get());
    duckdb_table_function_set_extra_info(function.get(), new std::shared_ptr<Slot>(slot_), [](void* data) {
        delete static_cast<std::shared_ptr<Slot>*>(data);
    });
    duckdb_table_function_set_bind(function.get(), bind);
    duckdb_table_function_set_init(function.get(), init);
    duckdb_table_function_set_function(function.get(), scan);
    if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
        return failure(Errc::internal, "warehouse: the load function cannot be registered");
    }
    return {};
}

Status LoadScan::run(duckdb_connection connection, const LoadPlan& plan) {
    if (plan.rows() == 0) return {};
    const std::uint64_t handle = load_le<std::uint64_t>(random_bytes(8).data()) | 1;
    {
        const std::lock_guard lock(slot_->mutex);
        slot_->handle = handle;
        slot_->plan = &plan;
    }
    std::string names;
    for (const TableColumn& column : plan.table().columns) {
        if (!names.empty()) names += ',';
        names += identifier(column.name);
    }
    Status done = execute(connection, fmt::format("INSERT INTO {}.{} ({}) SELECT * FROM {}({}::UBIGINT)",
                                                  identifier(plan.table().schema),
                                                  identifier(plan.table().name), names, kFunction, handle));
    const std::lock_guard lock(slot_->mutex);
    slot_->handle = 0;
    slot_->plan = nullptr;
    return done;
}

}  // namespace tillstream::duck
