#include "bench/bare/committer.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench/arm_server.h"
#include "core/checksum.h"

namespace tillstream::bench {

namespace {

constexpr std::uint64_t kMagic = 0x7075'6f72'6765'7262;
constexpr std::size_t kHeaderBytes = 64;

Status write_whole(File& file, std::size_t size) {
    AlignedBuffer block(1 << 20);
    std::memset(block.data(), 0, block.size());
    for (std::uint64_t at = 0; at < size; at += block.size()) {
        TILLSTREAM_CHECK(file.write_at(at, {block.data(), block.size()}));
    }
    return file.sync();
}

void end_if_failed(const Status& status) {
    if (status) return;
    std::fprintf(stderr, "bare_pipeline: %s\n", status.error().message.c_str());
    std::_Exit(1);
}

}  // namespace

Result<std::unique_ptr<Committer>> Committer::open(Filesystem& fs, const std::string& dir) {
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    std::unique_ptr<Committer> committer(new Committer);
    for (std::size_t i = 0; i < committer->segments_.size(); ++i) {
        const std::string path = fmt::format("{}/segment-{}", dir, i);
        auto& file = committer->segments_[i];
        file = TILLSTREAM_TRY(fs.open(path, {.write = true, .create = true, .direct = true}));
        TILLSTREAM_CHECK(write_whole(*file, kSegmentBytes));
    }
    TILLSTREAM_CHECK(fs.sync_dir(dir));
    committer->group_ = AlignedBuffer(kBodyBytesMax + kHeaderBytes);
    std::memset(committer->group_.data(), 0, kGroupBytesMax);  // touched before timing
    committer->thread_ = std::thread([c = committer.get()] { c->run(); });
    return committer;
}

Committer::~Committer() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
}

void Committer::submit(Submission submission) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(submission));
    }
    arrived_.notify_one();
}

SaleFigures Committer::figures() const {
    const std::lock_guard lock(mutex_);
    return figures_;
}

void Committer::run() {
    std::vector<Submission> taken;
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            taken.swap(waiting_);
        }
        for (std::size_t first = 0; first < taken.size();) {
            const std::size_t last = fill_group(taken, first);
            write_group();
            answer(taken, first, last);
            first = last;
        }
        taken.clear();
    }
}

std::size_t Committer::fill_group(const std::vector<Submission>& taken, std::size_t first) {
    group_bytes_ = kHeaderBytes;
    std::size_t next = first;
    while (next < taken.size()) {
        const std::string_view body = taken[next].body.view();
        if (next > first && group_bytes_ + body.size() > kGroupBytesMax) break;
        std::memcpy(group_.data() + group_bytes_, body.data(), body.size());
        group_bytes_ += body.size();
        ++next;
    }
    return next;
}

void Committer::write_group() {
    store_le<std::uint64_t>(group_.data(), kMagic);
    store_le<std::uint64_t>(group_.data() + 8, group_bytes_);
    store_le<std::uint64_t>(group_.data() + 16, ++sequence_);
    store_le(group_.data() + 24, crc32c({group_.data() + kHeaderBytes, group_bytes_ - kHeaderBytes}));
    const std::size_t padded = round_up(group_bytes_, AlignedBuffer::kAlignment);
    if (offset_ + padded > kSegmentBytes) {
        segment_ = (segment_ + 1) % segments_.size();
        offset_ = 0;
    }
    end_if_failed(segments_[segment_]->write_at(offset_, {group_.data(), padded}));
    end_if_failed(segments_[segment_]->sync());
    offset_ += padded;
}

void Committer::answer(std::vector<Submission>& taken, std::size_t first, std::size_t last) {
    SaleFigures sum;
    for (std::size_t i = first; i < last; ++i) sum.add(taken[i].figures);
    {
        const std::lock_guard lock(mutex_);
        figures_.add(sum);
    }
    ResponseBatch batch;
    for (std::size_t i = first; i < last; ++i) {
        HttpResponse response;
        response.body = accepted_answer(taken[i].figures.rows, sequence_);
        batch.add(std::move(taken[i].responder), std::move(response), std::move(taken[i].body));
    }
    batch.deliver();
}

}  // namespace tillstream::bench
