// audit_log.h - who changed what, and who was turned away: <data>/state/audit.log, only appended to.
//
// Line:        a JSON object: time, token, peer, request_id, action, target, outcome, status, repeats; null
//              is what there is none of. `outcome` is done, refused (4xx) or failed. Never a secret.
// Durability:  record() has flushed when it returns. Refusals wait in memory for the next flush(): a crash
//              may take those of the last second.
// Bounds:      a flood of refusals cannot fill the disk: what is refused again within a window (the same
//              token, peer, action and status) is counted, not written; at most kDistinctMax kinds are told
//              apart in a window, all others count together. A file of AuditOptions::file_bytes_max is
//              renamed to audit.log.1, the one before to audit.log.2, and so on; the oldest goes.
// Errors:      io, resource_exhausted. After a failure the next line takes the place of the broken one.
// Threads:     any; note_refusal never waits for the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "access/private_folder.h"
#include "core/env.h"

namespace tillstream {

struct AuditEntry {
    std::string_view token;  ///< id; empty: none was needed, or none was good
    std::string_view peer;
    std::string_view request_id;
    std::string_view action;  ///< "token.create", "sink.pause"; of a refusal "GET /v1/query"
    std::string_view target;  ///< what it was done to; empty: nothing in particular
    int status = 200;         ///< as the door answered
};

struct AuditOptions {
    std::uint64_t file_bytes_max = 16 << 20;
    unsigned files_max = 8;  ///< with the one written to; at least 1
    std::chrono::seconds window{60};
};

class AuditLog {
public:
    static constexpr std::string_view kFileName = "audit.log";
    static constexpr std::size_t kDistinctMax = 100;

    /// Goes on behind what is there; a line that a crash cut short is ended.
    static Result<std::unique_ptr<AuditLog>> open(PrivateFolder folder, Clock& clock, AuditOptions options);
    ~AuditLog();

    Status record(const AuditEntry& entry);
    void note_refusal(const AuditEntry& entry);
    /// Writes what is new among the refusals, and at the end of a window (or with `all`) every count.
    Status flush(bool all = false);

private:
    struct Repeated {
        std::string first_line;  ///< up to the count
        std::uint64_t untold = 0;
        bool told = false;
    };

    AuditLog(PrivateFolder folder, Clock& clock, AuditOptions options);
    Status open_file();
    Status write(std::string_view lines);
    Status append(std::string_view bytes);
    Status rotate();
    std::string start_of_line(const AuditEntry& entry) const;
    /// Lines that are due; empties the window when it is over.
    std::string take_due(bool all);

    const PrivateFolder folder_;
    Clock& clock_;
    const AuditOptions options_;

    std::mutex file_mutex_;
    std::unique_ptr<File> file_;
    std::uint64_t size_ = 0;
    bool torn_ = false;  ///< the last line has no end

    std::mutex refusals_mutex_;
    std::map<std::string, Repeated> refusals_;
    std::chrono::nanoseconds window_began_{0};
};

}  // namespace tillstream
