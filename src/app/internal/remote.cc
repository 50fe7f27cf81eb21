#include "app/internal/remote.h"

#include <csignal>
#include <cstdlib>

#include "app/internal/data_folder.h"

namespace tillstream::app {

namespace {

/// A warehouse replays its WAL when it opens; more than this is no start but a fault.
constexpr std::chrono::minutes kOpeningTime{10};

bool answers(const std::string& url, const std::string& ca_file) {
    ClientOptions options;
    options.ca_file = ca_file;
    options.connect_timeout = std::chrono::seconds{2};
    options.request_timeout = std::chrono::seconds{5};
    auto client = HttpClient::open(url, options);
    if (!client) return false;
    const auto response = client->send({.target = "/livez"});
    return response && response->status == 200;
}

Errc code_of(int status) {
    switch (status) {
        case 401: return Errc::unauthenticated;
        case 403: return Errc::permission_denied;
        case 404: return Errc::not_found;
        case 429:
        case 503: return Errc::unavailable;
        default: return Errc::internal;
    }
}

std::string detail_of(const std::string& body) {
    const auto problem = json::parse(body);
    const json::Value* detail = problem ? problem->find("detail") : nullptr;
    return detail && detail->as_string() ? std::string(*detail->as_string()) : body.substr(0, 200);
}

/// The address of the server that runs on the folder, if one does and answers. An address that a killed
/// server left behind is not believed: whoever listens there now serves another folder.
Result<std::optional<std::string>> running_server(const RemoteOptions& options) {
    auto owned = folder_owned(posix_filesystem(), options.data_dir);
    if (!owned) {
        return failure(std::move(owned.error())
                           .with_context("it is not known whether a server runs on " + options.data_dir +
                                         "; name it with --server"));
    }
    if (!*owned) return std::optional<std::string>{};
    auto url = read_file(posix_filesystem(), server_url_file(options.data_dir));
    if (!url || !answers(*url, options.ca_file)) return std::optional<std::string>{};
    return std::optional<std::string>(std::move(*url));
}

/// As the environment configures a server, but for the folder and a door of its own.
Status read_own_settings(const std::string& data_dir, Settings& settings) {
    OptionSet options = declare_options(settings);
    TILLSTREAM_CHECK(read_options(options, settings, "", {}));
    settings.data.dir = data_dir;
    settings.http.listen = Address{"127.0.0.1", 0};
    settings.http.tls_cert.clear();
    settings.http.tls_key.clear();
    return {};
}

}  // namespace

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

Result<std::optional<Remote>> Remote::find(const RemoteOptions& options) {
    Remote remote;
    remote.token_ = options.token;
    remote.ca_file_ = options.ca_file;
    if (const char* token = std::getenv("TILLSTREAM_TOKEN"); token && remote.token_.empty())
        remote.token_ = token;
    ignore_broken_pipes();
    remote.url_ = options.server;
    if (!remote.url_.empty()) return std::optional(std::move(remote));
    auto running = TILLSTREAM_TRY(running_server(options));
    if (!running) return std::optional<Remote>{};
    remote.url_ = std::move(*running);
    return std::optional(std::move(remote));
}

Status Remote::check_data_given(const RemoteOptions& options) {
    if (options.data_given) return {};
    return failure(Errc::unavailable,
                   "no server runs on " + options.data_dir +
                       "; start one with `tillstream serve`, or name it with --server or --data");
}

Result<Remote> Remote::open(const RemoteOptions& options) {
    auto running = TILLSTREAM_TRY(find(options));
    if (running) return std::move(*running);
    TILLSTREAM_CHECK(check_data_given(options));
    if (!options.make_folder) TILLSTREAM_CHECK(check_folder_there(posix_filesystem(), options.data_dir));
    Settings settings;
    TILLSTREAM_CHECK(read_own_settings(options.data_dir, settings));
    Remote remote;
    remote.own_ = TILLSTREAM_TRY(Server::start(settings, Logger::silent()));
    remote.token_ = remote.own_->admit_owner();
    TILLSTREAM_CHECK(remote.own_->engine().wait_until_ready(kOpeningTime));
    remote.url_ = remote.own_->url();
    return remote;
}

Remote::Remote(Remote&&) noexcept = default;
Remote& Remote::operator=(Remote&&) noexcept = default;

Remote::~Remote() {
    if (own_) own_->stop();
}

Result<std::string> Remote::get(const std::string& target, std::chrono::seconds timeout) {
    ClientRequest request;
    request.target = target;
    return call(std::move(request), timeout);
}

Result<std::string> Remote::post(const std::string& target, const std::string& body,
                                 std::chrono::seconds timeout) {
    ClientRequest request;
    request.method = Method::post;
    request.target = target;
    request.body = body;
    request.headers.emplace_back("Content-Type", "application/json");
    return call(std::move(request), timeout);
}

Result<std::string> Remote::del(const std::string& target, std::chrono::seconds timeout) {
    ClientRequest request;
    request.method = Method::del;
    request.target = target;
    return call(std::move(request), timeout);
}

Result<std::string> Remote::call(ClientRequest request, std::chrono::seconds timeout) {
    ClientOptions options;
    options.request_timeout = timeout;
    options.ca_file = ca_file_;
    HttpClient client = TILLSTREAM_TRY(HttpClient::open(url_, options));
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    ClientResponse response = TILLSTREAM_TRY(client.send(request));
    if (response.status == 200) return std::move(response.body);
    return failure(code_of(response.status), detail_of(response.body));
}

}  // namespace tillstream::app
