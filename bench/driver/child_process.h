// child_process.h - a program started by the driver; it never outlives the driver.
//
// Lifecycle:  start -> (first_line) -> stop, or (ask_to_end ->) run_to_end. The destructor kills. The kernel
//             kills it too when the driver dies.
// Threads:    the main thread only: the kernel's tie is to the thread that forks.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tillstream::bench {

class ChildProcess {
public:
    /// `arguments[0]` is the program. Its stdout is read here, its stderr goes to `log_file`.
    static Result<ChildProcess> start(const std::vector<std::string>& arguments, const std::string& log_file);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    /// The first line of its output, without the line break; timeout or unavailable (it ended).
    Result<std::string> first_line(std::chrono::seconds limit);
    /// All of its output, once it has ended with 0.
    Result<std::string> run_to_end(std::chrono::seconds limit);
    /// User and system time so far.
    double cpu_seconds() const;
    /// KiB of a line of /proc/PID/status such as VmRSS; 0 once it has ended.
    std::uint64_t memory_kib(std::string_view name) const;
    /// SIGTERM, without waiting: run_to_end does.
    void ask_to_end();
    /// SIGKILL, and waits.
    void kill();
    /// SIGTERM, then SIGKILL.
    void stop(std::chrono::seconds limit);

private:
    ChildProcess(pid_t pid, int output, std::string program)
        : pid_(pid), output_(output), program_(std::move(program)) {}
    bool read_some(std::chrono::steady_clock::time_point until);
    bool wait_until(std::chrono::steady_clock::time_point until, int& status);

    pid_t pid_ = -1;
    int output_ = -1;
    std::string program_;
    std::string text_;
};

/// Whether the user or a supervisor asked the driver to stop. Both signals are blocked from the first call
/// on, so that the driver ends in order: children stopped, folders removed.
bool interrupted();

}  // namespace tillstream::bench
