#include "tests/scenario/small_journal.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/scenario/scenario.h"

namespace tillstream {

namespace {

/// Of segments in use; spares are empty.
int segments_of(const std::string& data_dir) {
    int segments = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir + "/log"))
        segments += entry.path().extension() == ".seg" ? 1 : 0;
    return segments;
}

}  // namespace

json::Value seal_and_recycle(ShopClient& client, const std::string& data_dir) {
    must(client.post_json("/v1/streams/sales/seal", ""));
    json::Value verified = must(client.verify());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (segments_of(data_dir) > 1) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("sealed segments of the journal are not given back");
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return verified;
}

std::uint64_t journal_bytes(const std::string& data_dir) {
    std::uint64_t bytes = 0;
    std::error_code gone;  // files come and go while we look
    for (const auto& entry : std::filesystem::directory_iterator(data_dir + "/log")) {
        const std::uint64_t size = entry.file_size(gone);
        if (!gone) bytes += size;
    }
    return bytes;
}

}  // namespace tillstream
