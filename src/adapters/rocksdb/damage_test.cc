// One flipped bit or a cut-off end in any file of the store: told as damage, or harmless. What is read is
// always what some commit left, with that commit's position.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "adapters/rocksdb/rocksdb_tables.h"
#include "tests/contract/warehouse_folder.h"

namespace tillstream::testing {
namespace {

constexpr std::uint64_t kCommits = 12;
/// What RocksDB ends a table file with.
constexpr std::size_t kFooterBytes = 53;

using Image = std::map<std::string, std::string>;

std::string text_of(std::uint64_t commit) { return std::to_string(commit) + std::string(300, 'x'); }

/// Commit n writes item n, and item 0 anew.
Status commit(TableStore& store, std::uint64_t n) {
    const std::string text = text_of(n);
    const TableAttribute attribute{"text", std::string_view(text)};
    const TableWrite writes[] = {
        {.key = {"things", std::int64_t{1}, static_cast<std::int64_t>(n + 1)}, .attributes = {&attribute, 1}},
        {.key = {"things", std::int64_t{1}, std::int64_t{0}}, .attributes = {&attribute, 1}}};
    TableCommit commit{.consumer = "c", .writes = writes};
    commit.expected = {{SourceId{1}, Offset{n}}};
    commit.positions = {{SourceId{1}, Offset{n + 1}, "", Epoch{1}}};
    return store.commit(commit);
}

Result<std::unique_ptr<TableStore>> open_at(const std::string& path, Metrics& metrics) {
    RocksdbOptions options;
    options.checkpoint_interval = std::chrono::hours(1);
    return RocksdbTables::open(path, options, Logger::silent(), metrics);
}

Image read_folder(const std::string& path) {
    Image image;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
        std::ifstream file(entry.path(), std::ios::binary);
        image[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(file), {});
    }
    return image;
}

/// Two table files, each of half the commits.
Image make_image() {
    const Folder folder;
    Metrics metrics;
    {
        const auto store = *open_at(folder.file("tables"), metrics);
        for (std::uint64_t n = 0; n < kCommits; ++n) {
            EXPECT_TRUE(commit(*store, n));
            if (n == kCommits / 2) {
                EXPECT_TRUE(store->checkpoint());
            }
        }
    }
    return read_folder(folder.file("tables"));
}

/// Whether everything could be read.
bool check_store(TableStore& store) {
    const auto positions = store.positions("c");
    if (!positions) return false;
    const std::uint64_t reached = positions->empty() ? 0 : positions->front().next.value;
    std::map<std::int64_t, std::string> found;
    const Status scanned = store.scan("things", [&](const TableItem& item) {
        found[std::get<std::int64_t>(item.sort())] = std::get<std::string_view>(*item.find("text"));
        return true;
    });
    std::map<std::int64_t, std::string> expected;
    for (std::uint64_t n = 0; n < reached; ++n) {
        expected[static_cast<std::int64_t>(n + 1)] = text_of(n);
        expected[0] = text_of(n);
    }
    if (scanned) {
        EXPECT_EQ(found, expected);
        return true;
    }
    EXPECT_EQ(scanned.error().code, Errc::corruption) << scanned.error().message;
    // Found so far before the damage was met.
    for (const auto& [sort, text] : found) EXPECT_EQ(text, expected[sort]);
    return false;
}

class RocksdbDamage : public ::testing::Test {
protected:
    /// Whether the damage was noticed.
    bool notices(const std::string& name, const std::string& bytes) {
        const Folder folder;
        std::filesystem::create_directory(folder.file("tables"));
        for (const auto& [other, original] : image_) {
            std::ofstream file(folder.file("tables/" + other), std::ios::binary);
            file << (other == name ? bytes : original);
        }
        Metrics metrics;
        const auto store = open_at(folder.file("tables"), metrics);
        return !store || !check_store(**store);
    }

    const Image image_ = make_image();
};

std::string flipped(std::string bytes, std::size_t byte, int bit) {
    bytes[byte] ^= static_cast<char>(1 << bit);
    return bytes;
}

TEST_F(RocksdbDamage, OfOneBitIsNoticedOrHarmless) {
    int flips = 0;
    int noticed = 0;
    for (const auto& [name, bytes] : image_) {
        SCOPED_TRACE(name);
        const bool table = name.ends_with(".sst");
        const std::size_t footer = table ? bytes.size() - std::min(bytes.size(), kFooterBytes) : bytes.size();
        const std::size_t step = table ? 512 : name.starts_with("MANIFEST") ? 16 : 512;
        for (std::size_t byte = 0; byte < bytes.size() && !HasFailure();
             byte += byte < footer ? std::min(step, footer - byte) : 1, ++flips) {
            SCOPED_TRACE("byte " + std::to_string(byte));
            noticed += notices(name, flipped(bytes, byte, static_cast<int>(byte % 8))) ? 1 : 0;
        }
    }
    EXPECT_GT(flips, 120);
    EXPECT_GT(noticed, flips / 3);
}

TEST_F(RocksdbDamage, OfACutOffEndIsNoticedOrHarmless) {
    int noticed = 0;
    for (const auto& [name, bytes] : image_) {
        SCOPED_TRACE(name);
        const std::size_t step = std::max<std::size_t>(1, bytes.size() / 12);
        for (std::size_t size = 0; size < bytes.size() && !HasFailure(); size += step) {
            SCOPED_TRACE("cut to " + std::to_string(size));
            noticed += notices(name, bytes.substr(0, size)) ? 1 : 0;
        }
    }
    EXPECT_GT(noticed, 12);
}

}  // namespace
}  // namespace tillstream::testing
