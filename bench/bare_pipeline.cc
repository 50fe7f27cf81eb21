// The bare arm: HTTP, one reading of every record, one durable append of the raw bytes. The honest lower
//               bound of an
// ingest that acknowledges only what is stored; GET /figures tells what it took in.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "bench/arm_server.h"
#include "bench/bare/committer.h"
#include "bench/bare/sale_figures.h"
#include "bench/command_line.h"

namespace tillstream::bench {

namespace {

HttpResponse refusal(int status, const std::string& detail) {
    HttpResponse response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = detail;
    return response;
}

bool is_lines(const HttpRequest& request) {
    return request.headers.find("content-type").value_or("").starts_with("application/x-ndjson");
}

void ingest(Committer& committer, HttpRequest&& request, Responder responder) {
    thread_local SaleReader reader;
    const std::string_view body = request.body.view();
    const auto figures = is_lines(request) ? reader.read_lines(body) : reader.read_document(body);
    if (!figures) return responder.send(refusal(400, figures.error().message), std::move(request.body));
    committer.submit({std::move(request.body), *figures, std::move(responder)});
}

Status run(const std::string& dir, std::uint16_t port, unsigned io_threads) {
    ArmServer server;
    const auto committer = TILLSTREAM_TRY(Committer::open(posix_filesystem(), dir));
    Router router;
    TILLSTREAM_CHECK(router.add(Method::post, kIngestPattern,
                                [c = committer.get()](HttpRequest&& request, Responder responder) {
                                    ingest(*c, std::move(request), std::move(responder));
                                }));
    TILLSTREAM_CHECK(
        router.add(Method::get, "/figures", [c = committer.get()](HttpRequest&&, Responder responder) {
            HttpResponse response;
            response.body = format_figures(c->figures());
            responder.send(std::move(response));
        }));
    return server.serve(port, io_threads, std::move(router));
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    CLI::App app{"HTTP, parsing and a durable append of raw bytes: the lower bound of a durable ingest"};
    std::string dir;
    std::uint16_t port = 0;
    unsigned io_threads = 0;
    app.add_option("--data", dir, "folder for the segments")->required();
    app.add_option("--port", port, "0 picks one")->capture_default_str();
    app.add_option("--io-threads", io_threads, "0: as the product")->capture_default_str();
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    if (const auto status = tillstream::bench::run(dir, port, io_threads); !status) {
        std::fprintf(stderr, "bare_pipeline: %s\n", status.error().message.c_str());
        return 1;
    }
    return 0;
}
