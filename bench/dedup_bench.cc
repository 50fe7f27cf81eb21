// dedup_bench - what it costs to ask for an event id, new or repeated, beside many that are known; how long
// the index takes to build from the log and to open again, and what memory and disk it takes. Prints JSON.
//
//   dedup_bench [--ids 1000000] [--asked 1000000] [--batch 500] [--memory BYTES] [--dir ./dedup-bench]
//
// Fails if an id that was there is not known, or a new one is; if memory goes beyond the option; or if
// look-ups read more blocks than the filters allow for.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/command_line.h"
#include "bench/dedup/counting_files.h"
#include "bench/dedup/made_up_log.h"
#include "identity/deduplicator.h"

namespace tillstream::bench {

namespace {

/// Blocks read for an id that a run does not hold: its filter is wrong about 0.6 % of them.
constexpr double kReadsPerRunMax = 0.01;
constexpr std::chrono::milliseconds kRetryInterval{1};

double now() { return std::chrono::duration<double>(system_clock().steady()).count(); }

/// Of a line of /proc/self/status such as VmRSS.
std::uint64_t own_memory_bytes(std::string_view name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':')
            return std::stoull(line.substr(name.size() + 1)) << 10;
    }
    return 0;
}

struct Arguments {
    std::uint64_t ids = 1'000'000;
    std::uint64_t asked = 1'000'000;
    std::uint64_t batch = 500;
    std::uint64_t memory_bytes = DedupOptions{}.memory_bytes;
    std::string dir = "./dedup-bench";
};

/// Of all ids asked for.
struct Answers {
    double nanos_each = 0;
    std::uint64_t copies = 0;
    std::uint64_t reads = 0;
};

class Measurement {
public:
    explicit Measurement(const Arguments& arguments)
        : arguments_(arguments), log_(arguments.ids), files_(posix_filesystem()) {
        options_.ids_max = std::max(options_.ids_max, arguments.ids + arguments.ids / 8);
        options_.memory_bytes = arguments.memory_bytes;
        options_.check = std::chrono::hours{1};
    }

    Status run();
    std::string report() const;
    /// Empty if all is as promised.
    std::string problem() const;

private:
    Result<double> open();
    Answers ask(std::uint64_t first, std::uint64_t stride, std::uint64_t within);
    void note_memory();

    const Arguments arguments_;
    MadeUpLog log_;
    CountingFiles files_;
    Metrics metrics_;
    DedupOptions options_;
    std::unique_ptr<Deduplicator> dedup_;
    double built_seconds_ = 0;
    double opened_seconds_ = 0;
    Answers fresh_;
    Answers known_;
    Deduplicator::Figures figures_;
    std::uint64_t memory_most_ = 0;     ///< as the index counts it
    std::uint64_t process_growth_ = 0;  ///< of the process, at its peak
    std::uint64_t disk_bytes_ = 0;
};

Result<double> Measurement::open() {
    dedup_.reset();
    const double began = now();
    dedup_ = TILLSTREAM_TRY(Deduplicator::open(
        {log_, files_, system_clock(), arguments_.dir, MadeUpLog::kSystem, Logger::silent(), metrics_},
        options_));
    return now() - began;
}

void Measurement::note_memory() {
    figures_ = dedup_->figures();
    memory_most_ = std::max(memory_most_, figures_.memory_bytes);
}

/// Nothing that is asked stays claimed.
Answers Measurement::ask(std::uint64_t first, std::uint64_t stride, std::uint64_t within) {
    Answers answers;
    double took = 0;
    std::vector<std::string> texts(arguments_.batch);
    std::vector<RecordId> records(arguments_.batch);
    const std::uint64_t reads_before = files_.reads();
    for (std::uint64_t done = 0; done < arguments_.asked;) {
        for (std::uint64_t i = 0; i < arguments_.batch; ++i) {
            texts[i] = made_up_id(first + (done + i) * stride % within);
            records[i] = {texts[i], "{}", true};
        }
        const double began = now();
        const Claim claim = dedup_->claim(dedup_->stream("sales"), records);
        if (claim.outcome() != Claim::Outcome::claimed) {
            std::this_thread::sleep_for(kRetryInterval);
            continue;
        }
        took += now() - began;
        answers.copies += claim.copies().size();
        dedup_->settle(claim, std::nullopt);
        done += arguments_.batch;
        note_memory();
    }
    answers.reads = files_.reads() - reads_before;
    answers.nanos_each = took * 1e9 / static_cast<double>(arguments_.asked);
    return answers;
}

Status Measurement::run() {
    std::filesystem::remove_all(arguments_.dir);
    const std::uint64_t resident_before = own_memory_bytes("VmRSS");
    built_seconds_ = TILLSTREAM_TRY(open());
    const double sealing = now();
    TILLSTREAM_CHECK(dedup_->seal());
    built_seconds_ += now() - sealing;
    opened_seconds_ = TILLSTREAM_TRY(open());
    // New ids have numbers the log never had; old ones are taken from all over it.
    fresh_ = ask(arguments_.ids, 1, arguments_.asked);
    known_ = ask(0, 7'919, arguments_.ids);
    note_memory();
    process_growth_ = own_memory_bytes("VmHWM") - std::min(own_memory_bytes("VmHWM"), resident_before);
    for (const auto& file : std::filesystem::directory_iterator(arguments_.dir))
        disk_bytes_ += file.file_size();
    dedup_.reset();
    std::filesystem::remove_all(arguments_.dir);
    return {};
}

std::string Measurement::report() const {
    const auto each = [this](std::uint64_t total) {
        return static_cast<double>(total) / static_cast<double>(arguments_.asked);
    };
    return fmt::format(R"({{"ids":{},"runs":{},"new_ns":{:.1f},"repeated_ns":{:.1f},"new_reads":{:.4f},)"
                       R"("repeated_reads":{:.4f},"memory_bytes":{},"peak_bytes":{},"memory_option":{},)"
                       R"("disk_bytes":{},"build_seconds":{:.3f},"reopen_seconds":{:.4f}}})",
                       figures_.sealed_ids, figures_.runs, fresh_.nanos_each, known_.nanos_each,
                       each(fresh_.reads), each(known_.reads), memory_most_, process_growth_,
                       options_.memory_bytes, disk_bytes_, built_seconds_, opened_seconds_);
}

std::string Measurement::problem() const {
    const auto asked = static_cast<double>(arguments_.asked);
    const double strays = kReadsPerRunMax * static_cast<double>(figures_.runs) * asked;
    if (fresh_.copies != 0) return fmt::format("{} new ids are known", fresh_.copies);
    if (known_.copies != arguments_.asked)
        return fmt::format("only {} of {} repeated ids are known", known_.copies, arguments_.asked);
    if (static_cast<double>(fresh_.reads) > strays)
        return fmt::format("{} blocks were read for {} new ids", fresh_.reads, arguments_.asked);
    if (static_cast<double>(known_.reads) > asked + strays)
        return fmt::format("{} blocks were read for {} repeated ids", known_.reads, arguments_.asked);
    if (std::max(memory_most_, process_growth_) > options_.memory_bytes)
        return fmt::format("memory grew by {} bytes; --memory is {}", std::max(memory_most_, process_growth_),
                           options_.memory_bytes);
    return {};
}

int run(Arguments arguments) {
    arguments.asked = std::max<std::uint64_t>(arguments.asked / arguments.batch, 1) * arguments.batch;
    Measurement measurement(arguments);
    if (const Status done = measurement.run(); !done) {
        std::fprintf(stderr, "dedup_bench: %s\n", done.error().message.c_str());
        return 1;
    }
    std::puts(measurement.report().c_str());
    const std::string problem = measurement.problem();
    if (problem.empty()) return 0;
    std::fprintf(stderr, "dedup_bench: %s\n", problem.c_str());
    return 1;
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    tillstream::bench::Arguments arguments;
    CLI::App app{"What it costs to ask whether an event id is known"};
    app.add_option("--ids", arguments.ids, "that are known")
        ->capture_default_str()
        ->check(CLI::Range(1'000, 2'000'000'000));
    app.add_option("--asked", arguments.asked, "new and repeated ids each")->capture_default_str();
    app.add_option("--batch", arguments.batch, "ids a request")
        ->capture_default_str()
        ->check(CLI::Range(1, 100'000));
    app.add_option("--memory", arguments.memory_bytes, "dedup.memory_bytes")->capture_default_str();
    app.add_option("--dir", arguments.dir, "folder of its own, emptied before and removed after")
        ->capture_default_str();
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    return tillstream::bench::run(std::move(arguments));
}
