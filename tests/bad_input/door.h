// door.h - what a client sees of a running server: answers, problems, and where records are afterwards.
//
// Lifecycle:  open starts a server on a folder of its own; the destructor kills it and removes the folder.
// Threads:    one at a time; other threads open their own HttpClient on url().
// Errors:     a request without an answer is a test failure, and status 0.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "net/client.h"
#include "tests/support/server_process.h"

namespace tillstream::bad_input {

/// One entry of "errors", of a problem or of a quarantined record.
struct Wrong {
    std::string pointer;
    std::string code;
    std::string expected;
    std::string found;
    friend bool operator==(const Wrong&, const Wrong&) = default;
};
void PrintTo(const Wrong& wrong, std::ostream* out);
std::vector<Wrong> wrongs_of(const json::Value& errors);

/// A member as text, "" if it is missing.
std::string text_of(const json::Value& object, std::string_view name);

struct Answer {
    int status = 0;
    json::Value body;
    std::vector<std::pair<std::string, std::string>> headers;

    std::string header(std::string_view name) const;
    /// The end of "type", behind "/problems/".
    std::string problem() const;
    std::string text(std::string_view name) const { return text_of(body, name); }
    std::vector<Wrong> errors() const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class Door {
public:
    /// Null, and a test failure, if the server does not get ready for reads too.
    static std::unique_ptr<Door> open(const std::vector<std::string>& arguments = {});

    const std::string& url() const { return server_.url(); }
    const std::string& data_dir() const { return data_dir_; }
    bool running() { return server_.running(); }
    int terminate() { return server_.terminate(); }

    /// What the calls below carry from now on; send() sends just what it is given.
    void use_token(const std::string& token) { token_ = token; }

    /// Checks what every answer must be: JSON, a problem document from 400 on, never 5xx.
    Answer send(Method method, const std::string& target, const Headers& headers, std::string_view body);
    Answer get(const std::string& target) { return send(Method::get, target, with_token(), {}); }
    Answer post_records(std::string_view body, const std::string& content_type = "",
                        const std::string& content_encoding = "");
    Answer query(std::string_view sql, const std::vector<std::string>& params = {});
    /// The only cell of the answer; a test failure if it has another shape.
    std::string value(std::string_view sql, const std::vector<std::string>& params = {});

    /// An invoice number of its own, eight characters.
    std::string new_invoice();
    /// How many records the log of the stream holds: nothing is stored while it stays.
    std::int64_t stored();
    /// Until every sink has reached the log's end.
    void wait_for_sinks();
    void expect_verified();

private:
    Door(std::unique_ptr<TemporaryFolder> folder, std::string data_dir, ServerProcess server,
         HttpClient client);
    bool sinks_are_at_the_end();
    bool wait_until_ready();
    Headers with_token() const;

    std::unique_ptr<TemporaryFolder> folder_;
    std::string data_dir_;
    ServerProcess server_;
    HttpClient client_;
    std::string token_;  ///< empty: none
    int invoices_ = 0;
};

/// Bytes as they are over a fresh connection, and all that comes back until the server closes it (ask for
/// that with "Connection: close"). `parts` go out with a pause between them.
std::string exchange(const std::string& url, const std::vector<std::string>& parts);

}  // namespace tillstream::bad_input
