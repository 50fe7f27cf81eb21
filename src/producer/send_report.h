// send_report.h - what came of a run of send or simulate, for scripts and for people.
//
// Source:  FACES "CLI output for scripts" and "Start" (exit codes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "producer/latency_histogram.h"

namespace tillstream {

/// How a run ended.
enum class SendEnd : std::uint8_t {
    complete,     ///< everything was offered to the server
    unreachable,  ///< given up: no server answered
    overloaded,   ///< given up: the server refused for now (429, 503) for longer than was waited
    refused,      ///< given up: it would refuse everything (401, 403, 404), or the address is none
};

struct SendReport {
    std::uint64_t sent = 0;  ///< records handed to a connection: the sum of the four below
    std::uint64_t accepted = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t failed = 0;   ///< refused as a whole request, or of unknown outcome
    std::uint64_t unknown = 0;  ///< those of them that may have been stored
    double seconds = 0;
    /// Of each answered record. With a rate: from the moment it was due, whether or not the sender was late.
    /// Without: from its batch being handed to a connection's queue.
    LatencyHistogram latency = {};
    SendEnd end = SendEnd::complete;  ///< if given up, what was not read yet is not counted

    double records_per_second() const { return seconds > 0 ? static_cast<double>(sent) / seconds : 0; }
};

/// 0 all accepted (or known already); 5 some quarantined or refused; 1 all refused, or some of unknown
/// outcome; 75 given up since the server was away or overloaded: run again.
int exit_code(const SendReport& report);

/// {sent,accepted,quarantined,duplicates,failed,seconds,records_per_second,latency_ms:{p50,p95,p99,max}}.
std::string format_report_json(const SendReport& report);
/// The same as lines of "name value".
std::string format_report_table(const SendReport& report);

/// Counts while a run goes on.
struct SendProgress {
    std::uint64_t sent = 0;  ///< answered or failed, so far
    std::uint64_t accepted = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t failed = 0;
    double share_done = 0;  ///< 0..1 of the input; 0 if unknown
    double seconds = 0;
};

/// Told what happens; calls never overlap, but come from several threads.
class SendObserver {
public:
    virtual ~SendObserver() = default;
    /// Something a person should know, one line without its end. Each kind comes once.
    virtual void notice(std::string_view text) = 0;
    /// A few times a second.
    virtual void progress(const SendProgress& now) = 0;
};

}  // namespace tillstream
