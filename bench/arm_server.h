// arm_server.h - what the servers to compare with share: they start, announce themselves and stop as the
// product does.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "net/router.h"

namespace tillstream::bench {

/// Path of the product's way in.
inline constexpr std::string_view kIngestPattern = "/v1/streams/{stream}/records";

/// Serves on 127.0.0.1 with the product's HTTP options, prints "ready URL" and returns after SIGTERM or
/// SIGINT. Blocks those two signals for every thread started later: call it before starting others.
class ArmServer {
public:
    ArmServer();
    Status serve(std::uint16_t port, unsigned io_threads, Router router);

private:
    sigset_t signals_{};
};

/// An answer of the size and shape of the product's, for a request whose records are all accepted.
std::string accepted_answer(std::size_t records, std::uint64_t position);

}  // namespace tillstream::bench
