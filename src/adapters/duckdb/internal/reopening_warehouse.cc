#include "adapters/duckdb/internal/reopening_warehouse.h"

#include <fmt/format.h>

#include <algorithm>

namespace tillstream::duck {

namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::seconds kLook{1};
/// An instance that lived for so long did not die of what the last one died of.
constexpr std::chrono::minutes kSettled{1};

/// The error of an outcome that failed; null for one that went well or was the statement's own fault.
template <class T>
const Error* error_of(const Result<T>& outcome) {
    return outcome ? nullptr : &outcome.error();
}
const Error* error_of(const std::variant<StatementInfo, SqlError, Error>& outcome) {
    return std::get_if<Error>(&outcome);
}
const Error* error_of(const std::variant<Status, SqlError>& outcome) {
    const auto* status = std::get_if<Status>(&outcome);
    return status == nullptr ? nullptr : error_of(*status);
}

template <class Outcome>
Outcome failed_with(Error error) {
    if constexpr (std::is_same_v<Outcome, std::variant<StatementInfo, SqlError, Error>>) {
        return error;
    } else if constexpr (std::is_same_v<Outcome, std::variant<Status, SqlError>>) {
        return Status(failure(std::move(error)));
    } else {
        return failure(std::move(error));
    }
}

}  // namespace

class ReopeningWarehouse::Visit {
public:
    explicit Visit(ReopeningWarehouse& warehouse) : warehouse_(&warehouse) {}
    Visit(Visit&& other) noexcept : warehouse_(std::exchange(other.warehouse_, nullptr)) {}
    Visit& operator=(Visit&&) = delete;
    ~Visit() {
        if (warehouse_ != nullptr) warehouse_->leave();
    }
    OpenWarehouse& instance() const { return *warehouse_->instance_; }

private:
    ReopeningWarehouse* warehouse_;
};

Result<std::unique_ptr<Warehouse>> ReopeningWarehouse::open(const std::string& path,
                                                            const DuckdbOptions& options,
                                                            const Logger& logger, Metrics& metrics) {
    Opener opener = [=, &metrics] { return OpenWarehouse::open(path, options, logger, metrics); };
    std::unique_ptr<OpenWarehouse> instance = TILLSTREAM_TRY(opener());
    return std::unique_ptr<Warehouse>(
        new ReopeningWarehouse(std::move(opener), std::move(instance), logger, metrics));
}

ReopeningWarehouse::ReopeningWarehouse(Opener opener, std::unique_ptr<OpenWarehouse> instance,
                                       const Logger& logger, Metrics& metrics)
    : opener_(std::move(opener)),
      logger_(logger),
      reopened_(metrics.counter("tillstream_warehouse_reopened_total",
                                "Times the warehouse was opened again after a fatal error of its engine")),
      instance_(std::move(instance)),
      // Made by the thread that opened the first instance: engine threads inherit its name and priority.
      keeper_([this] { keep_open(); }) {}

ReopeningWarehouse::~ReopeningWarehouse() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        changed_.notify_all();
    }
    keeper_.join();
}

Result<ReopeningWarehouse::Visit> ReopeningWarehouse::enter() {
    const std::lock_guard lock(mutex_);
    if (dead_) {
        if (!reopen_error_) return failure(Errc::unavailable, "the warehouse is opened again: try again");
        const Errc code = reopen_error_->code == Errc::corruption ? Errc::corruption : Errc::unavailable;
        return failure(code, "the warehouse does not open again yet: " + reopen_error_->message);
    }
    ++inside_;
    return Visit(*this);
}

void ReopeningWarehouse::leave() {
    const std::lock_guard lock(mutex_);
    if (--inside_ == 0) changed_.notify_all();
}

template <class Work>
auto ReopeningWarehouse::call(const Work& work) -> std::invoke_result_t<Work, OpenWarehouse&> {
    using Outcome = std::invoke_result_t<Work, OpenWarehouse&>;
    auto visit = enter();
    if (!visit) return failed_with<Outcome>(visit.error());
    Outcome outcome = work(visit->instance());
    const Error* error = error_of(outcome);
    if (error == nullptr) return outcome;
    return failed_with<Outcome>(judge(visit->instance(), *error));
}

Error ReopeningWarehouse::judge(OpenWarehouse& instance, Error error) {
    if (!retire_if_dead(instance)) return error;
    if (error.code == Errc::corruption) return error;
    return Error{Errc::unavailable, fmt::format("the warehouse is opened again: {}", error.message)};
}

bool ReopeningWarehouse::retire_if_dead(OpenWarehouse& instance) {
    const std::optional<Error> death = instance.death();
    if (!death) return false;
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(dead_, true)) return true;
        changed_.notify_all();
    }
    logger_.error("the warehouse's engine met a fatal error; it is opened again",
                  {{"error", death->message}});
    instance.end_queries();
    return true;
}

Status ReopeningWarehouse::ensure(std::string what, Making make) {
    return call([&](OpenWarehouse& instance) -> Status {
        TILLSTREAM_CHECK(make(instance));
        const std::lock_guard lock(mutex_);
        const auto known = std::find_if(ensured_.begin(), ensured_.end(),
                                        [&](const auto& entry) { return entry.first == what; });
        if (known == ensured_.end()) {
            ensured_.emplace_back(std::move(what), std::move(make));
        } else {
            known->second = std::move(make);
        }
        return {};
    });
}

Status ReopeningWarehouse::ensure_table(const TableSchema& table) {
    return ensure(table.schema + "." + table.name,
                  [table](OpenWarehouse& instance) { return instance.ensure_table(table); });
}

Status ReopeningWarehouse::ensure_view(const ViewSchema& view) {
    return ensure(view.schema + "." + view.name,
                  [view](OpenWarehouse& instance) { return instance.ensure_view(view); });
}

Status ReopeningWarehouse::ensure_live_table(const TableSchema& table, LiveRows rows) {
    return ensure(table.schema + "." + table.name, [table, rows = std::move(rows)](OpenWarehouse& instance) {
        return instance.ensure_live_table(table, rows);
    });
}

Result<std::vector<SinkPosition>> ReopeningWarehouse::positions(std::string_view consumer) {
    return call([&](OpenWarehouse& instance) { return instance.positions(consumer); });
}

Status ReopeningWarehouse::commit(const WarehouseCommit& commit) {
    return call([&](OpenWarehouse& instance) { return instance.commit(commit); });
}

Status ReopeningWarehouse::rehearse(const WarehouseCommit& commit) {
    return call([&](OpenWarehouse& instance) { return instance.rehearse(commit); });
}

Status ReopeningWarehouse::clear(std::string_view consumer, std::span<const TableSchema> tables) {
    return call([&](OpenWarehouse& instance) { return instance.clear(consumer, tables); });
}

std::variant<StatementInfo, SqlError, Error> ReopeningWarehouse::inspect(std::string_view sql) {
    return call([&](OpenWarehouse& instance) { return instance.inspect(sql); });
}

std::variant<Status, SqlError> ReopeningWarehouse::query(std::string_view sql, std::span<const Cell> params,
                                                         const QueryLimits& limits, ResultVisitor& visitor) {
    return call([&](OpenWarehouse& instance) { return instance.query(sql, params, limits, visitor); });
}

void ReopeningWarehouse::keep_open() {
    auto opened_at = Clock::now();
    std::chrono::milliseconds pause{0};
    std::unique_lock lock(mutex_);
    while (true) {
        const bool called =
            changed_.wait_for(lock, kLook, [&] { return closing_ || (dead_ && inside_ == 0); });
        if (closing_) return;
        if (!called) {
            // It may die of a checkpoint while nobody calls.
            const bool alive = !dead_;
            lock.unlock();
            if (alive) (void)retire_if_dead(*instance_);
            lock.lock();
            continue;
        }
        std::unique_ptr<OpenWarehouse> dead = std::move(instance_);
        lock.unlock();
        if (dead && Clock::now() - opened_at >= kSettled) pause = {};
        dead.reset();
        lock.lock();
        if (changed_.wait_for(lock, pause, [&] { return closing_; })) return;
        pause = std::clamp(pause * 2, kFirstPause, kLongestPause);
        lock.unlock();
        auto opened = open_again();
        lock.lock();
        if (!opened) {
            reopen_error_ = std::move(opened).error();
            continue;
        }
        opened_at = Clock::now();
        instance_ = std::move(*opened);
        reopen_error_.reset();
        dead_ = false;
    }
}

Result<std::unique_ptr<OpenWarehouse>> ReopeningWarehouse::open_again() {
    auto opened = opener_();
    if (opened) {
        // Nobody is inside: what was ensured does not change meanwhile.
        for (const auto& [what, make] : ensured_) {
            if (Status made = make(**opened); !made) {
                opened = failure(std::move(made).error().with_context(what));
                break;
            }
        }
    }
    if (opened) {
        reopened_.add();
        logger_.info("the warehouse is open again");
    } else {
        logger_.warn("the warehouse does not open again yet and is tried again",
                     {{"error", opened.error().message}});
    }
    return opened;
}

}  // namespace tillstream::duck
