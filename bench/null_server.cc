// The do-nothing arm: our HTTP server with one fixed answer to posts and one to reads, whatever is asked.
// What is left of the product's rate below this one is what accepting, storing and acknowledging costs, or
// finding and writing what is read.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/arm_server.h"
#include "bench/command_line.h"
#include "core/env.h"

namespace tillstream::bench {

namespace {

/// The path of purchase histories, as of the product.
constexpr std::string_view kHistoryPattern = "/v1/customers/{id}/invoices";

Status add_answer(Router& router, Method method, std::string_view pattern, const std::string& answer) {
    return router.add(method, pattern, [answer](HttpRequest&& request, Responder responder) {
        HttpResponse response;
        response.body = answer;
        responder.send(std::move(response), std::move(request.body));
    });
}

Status run(std::uint16_t port, unsigned io_threads, const std::string& history_answer) {
    ArmServer server;
    Router router;
    TILLSTREAM_CHECK(add_answer(router, Method::post, kIngestPattern, accepted_answer(1, 1)));
    if (!history_answer.empty()) {
        const std::string answer = TILLSTREAM_TRY(read_file(posix_filesystem(), history_answer));
        TILLSTREAM_CHECK(add_answer(router, Method::get, kHistoryPattern, answer));
    }
    return server.serve(port, io_threads, std::move(router));
}

}  // namespace

}  // namespace tillstream::bench

int main(int argc, char** argv) {
    CLI::App app{"An HTTP server that does nothing: the ceiling for requests per second"};
    std::uint16_t port = 0;
    unsigned io_threads = 0;
    app.add_option("--port", port, "0 picks one")->capture_default_str();
    std::string history_answer;
    app.add_option("--history-answer", history_answer, "file with the answer to reads of a purchase history");
    app.add_option("--io-threads", io_threads, "0: as the product")->capture_default_str();
    if (const auto code = tillstream::bench::parse_command_line(app, argc, argv)) return *code;
    if (const auto status = tillstream::bench::run(port, io_threads, history_answer); !status) {
        std::fprintf(stderr, "null_server: %s\n", status.error().message.c_str());
        return 1;
    }
    return 0;
}
