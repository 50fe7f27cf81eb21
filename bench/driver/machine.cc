#include "bench/driver/machine.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "core/bytes.h"

namespace tillstream::bench {

namespace {

using Clock = std::chrono::steady_clock;

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown processor";
}

}  // namespace

Result<double> probe_flush(Filesystem& fs, const std::string& dir, double seconds) {
    constexpr std::size_t kFileBytes = 4 << 20;
    const std::string path = dir + "/flush-probe";
    const auto file = TILLSTREAM_TRY(fs.open(path, {.write = true, .create = true, .direct = true}));
    AlignedBuffer block(kFileBytes);
    std::memset(block.data(), 1, block.size());
    TILLSTREAM_CHECK(file->write_at(0, {block.data(), block.size()}));
    TILLSTREAM_CHECK(file->sync());
    std::vector<double> micros;
    std::uint64_t offset = 0;
    const auto until = Clock::now() + std::chrono::duration<double>(seconds);
    for (auto start = Clock::now(); start < until;) {
        TILLSTREAM_CHECK(file->write_at(offset, {block.data(), AlignedBuffer::kAlignment}));
        TILLSTREAM_CHECK(file->sync());
        const auto end = Clock::now();
        micros.push_back(std::chrono::duration<double, std::micro>(end - start).count());
        start = end;
        offset = (offset + AlignedBuffer::kAlignment) % kFileBytes;
    }
    TILLSTREAM_CHECK(fs.remove(path));
    const auto middle = micros.begin() + static_cast<std::ptrdiff_t>(micros.size() / 2);
    std::nth_element(micros.begin(), middle, micros.end());
    return micros.empty() ? 0.0 : *middle;
}

CpuTicks read_cpu_ticks() {
    std::ifstream file("/proc/stat");
    std::string name;
    file >> name;
    constexpr int kFields = 8;  // user nice system idle iowait irq softirq steal; guest time is inside user
    CpuTicks ticks;
    for (int i = 0; i < kFields; ++i) {
        std::uint64_t value = 0;
        file >> value;
        ticks.total += value;
        ticks.steal = value;
    }
    return ticks;
}

double steal_share(const CpuTicks& before, const CpuTicks& after) {
    if (after.total <= before.total) return 0;
    return static_cast<double>(after.steal - before.steal) / static_cast<double>(after.total - before.total);
}

double load_average() {
    double load = 0;
    return ::getloadavg(&load, 1) == 1 ? load : 0;
}

std::string describe_machine() {
    utsname system{};
    ::uname(&system);
    const double bytes =
        static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
    return fmt::format("{}, {} cores, {:.0f} GiB, {} {}", processor_name(),
                       std::thread::hardware_concurrency(), bytes / (1 << 30), system.sysname,
                       system.release);
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

}  // namespace tillstream::bench
