// dedup_bench - what it costs to ask for an event id, new or repeated, beside many that are known; how long
// the index takes to build from the log, and what memory it holds.
//
//   dedup_bench [--ids 1000000] [--asked 1000000] [--batch 500] [--dir ./dedup-bench]
//
// The log is made up: its reader gives batches of ids as fast as they are asked for, spread over five days.
// Fails if an id that was there is not known, or a new one is.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "identity/deduplicator.h"

namespace {

using namespace tillstream;

constexpr std::uint32_t kBatch = 1000;
constexpr std::int64_t kDays = 5;

double now() { return std::chrono::duration<double>(system_clock().steady()).count(); }

std::string id_of(std::uint64_t number) { return fmt::format("a7c31f0e9b5d2846-{}", number); }

/// A log that holds the ids from 0 to before `ids`.
class MadeUpLog final : public EventLog {
public:
    explicit MadeUpLog(std::uint64_t ids) : ids_(ids) {}

    LogCapabilities capabilities() const override { return {}; }
    Result<std::vector<SourceInfo>> register_stream(std::string_view, std::uint32_t) override {
        return sources();
    }
    std::vector<SourceInfo> sources() const override {
        return {{SourceId{1}, "system", ShardId{0}, 0}, {SourceId{2}, "sales", ShardId{0}, 0}};
    }
    void append(std::vector<LogBatch>, AppendDone done) override {
        done(failure(Errc::unsupported, "nothing is written here"));
    }
    Position durable_end() const override { return {{SourceId{2}, Offset{ids_}}}; }
    Position earliest() const override { return {}; }
    std::string durable_cursor() const override { return std::to_string(ids_); }
    Result<std::unique_ptr<LogReader>> open_reader(std::string_view cursor, ReadFrom) override {
        const std::uint64_t from = cursor.empty() ? 0 : std::stoull(std::string(cursor));
        return std::unique_ptr<LogReader>(std::make_unique<Reader>(ids_, from));
    }
    Result<std::unique_ptr<LogReader>> open_reader_at(SourceId, Offset) override {
        return failure(Errc::unsupported, "read from the beginning");
    }
    std::uint64_t bytes_behind(std::string_view) const override { return 0; }
    bool wait_for_more(std::string_view, std::chrono::milliseconds) override { return false; }

private:
    class Reader final : public LogReader {
    public:
        Reader(std::uint64_t ids, std::uint64_t from)
            : ids_(ids), next_(from), began_(system_clock().now()) {}

        Result<LogRead> read(std::size_t) override {
            LogRead read;
            if (next_ < ids_) read.batches.push_back(next_batch());
            read.cursor = std::to_string(next_);
            read.at_end = next_ == ids_;
            return read;
        }

    private:
        LogBatch next_batch() {
            auto block = std::make_shared<RecordBlock>();
            LogBatch batch;
            batch.source = SourceId{2};
            batch.base = Offset{next_};
            batch.lsn = Lsn{next_ / kBatch + 1};
            const auto ago =
                static_cast<std::int64_t>((ids_ - next_) * 1e6 / static_cast<double>(ids_) * 86'400);
            batch.arrived = {began_.micros - kDays * ago};
            for (std::uint32_t i = 0; i < kBatch && next_ < ids_; ++i, ++next_) {
                block->values.append("{}\n");
                block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
                block->event_ids.append(id_of(next_));
                block->event_id_ends.push_back(static_cast<std::uint32_t>(block->event_ids.size()));
            }
            batch.records = std::move(block);
            return batch;
        }

        const std::uint64_t ids_;
        std::uint64_t next_;
        const Timestamp began_;
    };

    const std::uint64_t ids_;
};

struct Arguments {
    std::uint64_t ids = 1'000'000;
    std::uint64_t asked = 1'000'000;
    std::uint64_t batch = 500;
    std::string dir = "./dedup-bench";
};

/// Nanoseconds an id. `copies` counts those that were known. Nothing that is asked stays claimed.
double ask(Deduplicator& dedup, const Arguments& arguments, std::uint64_t first, std::uint64_t stride,
           std::uint64_t within, std::uint64_t& copies) {
    double took = 0;
    std::vector<std::string> texts(arguments.batch);
    std::vector<RecordId> records(arguments.batch);
    for (std::uint64_t done = 0; done < arguments.asked; done += arguments.batch) {
        for (std::uint64_t i = 0; i < arguments.batch; ++i) {
            texts[i] = id_of(first + (done + i) * stride % within);
            records[i] = {texts[i], "{}", true};
        }
        const double began = now();
        const Claim claim = dedup.claim(dedup.stream("sales"), records);
        took += now() - began;
        copies += claim.copies().size();
        dedup.settle(claim, std::nullopt);
    }
    return took * 1e9 / static_cast<double>(arguments.asked);
}

int run(const Arguments& arguments) {
    std::filesystem::remove_all(arguments.dir);
    MadeUpLog log(arguments.ids);
    Metrics metrics;
    DedupOptions options;
    options.ids_max = 2 * arguments.ids + 10'000'000;
    options.memory_bytes = options.ids_max * 4;
    options.check = std::chrono::hours{1};
    const auto open = [&] {
        return Deduplicator::open(
            {log, posix_filesystem(), system_clock(), arguments.dir, SourceId{1}, Logger::silent(), metrics},
            options);
    };
    const double began = now();
    auto dedup = open();
    if (!dedup) return std::fprintf(stderr, "%s\n", dedup.error().message.c_str()), 1;
    if (const Status sealed = (*dedup)->seal(); !sealed)
        return std::fprintf(stderr, "%s\n", sealed.error().message.c_str()), 1;
    const double built = now() - began;
    dedup->reset();
    const double opening = now();
    dedup = open();
    if (!dedup) return std::fprintf(stderr, "%s\n", dedup.error().message.c_str()), 1;
    const double opened = now() - opening;
    std::uint64_t copies_of_new = 0, copies_of_old = 0;
    // New ids have numbers the log never had; old ones are taken from all over it.
    const double fresh = ask(**dedup, arguments, arguments.ids, 1, arguments.asked, copies_of_new);
    const double known = ask(**dedup, arguments, 0, 7'919, arguments.ids, copies_of_old);
    const Deduplicator::Figures figures = (*dedup)->figures();
    fmt::print(
        "{} ids in {} runs: a new one {:.0f} ns, a repeated one {:.0f} ns; {:.2f} bytes of memory an id\n"
        "built from the log in {:.1f} s ({:.2f} M ids/s), opened in {:.3f} s\n",
        figures.sealed_ids, figures.runs, fresh, known,
        static_cast<double>(figures.memory_bytes) /
            static_cast<double>(std::max<std::uint64_t>(figures.sealed_ids, 1)),
        built, static_cast<double>(arguments.ids) / built / 1e6, opened);
    dedup->reset();
    std::filesystem::remove_all(arguments.dir);
    if (copies_of_new == 0 && copies_of_old == arguments.asked) return 0;
    fmt::print("WRONG: {} new ids known, {} of {} old ones\n", copies_of_new, copies_of_old, arguments.asked);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments;
    CLI::App cli("What it costs to ask whether an event id is known");
    cli.add_option("--ids", arguments.ids, "Ids that are known")->check(CLI::Range(1'000, 2'000'000'000));
    cli.add_option("--asked", arguments.asked, "Ids asked for, new and repeated each");
    cli.add_option("--batch", arguments.batch, "Ids a request")->check(CLI::Range(1, 100'000));
    cli.add_option("--dir", arguments.dir, "Folder of its own, emptied before and removed after");
    CLI11_PARSE(cli, argc, argv);
    arguments.asked -= arguments.asked % arguments.batch;
    return run(arguments);
}
