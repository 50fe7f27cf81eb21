// sender.h - sends data files, record by record, to a stream's ingest door.
//
// Files:      .csv, .ndjson, .jsonl, .json (an array, or values behind each other), each also packed as .gz
//             or .zst. Sent as CSV with the file's header, or as NDJSON, always UTF-8; a row goes as it
//             stands in the file, broken or not: judging is the server's part.
// Charset:    byte order mark, else valid UTF-8, else ISO-8859-1 with a notice.
// Event ids:  <first 16 hex of SHA-256 of the uncompressed file>-<data row from 1>, whatever the filters; a
//             record or file that has event_id keeps it. They make running again after any failure safe.
// Order:      as in the file for each partition key, at any concurrency; rows without a readable key share
//             one connection, and so does a whole CSV file without the key's column (with a notice).
// Filters:    from (inclusive) and to (exclusive) by the first column whose name ends in date, time, stamp
//             or _at; then sample (that many of what is left, drawn at random: each row as likely, the same
//             rows with the same seed, in file order); then limit.
// Memory:     flat: files are streamed, twice if they must be fingerprinted, once more to be sampled.
// Errors:     of options and files. Corruption: a file that does not decompress; unsupported: a record beyond
//             64 MiB; not_found, permission_denied, io: of the file system. What became of records, also if
//             no server answered, is in the report, which an error met between records does not take away.
// Source:     FACES "CLI output for scripts" (send).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/charset.h"
#include "core/env.h"
#include "core/result.h"
#include "producer/dispatcher.h"
#include "producer/simulation_writer.h"

namespace tillstream {

struct SendOptions {
    DispatchOptions dispatch = {};
    bool event_ids = true;
    std::optional<Charset> charset = {};  ///< nothing: found out
    std::string key = {};                 ///< partition key column; empty: invoice_no in any spelling
    std::optional<std::uint64_t> limit = {};
    std::optional<std::uint64_t> sample = {};
    std::uint64_t sample_seed = 1;
    std::optional<Timestamp> from = {};
    std::optional<Timestamp> to = {};
};

struct SendRun {
    SendReport report;
    /// A file could not be read on: everything before was sent and is in the report, nothing behind.
    std::optional<Error> input_error = {};
};
/// An error only if nothing was sent.
Result<SendRun> send_files(const SendOptions& options, Filesystem& fs, const std::vector<std::string>& files,
                           const PosterFactory& connect, SendObserver& observer);

/// Simulates as simulate() does, and sends each record as soon as it is made.
struct SimulationRun {
    ExpectedFigures figures;
    SendReport report;
};
Result<SimulationRun> simulate_and_send(const SimulationOptions& simulation, const DispatchOptions& dispatch,
                                        Filesystem& fs, const std::string& dir, const PosterFactory& connect,
                                        SendObserver& observer);

}  // namespace tillstream
