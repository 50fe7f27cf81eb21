// counting_files.h - the real file system, with the reads counted.
//
// Threads:  any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/env.h"

namespace tillstream::bench {

class CountingFiles final : public Filesystem {
public:
    explicit CountingFiles(Filesystem& files) : files_(files) {}

    std::uint64_t reads() const { return reads_; }

    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        auto file = TILLSTREAM_TRY(files_.open(path, mode));
        return std::unique_ptr<File>(std::make_unique<CountedFile>(std::move(file), reads_));
    }
    Status rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override {
        return files_.rename_new(from, to);
    }
    Status remove(const std::string& path) override { return files_.remove(path); }
    Result<bool> exists(const std::string& path) override { return files_.exists(path); }
    Result<std::vector<std::string>> list(const std::string& dir) override { return files_.list(dir); }
    Status make_dirs(const std::string& dir) override { return files_.make_dirs(dir); }
    Status sync_dir(const std::string& dir) override { return files_.sync_dir(dir); }
    Result<std::uint64_t> free_bytes(const std::string& dir) override { return files_.free_bytes(dir); }

private:
    class CountedFile final : public File {
    public:
        CountedFile(std::unique_ptr<File> file, std::atomic<std::uint64_t>& reads)
            : file_(std::move(file)), reads_(reads) {}

        Result<std::size_t> read_at(std::uint64_t offset, char* into, std::size_t size) override {
            reads_.fetch_add(1, std::memory_order_relaxed);
            return file_->read_at(offset, into, size);
        }
        Status write_at(std::uint64_t offset, std::string_view bytes) override {
            return file_->write_at(offset, bytes);
        }
        Status sync() override { return file_->sync(); }
        Status truncate(std::uint64_t size) override { return file_->truncate(size); }
        Result<std::uint64_t> size() override { return file_->size(); }
        bool direct() const override { return file_->direct(); }

    private:
        std::unique_ptr<File> file_;
        std::atomic<std::uint64_t>& reads_;
    };

    Filesystem& files_;
    std::atomic<std::uint64_t> reads_{0};
};

}  // namespace tillstream::bench
