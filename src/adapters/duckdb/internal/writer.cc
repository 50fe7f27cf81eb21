#include "adapters/duckdb/internal/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "adapters/duckdb/internal/live_table.h"
#include "adapters/duckdb/internal/result_columns.h"
#include "core/own_thread.h"
#include "ports/position_lookup.h"

namespace tillstream::duck {

namespace {

constexpr std::chrono::seconds kReadersEnd{5};
constexpr std::chrono::seconds kCheckpointAgain{1};
constexpr std::uint64_t kRoomBesideWal = 64ull << 20;
/// New queries may have taken the memory again meanwhile.
constexpr int kTriesWithoutReaders = 3;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

bool starved(const Status& written) { return !written && written.error().code == Errc::resource_exhausted; }

/// It failed for what a checkpoint may lack as well.
bool hindered(const Status& written) {
    return !written && written.error().code != Errc::conflict && retryable(written.error().code);
}

/// All rows of a small result whose columns are texts, blobs or integers.
template <class Visit>
Status each_row(QueryResult& result, Visit&& visit) {
    while (true) {
        const Chunk chunk(duckdb_fetch_chunk(result.get()));
        if (chunk.get() == nullptr) return {};
        const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
        for (idx_t row = 0; row < rows; ++row) visit(chunk.get(), row);
    }
}

template <class T>
const T& cell(duckdb_data_chunk chunk, idx_t column, idx_t row) {
    return static_cast<const T*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)))[row];
}

Status bind_text(duckdb_prepared_statement statement, idx_t index, std::string_view text) {
    if (duckdb_bind_varchar_length(statement, index, text.data(), text.size()) != DuckDBSuccess) {
        return failure(Errc::invalid_argument, "warehouse: a name is not UTF-8");
    }
    return {};
}

}  // namespace

Writer::Writer(Connection connection, Readers& readers, const std::string& path, const DuckdbOptions& options,
               Logger logger, Metrics& metrics)
    : connection_(std::move(connection)),
      readers_(readers),
      wal_path_(path + ".wal"),
      options_(options),
      logger_(std::move(logger)),
      rows_(metrics.counter("tillstream_warehouse_rows_total", "Rows committed to the warehouse")),
      commit_seconds_(metrics.histogram("tillstream_warehouse_commit_seconds", "Time of a commit, synced",
                                        latency_buckets())),
      checkpoint_seconds_(metrics.histogram("tillstream_warehouse_checkpoint_seconds",
                                            "Time commits waited while the WAL was folded in",
                                            latency_buckets())),
      wal_bytes_(metrics.gauge("tillstream_warehouse_wal_bytes", "Size of the warehouse's WAL")) {}

Writer::~Writer() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    if (schedule_.joinable()) schedule_.join();
}

Status Writer::start() {
    TILLSTREAM_CHECK(scan_.register_on(connection_.get()));
    // Without an index: updates of an indexed table cost more than the look-up saves.
    TILLSTREAM_CHECK(execute(connection_.get(),
                             "CREATE TABLE IF NOT EXISTS ops.sink_positions "
                             "(consumer VARCHAR, source BIGINT, next BIGINT, cursor BLOB, epoch BIGINT)"));
    select_positions_ = TILLSTREAM_TRY(prepare(
        connection_.get(), "SELECT source, next, cursor, epoch FROM ops.sink_positions WHERE consumer = $1"));
    update_position_ = TILLSTREAM_TRY(prepare(connection_.get(),
                                              "UPDATE ops.sink_positions SET next = $3, cursor = $4, epoch = "
                                              "$5 WHERE consumer = $1 AND source = $2"));
    insert_position_ = TILLSTREAM_TRY(
        prepare(connection_.get(), "INSERT INTO ops.sink_positions VALUES ($1, $2, $3, $4, $5)"));
    last_commit_ = Clock::now();
    schedule_ = std::thread([this] { keep_wal_small(); });
    return {};
}

Status Writer::ensure_table(const TableSchema& table) {
    const std::lock_guard lock(mutex_);
    std::string columns;
    for (const TableColumn& column : table.columns) {
        columns +=
            fmt::format("{}{} {}", columns.empty() ? "" : ", ", identifier(column.name), sql_type(column));
    }
    TILLSTREAM_CHECK(
        execute(connection_.get(), fmt::format("CREATE TABLE IF NOT EXISTS {}.{} ({})",
                                               identifier(table.schema), identifier(table.name), columns)));
    TILLSTREAM_CHECK(alter_table(table));
    return comment_columns(table);
}

Status Writer::ensure_view(const ViewSchema& view) {
    const std::lock_guard lock(mutex_);
    return execute(connection_.get(),
                   fmt::format("CREATE OR REPLACE VIEW {}.{} AS {}", identifier(view.schema),
                               identifier(view.name), view.select));
}

Status Writer::ensure_live_table(const TableSchema& table, LiveRows rows) {
    const std::lock_guard lock(mutex_);
    const std::string function =
        TILLSTREAM_TRY(register_live_table(connection_.get(), table, std::move(rows)));
    TILLSTREAM_CHECK(
        execute(connection_.get(), fmt::format("CREATE OR REPLACE VIEW {}.{} AS SELECT * FROM {}()",
                                               identifier(table.schema), identifier(table.name), function)));
    return comment_columns(table);
}

Status Writer::alter_table(const TableSchema& table) {
    QueryResult result;
    const std::string sql = fmt::format(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = {} AND table_name = {}",
        literal(table.schema), literal(table.name));
    if (duckdb_query(connection_.get(), sql.c_str(), result.out()) != DuckDBSuccess)
        return failure(write_error(result));
    std::map<std::string, std::string, std::less<>> present;
    TILLSTREAM_CHECK(each_row(result, [&](duckdb_data_chunk chunk, idx_t row) {
        present.emplace(cell<StringRef>(chunk, 0, row).view(), cell<StringRef>(chunk, 1, row).view());
    }));
    for (const TableColumn& column : table.columns) {
        const auto found = present.find(column.name);
        if (found == present.end()) {
            TILLSTREAM_CHECK(
                execute(connection_.get(),
                        fmt::format("ALTER TABLE {}.{} ADD COLUMN {} {}", identifier(table.schema),
                                    identifier(table.name), identifier(column.name), sql_type(column))));
        } else if (found->second != sql_type(column)) {
            return failure(
                Errc::conflict,
                fmt::format("column {} of {}.{} is {} in the warehouse, wanted is {}; give the "
                            "changed column a new name",
                            column.name, table.schema, table.name, found->second, sql_type(column)));
        }
    }
    return {};
}

Status Writer::comment_columns(const TableSchema& table) {
    for (const TableColumn& column : table.columns) {
        if (column.description.empty()) continue;
        TILLSTREAM_CHECK(execute(
            connection_.get(),
            fmt::format("COMMENT ON COLUMN {}.{}.{} IS {}", identifier(table.schema), identifier(table.name),
                        identifier(column.name), literal(column.description))));
    }
    return {};
}

Result<std::vector<SinkPosition>> Writer::positions(std::string_view consumer) {
    const std::lock_guard lock(mutex_);
    return read_positions(consumer);
}

Result<std::vector<SinkPosition>> Writer::read_positions(std::string_view consumer) {
    TILLSTREAM_CHECK(bind_text(select_positions_.get(), 1, consumer));
    QueryResult result;
    TILLSTREAM_CHECK(execute_prepared(select_positions_.get(), result));
    std::vector<SinkPosition> positions;
    TILLSTREAM_CHECK(each_row(result, [&](duckdb_data_chunk chunk, idx_t row) {
        positions.push_back({SourceId{static_cast<std::uint32_t>(cell<std::int64_t>(chunk, 0, row))},
                             Offset{static_cast<std::uint64_t>(cell<std::int64_t>(chunk, 1, row))},
                             std::string(cell<StringRef>(chunk, 2, row).view()),
                             Epoch{static_cast<std::uint64_t>(cell<std::int64_t>(chunk, 3, row))}});
    }));
    return positions;
}

/// Whether the stored positions are those of `commit`. One without positions leaves no trace to look for.
Result<bool> Writer::is_stored(const WarehouseCommit& commit) {
    const std::vector<SinkPosition> stored = TILLSTREAM_TRY(read_positions(commit.consumer));
    return !commit.positions.empty() &&
           std::all_of(commit.positions.begin(), commit.positions.end(), [&](const SinkPosition& position) {
               const SinkPosition* found = find_position(stored, position.source);
               return found != nullptr && *found == position;
           });
}

Status Writer::store_positions(const WarehouseCommit& commit, const std::vector<SinkPosition>& stored) {
    for (const SinkPosition& position : commit.positions) {
        const bool known = find_position(stored, position.source) != nullptr;
        const duckdb_prepared_statement statement = (known ? update_position_ : insert_position_).get();
        TILLSTREAM_CHECK(bind_text(statement, 1, commit.consumer));
        duckdb_bind_int64(statement, 2, position.source.value);
        duckdb_bind_int64(statement, 3, static_cast<std::int64_t>(position.next.value));
        duckdb_bind_blob(statement, 4, position.cursor.data(), position.cursor.size());
        duckdb_bind_int64(statement, 5, static_cast<std::int64_t>(position.epoch.value));
        QueryResult result;
        TILLSTREAM_CHECK(execute_prepared(statement, result));
    }
    return {};
}

Status Writer::commit(const WarehouseCommit& commit) { return write(commit, Ending::commit); }
Status Writer::rehearse(const WarehouseCommit& commit) { return write(commit, Ending::rollback); }

Status Writer::clear(std::string_view consumer, std::span<const TableSchema> tables) {
    std::string script =
        fmt::format("DELETE FROM ops.sink_positions WHERE consumer = {};", literal(consumer));
    for (const TableSchema& table : tables)
        script += fmt::format("DELETE FROM {}.{};", identifier(table.schema), identifier(table.name));
    const std::lock_guard lock(mutex_);
    TILLSTREAM_CHECK(execute(connection_.get(), "BEGIN TRANSACTION"));
    Status cleared = execute(connection_.get(), script);
    if (cleared) cleared = execute(connection_.get(), "COMMIT");
    if (!cleared) (void)execute(connection_.get(), "ROLLBACK");
    return cleared;
}

Status Writer::write(const WarehouseCommit& commit, Ending ending) {
    std::vector<LoadPlan> plans;
    for (const FactLoad& load : commit.facts) plans.push_back(TILLSTREAM_TRY(LoadPlan::of(load)));
    for (const CellLoad& load : commit.cells) plans.push_back(TILLSTREAM_TRY(LoadPlan::of(load)));

    const std::lock_guard lock(mutex_);
    const auto begun = Clock::now();
    auto tried = begun;
    Status written = write_once(plans, commit, ending);
    for (int again = 0; starved(written) && again < kTriesWithoutReaders; ++again) {
        logger_.warn("a commit ran out of memory: the queries that ran when it was tried are ended",
                     {{"consumer", commit.consumer}});
        readers_.cancel_older(tried, kReadersEnd);
        tried = Clock::now();  // whoever began since then is asked to go only if this fails too
        // Rolling back takes memory too: the first try may have failed like the commit.
        (void)execute(connection_.get(), "ROLLBACK");
        // The engine may have said so of a commit that it had already made.
        if (ending == Ending::commit && TILLSTREAM_TRY(is_stored(commit))) {
            written = {};
        } else {
            written = write_once(plans, commit, ending);
        }
    }
    if (ending == Ending::commit) commit_failed_ = hindered(written);
    if (starved(written)) return failure(Errc::unavailable, written.error().message);
    TILLSTREAM_CHECK(std::move(written));
    if (ending == Ending::rollback) return {};
    for (const LoadPlan& plan : plans) rows_.add(static_cast<double>(plan.rows()));
    commit_seconds_.observe(seconds_since(begun));
    last_commit_ = Clock::now();
    if (wal_size() > options_.wal_bytes) wake_.notify_all();
    return {};
}

Status Writer::write_once(const std::vector<LoadPlan>& plans, const WarehouseCommit& commit, Ending ending) {
    TILLSTREAM_CHECK(execute(connection_.get(), "BEGIN TRANSACTION"));
    Status loaded = load(plans, commit, ending);
    if (!loaded || ending == Ending::rollback) {
        (void)execute(connection_.get(), "ROLLBACK");
        return loaded;
    }
    Status committed = execute(connection_.get(), "COMMIT");
    if (!committed) (void)execute(connection_.get(), "ROLLBACK");
    return committed;
}

Status Writer::load(const std::vector<LoadPlan>& plans, const WarehouseCommit& commit, Ending ending) {
    std::vector<SinkPosition> stored;
    if (ending == Ending::commit) {
        stored = TILLSTREAM_TRY(read_positions(commit.consumer));
        TILLSTREAM_CHECK(check_positions(commit.consumer, stored, commit.expected, commit.positions));
    }
    for (const FactRange& range : commit.removed) TILLSTREAM_CHECK(remove(range));
    for (const LoadPlan& plan : plans) TILLSTREAM_CHECK(scan_.run(connection_.get(), plan));
    if (ending == Ending::commit) TILLSTREAM_CHECK(store_positions(commit, stored));
    return {};
}

Status Writer::remove(const FactRange& range) {
    return execute(connection_.get(),
                   fmt::format("DELETE FROM {}.{} WHERE stream = {} AND shard = {} AND \"offset\" >= {} AND "
                               "\"offset\" < {}",
                               identifier(range.table->schema), identifier(range.table->name),
                               literal(range.stream), range.shard, range.from.value, range.to.value));
}

std::uint64_t Writer::wal_size() const {
    std::error_code none;
    const auto size = std::filesystem::file_size(wal_path_, none);
    return none ? 0 : size;
}

void Writer::keep_wal_small() {
    name_own_thread("warehouse-keep");
    std::unique_lock lock(mutex_);
    auto not_before = Clock::now();
    while (!closing_) {
        wake_.wait_for(lock, options_.idle);
        if (closing_) return;
        const std::uint64_t size = wal_size();
        wal_bytes_.set(static_cast<double>(size));
        const bool idle = size != 0 && !commit_failed_ && Clock::now() - last_commit_ >= options_.idle;
        if ((size <= options_.wal_bytes && !idle) || Clock::now() < not_before) continue;
        if (!has_room_to_fold(size)) continue;
        if (Status done = checkpoint(); !done) {
            logger_.warn("the WAL could not be folded in", {{"error", done.error().message}});
            not_before = Clock::now() + kCheckpointAgain;
        }
    }
}

/// A checkpoint that runs out of disk is fatal to the engine; a long WAL is not.
bool Writer::has_room_to_fold(std::uint64_t wal_size) {
    std::error_code unknown;
    const auto space = std::filesystem::space(std::filesystem::path(wal_path_).parent_path(), unknown);
    const bool room = unknown || space.available >= 2 * wal_size + kRoomBesideWal;
    if (!room && !short_of_room_) {
        logger_.warn("the disk is too full to fold the WAL in: it waits for room",
                     {{"free_bytes", std::uint64_t{space.available}}, {"wal_bytes", wal_size}});
    }
    short_of_room_ = !room;
    return room;
}

Status Writer::checkpoint() {
    const auto begun = Clock::now();
    TILLSTREAM_CHECK(execute(connection_.get(), "CHECKPOINT"));
    checkpoint_seconds_.observe(seconds_since(begun));
    wal_bytes_.set(0);
    return {};
}

}  // namespace tillstream::duck
