// tls_watch.h - gives a server its certificate and key anew when their files change.
//
// Rule:     files count as changed when either's inode, size or time of change is another (links are
//           followed), and are read once they have stayed the same from one look to the next: both are rarely
//           replaced at the same moment. A pair that cannot be used is told in log and metric, and the one
//           before stays.
// Threads:  any.
// Metrics:  tillstream_tls_reloads_total{result="done|failed"}.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "core/log.h"
#include "core/metrics.h"
#include "core/result.h"

namespace tillstream::app {

class TlsWatch {
public:
    using Reload = std::function<Status()>;

    /// Before the server reads the files for the first time, so that no change is missed.
    TlsWatch(std::string certificate_file, std::string key_file, const Logger& logger, Metrics& metrics);

    /// Calls `reload` if the files have changed.
    void look(const Reload& reload);
    /// Calls `reload` whatever they are.
    void reload_now(const Reload& reload);

private:
    /// Of one file; zeros if it is not there.
    struct Stamp {
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t changed_nanos = 0;
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    using Stamps = std::array<Stamp, 2>;

    static Stamp stamp_of(const std::string& path);
    Stamps stamps() const { return {stamp_of(certificate_file_), stamp_of(key_file_)}; }
    void read(const Reload& reload, const Stamps& now);

    const std::string certificate_file_;
    const std::string key_file_;
    const Logger logger_;
    Counter& done_;
    Counter& failed_;
    std::mutex mutex_;
    Stamps read_;  ///< of the pair last read, usable or not
    Stamps seen_;
};

}  // namespace tillstream::app
