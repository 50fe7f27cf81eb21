// process_metrics.h - what Prometheus' own clients tell of every process: CPU, memory, files, start; and
// which build this is.
//
// Source:   Prometheus "Writing client libraries", process metrics; read from /proc/self.
// Threads:  one at a time.
#pragma once

#include "core/metrics.h"

namespace tillstream::app {

class ProcessMetrics {
public:
    ProcessMetrics(Metrics& metrics, const std::string& version);

    /// Reads the values anew. What cannot be read keeps its last value.
    void refresh();

private:
    Counter& cpu_seconds_;
    Gauge& resident_bytes_;
    Gauge& virtual_bytes_;
    Gauge& open_fds_;
    Gauge& max_fds_;
};

}  // namespace tillstream::app
