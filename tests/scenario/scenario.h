// scenario.h - one server of its own for a test, and a client that speaks to it.
//
// Lifecycle:  a test calls start() with the options it needs; folder and server go with the test.
// Errors:     must() ends the test with the error's message: a scenario cannot go on behind a broken step.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/server_process.h"
#include "tests/support/shop_client.h"

namespace tillstream {

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}
inline void must(const Status& status) {
    if (!status) throw std::runtime_error(status.error().message);
}

class Scenario : public ::testing::Test {
protected:
    /// Starts (again) on the data folder and waits until every store is open.
    void start(const std::vector<std::string>& arguments = {});
    /// SIGTERM; the exit code.
    int stop();

    ServerProcess& server() { return *server_; }
    ShopClient& client() { return *client_; }
    std::string data_dir() const { return folder_.file("data"); }
    const TemporaryFolder& folder() const { return folder_; }
    /// An option file with this content, for `--config`.
    std::string config_file(const std::string& toml) const;

    /// A 200 or the end of the test; the answer.
    json::Value post(std::string_view body, const std::string& content_type = "application/json",
                     const std::string& stream = "sales");
    /// Waits for the sinks and expects that every store equals the log.
    json::Value expect_verified(const std::string& stream = "sales");
    /// Waits until `sink` has stored all that is durable; false if it has not come nearer for a minute.
    bool comes_level(const std::string& sink);
    /// Count and a hash over every business column of every row; with places, shard and offset too.
    std::string sales_content(bool with_places);

private:
    TemporaryFolder folder_;
    std::optional<ServerProcess> server_;
    std::optional<ShopClient> client_;
};

/// A JSON array of `rows` sales of its own invoices, all good but every `bad_every`th (0: none).
std::string made_up_sales(int first_invoice, int rows, int bad_every = 0);

/// Option file with two aliases of stream sales: /prod/main (seed) and /tills (stream).
inline constexpr const char* kTwoAliases =
    "[[http.alias]]\npath = \"/prod/main\"\nstream = \"sales\"\nresponse = \"seed\"\n"
    "[[http.alias]]\npath = \"/tills\"\nstream = \"sales\"\n";

/// A file of the shared real data; nothing if it is not there (TILL_SHARED_DATA, else ../shared/data
/// beside the repository or above it).
std::optional<std::string> shared_data_file(const std::string& name);

/// TILL_LONG_TESTS=1 asks for the long form of tests that take their time.
bool long_run();

}  // namespace tillstream
