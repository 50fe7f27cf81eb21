// The do-nothing arm: our HTTP server with one fixed answer, whatever the body. What is left of the
// product's rate below this one is what accepting, storing and acknowledging costs.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/arm_server.h"

namespace tillstream::bench {

namespace {

Status run(std::uint16_t port, unsigned io_threads) {
    ArmServer server;
    const std::string answer = accepted_answer(1, 1);
    Router router;
    TILLSTREAM_CHECK(
        router.add(Method::post, kIngestPattern, [&answer](HttpRequest&& request, Responder responder) {
            HttpResponse response;
            response.body = answer;
            responder.send(std::move(response), std::move(request.body));
        }));
    return server.serve(port, io_threads, std::move(router));
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    CLI::App app{"An HTTP server that does nothing: the ceiling for requests per second"};
    std::uint16_t port = 0;
    unsigned io_threads = 0;
    app.add_option("--port", port, "0 picks one")->capture_default_str();
    app.add_option("--io-threads", io_threads, "0: as the product")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    if (const auto status = tillstream::bench::run(port, io_threads); !status) {
        std::fprintf(stderr, "null_server: %s\n", status.error().message.c_str());
        return 1;
    }
    return 0;
}
