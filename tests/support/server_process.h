// server_process.h - the real program as a child process: started, killed, stopped, spoken to over its doors
// only.
//
// Lifecycle:  start waits for the line "ready URL"; the destructor kills the child if it still runs.
// Threads:    one at a time; url() and pid() from any once started.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/result.h"

namespace tillstream {

class ServerProcess {
public:
    /// Runs `tillstream serve --data DIR --http 127.0.0.1:0` and `arguments`; standard error goes to DIR.log.
    /// failure with the exit code in its message if the child ends before it is ready.
    static Result<ServerProcess> start(const std::string& data_dir,
                                       const std::vector<std::string>& arguments = {});
    /// The same without waiting for the line: url() stays empty. For ending it while it starts or recovers.
    static ServerProcess launch(const std::string& data_dir, const std::vector<std::string>& arguments = {});
    ServerProcess(ServerProcess&& other) noexcept;
    ServerProcess& operator=(ServerProcess&& other) noexcept;
    ~ServerProcess();

    const std::string& url() const { return url_; }
    pid_t pid() const { return pid_; }
    bool running();

    /// SIGKILL, and waits until it is gone. 137, or the exit code if it had ended by itself before.
    int kill_now();
    /// SIGTERM, and the exit code (128 + signal if one ended it).
    int terminate();

private:
    ServerProcess() = default;
    static pid_t spawn_server(const std::string& data_dir, const std::vector<std::string>& arguments,
                              int out);
    int wait_for_end();

    pid_t pid_ = -1;
    std::string url_;
};

/// Path of the program under test (environment TILL_PROGRAM, else the one built with the tests).
std::string program_path();

/// Runs the program with `arguments`; its standard output, and the exit code.
struct CommandResult {
    int exit_code = 0;
    std::string output;
    std::string errors;
};
CommandResult run_program(const std::vector<std::string>& arguments);

/// A folder of its own below the temporary folder, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace tillstream
