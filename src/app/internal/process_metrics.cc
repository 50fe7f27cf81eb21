#include "app/internal/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

namespace tillstream::app {

namespace {

double cpu_seconds_now() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double unix_seconds_now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics, const std::string& version)
    : cpu_seconds_(metrics.counter("process_cpu_seconds_total", "User and system CPU time spent")),
      resident_bytes_(metrics.gauge("process_resident_memory_bytes", "Resident memory size")),
      virtual_bytes_(metrics.gauge("process_virtual_memory_bytes", "Virtual memory size")),
      open_fds_(metrics.gauge("process_open_fds", "Open file descriptors")),
      max_fds_(metrics.gauge("process_max_fds", "Most file descriptors the process may open")) {
    metrics.gauge("tillstream_build_info", "1, with the version that runs", {{"version", version}}).set(1);
    metrics.gauge("process_start_time_seconds", "Start of the process since the Unix epoch")
        .set(unix_seconds_now());
}

void ProcessMetrics::refresh() {
    cpu_seconds_.add(std::max(0.0, cpu_seconds_now() - cpu_seconds_.value()));
    double pages = 0;
    double resident_pages = 0;
    if (std::ifstream statm("/proc/self/statm"); statm >> pages >> resident_pages) {
        const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
        virtual_bytes_.set(pages * page_bytes);
        resident_bytes_.set(resident_pages * page_bytes);
    }
    std::error_code unreadable;
    const std::filesystem::directory_iterator fds("/proc/self/fd", unreadable);
    if (!unreadable) open_fds_.set(static_cast<double>(std::distance(begin(fds), end(fds))));
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) max_fds_.set(static_cast<double>(limit.rlim_cur));
}

}  // namespace tillstream::app
