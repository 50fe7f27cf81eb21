// journal_bench - durable appends per second of the journal alone, on the disk that holds DIR.
//
//   journal_bench [DIR=./journal-bench] [SECONDS=3]
//
// Arms:  requests of 500 records of 190 bytes over 4 shards, and requests of one record, each from 2 threads
//        with 32 outstanding. The plain flush of one 4 KiB block is measured before and after, as the
//        denominator.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/bytes.h"
#include "core/env.h"
#include "log/journal.h"

namespace {

using namespace tillstream;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kRecordBytes = 190;
constexpr std::uint32_t kShards = 4;
constexpr int kThreads = 2;
constexpr int kOutstanding = 32;

/// CPU seconds of the whole process: on a shared machine a sounder figure than the clock's.
double cpu() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double now() { return Seconds(system_clock().steady()).count(); }

std::shared_ptr<const RecordBlock> block_of(std::size_t records) {
    RecordBlock block;
    std::string line(kRecordBytes - 1, 'x');
    line.front() = '{';
    line.back() = '}';
    for (std::size_t i = 0; i < records; ++i) {
        block.values.append(line);
        block.values.push_back('\n');
        block.ends.push_back(static_cast<std::uint32_t>(block.values.size()));
    }
    return std::make_shared<const RecordBlock>(std::move(block));
}

std::vector<LogBatch> request_of(const std::vector<SourceInfo>& sources,
                                 const std::shared_ptr<const RecordBlock>& block, std::size_t parts,
                                 std::uint32_t turn) {
    std::vector<LogBatch> batches(parts);
    for (std::size_t i = 0; i < parts; ++i) {
        batches[i].source = sources[(turn + i) % sources.size()].id;
        batches[i].contract = "sales@1";
        batches[i].records = block;
    }
    return batches;
}

void append_for(Journal& journal, const std::vector<SourceInfo>& sources, std::size_t records, double until,
                std::atomic<std::uint64_t>& durable) {
    std::counting_semaphore<kOutstanding> slots(kOutstanding);
    // Making records is not the journal's work: all requests share one block, which the journal copies and
    // checksums.
    const std::size_t parts = std::min<std::size_t>(records, sources.size());
    const auto block = block_of(records / parts);
    for (std::uint32_t turn = 0; now() < until; ++turn) {
        slots.acquire();
        journal.append(request_of(sources, block, parts, turn), [&, records](Result<Appended> answer) {
            if (answer) durable += records;
            slots.release();
        });
    }
    for (int i = 0; i < kOutstanding; ++i) slots.acquire();
}

double flushes_per_second(const std::string& dir) {
    const std::string path = dir + "/flush-probe";
    constexpr std::size_t kBlocks = 1024;
    auto file = *posix_filesystem().open(path, {.write = true, .create = true, .direct = true});
    const AlignedBuffer block(kBlocks * AlignedBuffer::kAlignment);
    std::fill(const_cast<char*>(block.data()), const_cast<char*>(block.data()) + block.size(), '\0');
    if (!file->write_at(0, {block.data(), block.size()}) || !file->sync()) std::exit(EXIT_FAILURE);
    const double begun = now();
    for (std::size_t i = 0; i < kBlocks; ++i)
        if (!file->write_at(i * AlignedBuffer::kAlignment, {block.data(), AlignedBuffer::kAlignment}) ||
            !file->sync())
            std::exit(EXIT_FAILURE);
    const double rate = kBlocks / (now() - begun);
    std::filesystem::remove(path);
    return rate;
}

void run_arm(const std::string& dir, std::string_view name, std::size_t records, double seconds) {
    std::filesystem::remove_all(dir);
    Metrics metrics;
    JournalOptions options;
    auto journal = Journal::open(posix_filesystem(), system_clock(), dir, options, Logger::silent(), metrics);
    if (!journal) {
        fmt::print(stderr, "{}\n", journal.error().message);
        std::exit(EXIT_FAILURE);
    }
    const auto sources = *(*journal)->register_stream("sales", kShards);
    Counter& groups = metrics.counter("tillstream_log_groups_total", "");
    const double groups_before = groups.value();
    std::atomic<std::uint64_t> durable = 0;
    const double cpu_before = cpu();
    const double begun = now();
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&] { append_for(**journal, sources, records, begun + seconds, durable); });
    for (std::thread& thread : threads) thread.join();
    const double took = now() - begun;
    const double flushes = groups.value() - groups_before;
    fmt::print(
        "{:<22} {:>10.0f} records/s  {:>7.0f} flushes/s  {:>8.1f} records/flush  {:>6.3f} us CPU/record\n",
        name, static_cast<double>(durable) / took, flushes / took, static_cast<double>(durable) / flushes,
        1e6 * (cpu() - cpu_before) / static_cast<double>(durable));
    journal->reset();
    std::filesystem::remove_all(dir);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string dir = argc > 1 ? argv[1] : "./journal-bench";
    const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
    std::filesystem::create_directories(dir);
    fmt::print("plain flush, 4 KiB     {:>10.0f} flushes/s\n", flushes_per_second(dir));
    run_arm(dir + "/log", "500 records x 190 B", 500, seconds);
    run_arm(dir + "/log", "1 record x 190 B", 1, seconds);
    fmt::print("plain flush, 4 KiB     {:>10.0f} flushes/s\n", flushes_per_second(dir));
    return EXIT_SUCCESS;
}
