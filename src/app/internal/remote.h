// remote.h - the server a command talks to: the one named, the one that runs on the data folder, or one of
// its own.
//
// Rule:       verbs that need data are HTTP clients. With no server running on `--data DIR`, the folder is
//             opened for this one command, behind a door on a free loopback port, and closed again. Who may
//             open the folder may everything there: no token is asked for.
//             A folder that is not there, or is no data folder, is refused and not made, except by verbs that
//             bring data.
// Source:     FACES "Start".
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/internal/server.h"
#include "json/value.h"
#include "net/client.h"

namespace tillstream::app {

struct RemoteOptions {
    std::string server;   ///< URL; empty: found by `data_dir`
    std::string token;    ///< empty: TILLSTREAM_TOKEN
    std::string ca_file;  ///< PEM; empty: the system's authorities
    std::string data_dir = "./data";
    bool make_folder = false;  ///< --data may name a folder that is not there yet
    bool data_given = false;   ///< by --data or TILLSTREAM_DATA_DIR: open the folder if no server runs on it
};

/// A peer that hangs up within TLS is then an error, not the end of the process.
void ignore_broken_pipes();

class Remote {
public:
    static Result<Remote> open(const RemoteOptions& options);
    /// The server named, or the one that runs on the data folder; nothing if none does.
    static Result<std::optional<Remote>> find(const RemoteOptions& options);
    /// unavailable, saying how to go on, if no folder was named that could be opened instead of a server.
    static Status check_data_given(const RemoteOptions& options);
    Remote(Remote&&) noexcept;
    Remote& operator=(Remote&&) noexcept;
    ~Remote();

    const std::string& url() const { return url_; }
    const std::string& token() const { return token_; }
    const std::string& ca_file() const { return ca_file_; }

    /// A JSON document, or the problem's detail as the error. `timeout` bounds the whole call.
    Result<std::string> get(const std::string& target, std::chrono::seconds timeout);
    Result<std::string> post(const std::string& target, const std::string& body,
                             std::chrono::seconds timeout);
    Result<std::string> del(const std::string& target, std::chrono::seconds timeout);

private:
    Remote() = default;
    Result<std::string> call(ClientRequest request, std::chrono::seconds timeout);

    std::string url_;
    std::string token_;
    std::string ca_file_;
    std::unique_ptr<Server> own_;
};

}  // namespace tillstream::app
