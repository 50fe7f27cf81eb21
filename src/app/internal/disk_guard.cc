#include "app/internal/disk_guard.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "core/own_thread.h"

namespace tillstream::app {

namespace {

std::uint64_t folder_bytes(const std::string& dir) {
    std::uint64_t bytes = 0;
    std::error_code failed;
    for (std::filesystem::recursive_directory_iterator at(dir, failed), end; at != end && !failed;
         at.increment(failed)) {
        std::error_code gone;  // files come and go while we look
        const std::uint64_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
        if (!gone) bytes += size;
    }
    return bytes;
}

}  // namespace

DiskGuard::DiskGuard(std::string dir, std::uint64_t share_max_percent)
    : dir_(std::move(dir)), share_max_percent_(share_max_percent) {
    measure();
    thread_ = std::thread([this] { run(); });
}

DiskGuard::~DiskGuard() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

std::optional<std::string> DiskGuard::refusal() const {
    if (!full_.load(std::memory_order_relaxed)) return std::nullopt;
    return "the data folder has reached " + std::to_string(share_max_percent_) +
           " % of its size plus the free space (data.disk_share_max_percent); free some space or raise the "
           "share";
}

void DiskGuard::measure() {
    std::error_code failed;
    const auto space = std::filesystem::space(dir_, failed);
    if (failed) return;
    const std::uint64_t used = folder_bytes(dir_);
    full_ = used > (used + space.available) / 100 * share_max_percent_;
}

void DiskGuard::run() {
    name_own_thread("disk-guard");
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::seconds{1}, [&] { return stopping_; })) {
        lock.unlock();
        measure();
        lock.lock();
    }
}

}  // namespace tillstream::app
