#include "tests/support/server_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tillstream {

namespace {

std::vector<char*> argument_pointers(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Only what is allowed between fork and exec happens in the child.
pid_t spawn(std::vector<std::string> arguments, int out, int err) {
    const std::vector<char*> pointers = argument_pointers(arguments);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(pointers[0], pointers.data());
    _exit(127);
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

int wait_for(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return exit_code_of(status);
}

/// Up to the line end or the end of the stream.
std::string read_line(int fd) {
    std::string line;
    char byte = 0;
    while (true) {
        const ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || byte == '\n') return line;
        line += byte;
    }
}

std::string read_all(int fd) {
    std::string text;
    char block[4096];
    while (true) {
        const ssize_t got = pread(fd, block, sizeof block, static_cast<off_t>(text.size()));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(block, static_cast<std::size_t>(got));
    }
}

std::string log_of(const std::string& data_dir) { return data_dir + ".log"; }

}  // namespace

std::string program_path() {
    const char* path = std::getenv("TILL_PROGRAM");
    return path ? path : TILLSTREAM_PROGRAM_PATH;
}

pid_t ServerProcess::spawn_server(const std::string& data_dir, const std::vector<std::string>& arguments,
                                  int out) {
    const int err = open(log_of(data_dir).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    std::vector<std::string> command{program_path(), "serve", "--data", data_dir, "--http", "127.0.0.1:0"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const pid_t pid = spawn(std::move(command), out, err);
    close(err);
    return pid;
}

ServerProcess ServerProcess::launch(const std::string& data_dir, const std::vector<std::string>& arguments) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    ServerProcess server;
    server.pid_ = spawn_server(data_dir, arguments, nowhere);
    close(nowhere);
    return server;
}

Result<ServerProcess> ServerProcess::start(const std::string& data_dir,
                                           const std::vector<std::string>& arguments) {
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0) return failure(Errc::io, std::string("pipe: ") + std::strerror(errno));
    ServerProcess server;
    server.pid_ = spawn_server(data_dir, arguments, out[1]);
    close(out[1]);
    const std::string line = read_line(out[0]);
    close(out[0]);
    constexpr std::string_view kReady = "ready ";
    if (line.starts_with(kReady)) {
        server.url_ = line.substr(kReady.size());
        return server;
    }
    const int code = server.wait_for_end();
    return failure(Errc::unavailable,
                   "the server ended with exit code " + std::to_string(code) + "; see " + log_of(data_dir));
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), url_(std::move(other.url_)) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(url_, other.url_);
    return *this;
}

ServerProcess::~ServerProcess() {
    if (pid_ > 0) kill_now();
}

bool ServerProcess::running() {
    siginfo_t ended{};
    return pid_ > 0 && waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == 0;
}

int ServerProcess::kill_now() {
    kill(pid_, SIGKILL);
    return wait_for_end();
}

int ServerProcess::terminate() {
    kill(pid_, SIGTERM);
    return wait_for_end();
}

int ServerProcess::wait_for_end() { return wait_for(std::exchange(pid_, -1)); }

CommandResult run_program(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{program_path()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    char out_name[] = "/tmp/tillstream-out.XXXXXX";
    char err_name[] = "/tmp/tillstream-err.XXXXXX";
    const int out = mkostemp(out_name, O_CLOEXEC);
    const int err = mkostemp(err_name, O_CLOEXEC);
    unlink(out_name);
    unlink(err_name);
    CommandResult result;
    result.exit_code = wait_for(spawn(std::move(command), out, err));
    result.output = read_all(out);
    result.errors = read_all(err);
    close(out);
    close(err);
    return result;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tillstream-test.XXXXXX").string();
    path_ = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace tillstream
