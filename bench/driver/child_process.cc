#include "bench/driver/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace tillstream::bench {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(std::vector<char*>& arguments, int output, const std::string& log_file) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ::dup2(output, STDOUT_FILENO);
    if (log >= 0) ::dup2(log, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

bool interrupted() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGINT);
    ::sigaddset(&wanted, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    sigset_t pending;
    ::sigpending(&pending);
    return ::sigismember(&pending, SIGINT) == 1 || ::sigismember(&pending, SIGTERM) == 1;
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::string& log_file) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return failure(Errc::io, fmt::format("pipe2: {}", std::strerror(errno)));
    std::vector<char*> argv;
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) become(argv, pipe[1], log_file);
    ::close(pipe[1]);
    if (pid < 0) {
        ::close(pipe[0]);
        return failure(Errc::io, fmt::format("fork: {}", std::strerror(errno)));
    }
    return ChildProcess(pid, pipe[0], arguments[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      program_(std::move(other.program_)),
      text_(std::move(other.text_)) {}

ChildProcess::~ChildProcess() {
    kill();
    if (output_ >= 0) ::close(output_);
}

bool ChildProcess::read_some(Clock::time_point until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd ready{output_, POLLIN, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
    std::array<char, 4096> bytes{};
    const ssize_t n = ::read(output_, bytes.data(), bytes.size());
    if (n <= 0) return false;
    text_.append(bytes.data(), static_cast<std::size_t>(n));
    return true;
}

Result<std::string> ChildProcess::first_line(std::chrono::seconds limit) {
    const auto until = Clock::now() + limit;
    while (text_.find('\n') == std::string::npos) {
        if (read_some(until)) continue;
        return failure(
            Clock::now() < until ? Errc::unavailable : Errc::timeout,
            fmt::format("{} {} before it was ready", program_, Clock::now() < until ? "ended" : "timed out"));
    }
    return text_.substr(0, text_.find('\n'));
}

Result<std::string> ChildProcess::run_to_end(std::chrono::seconds limit) {
    const auto until = Clock::now() + limit;
    while (read_some(until)) {
    }
    int status = 0;
    if (!wait_until(until, status)) {
        return failure(Errc::timeout, fmt::format("{} took more than {} s", program_, limit.count()));
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return failure(Errc::internal,
                       fmt::format("{} ended with status {}", program_,
                                   WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
    }
    return std::move(text_);
}

bool ChildProcess::wait_until(Clock::time_point until, int& status) {
    for (;;) {
        const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
        if (ended == pid_ || (ended < 0 && errno != EINTR)) {
            pid_ = -1;
            return true;
        }
        if (Clock::now() >= until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

double ChildProcess::cpu_seconds() const {
    std::ifstream file(fmt::format("/proc/{}/stat", pid_));
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');  // the name may hold blanks
    if (name_end == std::string::npos) return 0;
    std::istringstream fields(text.substr(name_end + 2));
    constexpr int kFieldsBeforeUtime = 11;
    std::string skipped;
    for (int i = 0; i < kFieldsBeforeUtime; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    fields >> user >> system;
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t ChildProcess::memory_kib(std::string_view name) const {
    std::ifstream file(fmt::format("/proc/{}/status", pid_));
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':')
            return std::stoull(line.substr(name.size() + 1));
    }
    return 0;
}

void ChildProcess::ask_to_end() {
    if (pid_ > 0) ::kill(pid_, SIGTERM);
}

void ChildProcess::kill() {
    if (pid_ < 0) return;
    int status = 0;
    ::kill(pid_, SIGKILL);
    wait_until(Clock::now() + std::chrono::seconds(10), status);
}

void ChildProcess::stop(std::chrono::seconds limit) {
    if (pid_ < 0) return;
    int status = 0;
    ::kill(pid_, SIGTERM);
    if (!wait_until(Clock::now() + limit, status)) kill();
}

}  // namespace tillstream::bench
