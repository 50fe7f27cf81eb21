// A reader against a log that moves on while it reads.
#include "log/internal/journal_reader.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "core/fault_env.h"
#include "log/internal/format.h"
#include "log/internal/journal_fixture.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

using testing::append_and_wait;
using testing::batch_of;
using testing::JournalFixture;
using testing::one;
using testing::small_options;

/// Runs `hook` once, within a read of an opened file.
class HookedFilesystem final : public Filesystem {
public:
    explicit HookedFilesystem(Filesystem& base) : base_(base) {}

    void at_next_read(std::function<void()> hook) { hook_ = std::move(hook); }
    bool hooked() const { return static_cast<bool>(hook_); }

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        std::unique_ptr<File> file = TILLSTREAM_TRY(base_.open(path, mode));
        return std::unique_ptr<File>(std::make_unique<HookedFile>(std::move(file), hook_));
    }
    Status rename(const std::string& from, const std::string& to) override { return base_.rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override {
        return base_.rename_new(from, to);
    }
    Status remove(const std::string& path) override { return base_.remove(path); }
    Result<bool> exists(const std::string& path) override { return base_.exists(path); }
    Result<std::vector<std::string>> list(const std::string& dir) override { return base_.list(dir); }
    Status make_dirs(const std::string& dir) override { return base_.make_dirs(dir); }
    Status sync_dir(const std::string& dir) override { return base_.sync_dir(dir); }
    Result<std::uint64_t> free_bytes(const std::string& dir) override { return base_.free_bytes(dir); }

private:
    class HookedFile final : public File {
    public:
        HookedFile(std::unique_ptr<File> base, std::function<void()>& hook)
            : base_(std::move(base)), hook_(hook) {}
        Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) override {
            if (hook_) std::exchange(hook_, nullptr)();
            return base_->read_at(offset, into, size);
        }
        Status write_at(std::uint64_t offset, std::string_view bytes) override {
            return base_->write_at(offset, bytes);
        }
        Status sync() override { return base_->sync(); }
        Status truncate(std::uint64_t size) override { return base_->truncate(size); }
        Result<std::uint64_t> size() override { return base_->size(); }
        bool direct() const override { return base_->direct(); }

    private:
        std::unique_ptr<File> base_;
        std::function<void()>& hook_;
    };

    Filesystem& base_;
    std::function<void()> hook_;
};

/// Without seals of its own, so that a test knows where every group lies.
JournalOptions silent_options() {
    JournalOptions options = small_options();
    options.idle_seal = std::chrono::hours(1);
    return options;
}

std::vector<std::string> rest_of(LogReader& reader, std::vector<Gap>& gaps) {
    testing::ReadAll all;
    for (;;) {
        const auto piece = reader.read(1);
        EXPECT_TRUE(piece) << piece.error().message;
        if (!piece) return {};
        gaps.insert(gaps.end(), piece->gaps.begin(), piece->gaps.end());
        if (piece->batches.empty()) return all.values();
        all.batches.insert(all.batches.end(), piece->batches.begin(), piece->batches.end());
    }
}

TEST(JournalReader, GroupsBehindLiveDamageAreReadWhenTheLogRollsMeanwhile) {
    MemoryFilesystem disk;
    HookedFilesystem fs(disk);
    JournalFixture journal(fs, silent_options());
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    const auto append = [&](const std::string& value) {
        ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {value}))));
    };
    append("first");
    const auto reader = journal->open_reader({}, ReadFrom::storage);
    ASSERT_TRUE(reader);
    std::vector<Gap> gaps;
    ASSERT_EQ(rest_of(**reader, gaps), std::vector<std::string>{"first"});
    append("damaged");
    // Header, opening seal, "first", "damaged": one block each.
    ASSERT_TRUE(disk.flip_bit("log/" + journal::segment_name(1), 3 * journal::kBlock + 100, 1));
    const std::string large(100'000, 'l');
    fs.at_next_read([&] {
        append("behind the damage");
        append(large);
        append(large);
        append(large);
    });
    const auto values = rest_of(**reader, gaps);
    ASSERT_FALSE(fs.hooked());
    EXPECT_TRUE(*disk.exists("log/" + journal::segment_name(2)));
    ASSERT_EQ(values.size(), 4U);
    EXPECT_EQ(values.front(), "behind the damage");
    ASSERT_EQ(gaps.size(), 1U);
    EXPECT_EQ(gaps.front().from, Offset{1});
    EXPECT_EQ(gaps.front().to, Offset{2});
}

TEST(JournalReader, EveryCursorCanBeEnteredWithoutGaps) {
    MemoryFilesystem disk;
    JournalFixture journal(disk, silent_options());
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    constexpr std::uint64_t kRecords = 12;
    for (std::uint64_t i = 0; i < kRecords; ++i)
        ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {std::string(50'000, 'e')}))));
    ASSERT_TRUE(*disk.exists("log/" + journal::segment_name(2)));
    std::string cursor;
    for (std::uint64_t i = 0; i < kRecords; ++i) {
        const auto piece = (*journal->open_reader(cursor, ReadFrom::storage))->read(1);
        ASSERT_TRUE(piece);
        EXPECT_TRUE(piece->gaps.empty()) << "record " << i;
        ASSERT_EQ(piece->batches.size(), 1U);
        EXPECT_EQ(piece->batches.front().base, Offset{i});
        cursor = piece->cursor;
    }
}

TEST(JournalReader, ASegmentIsNotReadAgainWhenMemoryServedInBetween) {
    MemoryFilesystem disk;
    FaultFilesystem counting(disk);
    JournalOptions options = silent_options();
    options.tail_bytes = 3000;  // the newest group or two
    JournalFixture journal(counting, options);
    ASSERT_TRUE(journal.open());
    const SourceId source = journal->register_stream("sales", 1)->front().id;
    const auto reader = journal->open_reader({});
    ASSERT_TRUE(reader);
    std::vector<Gap> gaps;
    std::size_t read = 0;
    // Each round some groups have left the memory and the last one has not.
    constexpr int kRounds = 10;
    const std::uint64_t before = counting.calls(FileCall::open);
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < 4; ++i)
            ASSERT_TRUE(append_and_wait(*journal, one(batch_of(source, {std::string(1000, 'r')}))));
        read += rest_of(**reader, gaps).size();
    }
    EXPECT_EQ(read, std::size_t{4 * kRounds});
    EXPECT_TRUE(gaps.empty());
    // The segment once, and perhaps the spare that was being made.
    EXPECT_LE(counting.calls(FileCall::open) - before, 3U);
}

}  // namespace
}  // namespace tillstream
