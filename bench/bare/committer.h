// committer.h - raw bodies made durable by one thread: group commit into recycled, pre-written O_DIRECT
// segments.
//
// Group:      a 64-byte header (magic, length, sequence, CRC32C of the bodies) and the bodies, padded to 4
//             KiB. What arrives during a flush forms the next group; no timer.
// Durability: answers go out after fdatasync of their group. A failed write or flush ends the process.
// Recycling:  two segments in turn. Nothing reads them again, so this is a lower bound of a log, not a log.
// Threads:    submit() and figures() from any thread.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/bare/sale_figures.h"
#include "core/bytes.h"
#include "core/env.h"
#include "core/result.h"
#include "net/responder.h"

namespace tillstream::bench {

struct Submission {
    Buffer body;
    SaleFigures figures;
    Responder responder;
};

class Committer {
public:
    static constexpr std::size_t kSegmentBytes = 64 << 20;
    static constexpr std::size_t kGroupBytesMax = 2 << 20;  ///< one larger body makes a group of its own
    static constexpr std::size_t kBodyBytesMax = 16 << 20;

    /// Writes the segments in full, so that no later write changes the file's layout: takes a moment.
    static Result<std::unique_ptr<Committer>> open(Filesystem& fs, const std::string& dir);
    /// Makes durable and answers what was submitted.
    ~Committer();

    void submit(Submission submission);
    /// Of all that is durable.
    SaleFigures figures() const;

private:
    Committer() = default;
    void run();
    /// Copies submissions from `first` on; returns the index behind the last one taken.
    std::size_t fill_group(const std::vector<Submission>& taken, std::size_t first);
    void write_group();
    void answer(std::vector<Submission>& taken, std::size_t first, std::size_t last);

    std::array<std::unique_ptr<File>, 2> segments_;
    AlignedBuffer group_;
    std::size_t group_bytes_ = 0;
    std::size_t segment_ = 0;
    std::uint64_t offset_ = 0;
    std::uint64_t sequence_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Submission> waiting_;
    SaleFigures figures_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tillstream::bench
