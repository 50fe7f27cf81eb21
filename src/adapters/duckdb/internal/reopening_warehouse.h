// reopening_warehouse.h - keeps the warehouse usable when the engine has died under it.
//
// Why:        an error the engine calls fatal (a checkpoint without memory or disk) makes its instance refuse
//             everything from then on; the file and its WAL are as good as after a crash.
// How:        the first call that fails of it, or the next look of this class's thread, ends the running
//             queries; the thread waits until nobody is inside the dead instance, destroys it, opens the file
//             anew and makes again what was ensured. Calls meanwhile fail: unavailable (corruption if the
//             file is found damaged).
// Retry:      while opening fails, with growing pauses; they also part instances that die soon after opening.
// Durability: what was committed is in the WAL. Positions tell whether a commit under way at the death was
//             made.
// Threads:    any. Two instances on the file never live at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "adapters/duckdb/internal/open_warehouse.h"

namespace tillstream::duck {

class ReopeningWarehouse final : public Warehouse {
public:
    /// Errors: see DuckdbWarehouse::open.
    static Result<std::unique_ptr<Warehouse>> open(const std::string& path, const DuckdbOptions& options,
                                                   const Logger& logger, Metrics& metrics);
    ~ReopeningWarehouse() override;

    Status ensure_table(const TableSchema& table) override;
    Status ensure_view(const ViewSchema& view) override;
    Status ensure_live_table(const TableSchema& table, LiveRows rows) override;
    Result<std::vector<SinkPosition>> positions(std::string_view consumer) override;
    Status commit(const WarehouseCommit& commit) override;
    Status rehearse(const WarehouseCommit& commit) override;
    Status clear(std::string_view consumer, std::span<const TableSchema> tables) override;
    std::variant<StatementInfo, SqlError, Error> inspect(std::string_view sql) override;
    std::variant<Status, SqlError> query(std::string_view sql, std::span<const Cell> params,
                                         const QueryLimits& limits, ResultVisitor& visitor) override;

private:
    using Opener = std::function<Result<std::unique_ptr<OpenWarehouse>>()>;
    using Making = std::function<Status(OpenWarehouse&)>;
    using Clock = std::chrono::steady_clock;
    /// Keeps the instance alive while a call is inside.
    class Visit;

    ReopeningWarehouse(Opener opener, std::unique_ptr<OpenWarehouse> instance, const Logger& logger,
                       Metrics& metrics);

    Result<Visit> enter();
    void leave();
    template <class Work>
    auto call(const Work& work) -> std::invoke_result_t<Work, OpenWarehouse&>;
    /// What a failed call means: unavailable if the instance has died of it.
    Error judge(OpenWarehouse& instance, Error error);
    /// Nobody enters `instance` any more, if it has died. Whether it has.
    bool retire_if_dead(OpenWarehouse& instance);
    Status ensure(std::string what, Making make);

    void keep_open();
    Result<std::unique_ptr<OpenWarehouse>> open_again();

    const Opener opener_;
    Logger logger_;
    Counter& reopened_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<OpenWarehouse> instance_;  ///< null while it is opened
    bool dead_ = false;                        ///< nobody may enter
    bool closing_ = false;
    std::size_t inside_ = 0;
    std::optional<Error> reopen_error_;                    ///< of the last try, none before the first
    std::vector<std::pair<std::string, Making>> ensured_;  ///< in their order, each name once
    std::thread keeper_;
};

}  // namespace tillstream::duck
