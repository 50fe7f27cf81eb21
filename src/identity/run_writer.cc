#include <optional>

#include "core/checksum.h"
#include "identity/internal/id_run.h"
#include "identity/internal/run_format.h"

namespace tillstream::identity {

namespace {

constexpr std::size_t kWriteBytes = std::size_t{1} << 20;

/// A file that is written from front to back in large pieces.
class Stretch {
public:
    Stretch(std::unique_ptr<File> file, std::uint64_t at) : file_(std::move(file)), at_(at) {}

    Status append(std::string_view bytes) {
        waiting_ += bytes;
        return waiting_.size() < kWriteBytes ? Status{} : flush();
    }
    Status flush() {
        if (waiting_.empty()) return {};
        TILLSTREAM_CHECK(file_->write_at(at_, waiting_));
        at_ += waiting_.size();
        waiting_.clear();
        return {};
    }
    std::uint64_t end() const { return at_ + waiting_.size(); }
    File& file() { return *file_; }

private:
    std::unique_ptr<File> file_;
    std::uint64_t at_;
    std::string waiting_;
};

Result<Stretch> make_file(Filesystem& fs, const std::string& path, std::uint64_t at) {
    auto file = TILLSTREAM_TRY(fs.open(path, {.write = true, .create = true}));
    TILLSTREAM_CHECK(file->truncate(0));
    return Stretch(std::move(file), at);
}

constexpr const char* kUnfinished = ".tmp";

}  // namespace

struct RunWriter::State {
    Filesystem& fs;
    std::string dir;
    RunHeader header;
    Stretch blocks;
    std::optional<Stretch> texts;
    Filter filter;
    std::string fences;
    std::string block = std::string(kRunBlock, '\0');
    std::size_t in_block = 0;

    std::string path() const { return run_path(dir, header.info.kind, header.info.number); }

    Status end_block() {
        if (in_block == 0) return {};
        store_le(block.data() + 4, static_cast<std::uint16_t>(in_block));
        store_le(block.data(), crc32c(std::string_view(block).substr(4)));
        fences.append(block, kBlockHeaderBytes, sizeof(std::uint64_t));
        ++header.blocks;
        in_block = 0;
        TILLSTREAM_CHECK(blocks.append(block));
        block.assign(kRunBlock, '\0');
        return {};
    }

    Status write_out() {
        TILLSTREAM_CHECK(end_block());
        header.fences_crc = crc32c(fences);
        header.filter_crc = crc32c(filter.bytes());
        header.filter_bytes = filter.bytes().size();
        TILLSTREAM_CHECK(blocks.append(fences));
        TILLSTREAM_CHECK(blocks.append(filter.bytes()));
        TILLSTREAM_CHECK(blocks.flush());
        std::string first = encode_run_header(header);
        first.resize(kRunBlock, '\0');
        TILLSTREAM_CHECK(blocks.file().write_at(0, first));
        TILLSTREAM_CHECK(blocks.file().sync());
        if (!texts) return {};
        TILLSTREAM_CHECK(texts->flush());
        TILLSTREAM_CHECK(texts->file().sync());
        return {};
    }
};

RunWriter::RunWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&&) noexcept = default;
RunWriter::~RunWriter() = default;

Result<RunWriter> RunWriter::open(Filesystem& fs, const std::string& dir, RunKind kind, std::uint64_t number,
                                  std::uint64_t expected, std::size_t filter_bits) {
    RunHeader header;
    header.info.number = number;
    header.info.kind = kind;
    Stretch blocks = TILLSTREAM_TRY(make_file(fs, run_path(dir, kind, number) + kUnfinished, kRunBlock));
    std::optional<Stretch> texts;
    if (kind == RunKind::keys)
        texts = TILLSTREAM_TRY(make_file(fs, texts_path(dir, number) + kUnfinished, 0));
    return RunWriter(std::unique_ptr<State>(
        new State{fs, dir, header, std::move(blocks), std::move(texts), Filter(expected, filter_bits), {}}));
}

Status RunWriter::add(const IdHash& hash, std::string_view text) {
    State& s = *state_;
    char* at = s.block.data() + kBlockHeaderBytes + s.in_block * (s.texts ? 32 : 16);
    store_hash(at, hash);
    if (s.texts) {
        store_le(at + 16, s.texts->end());
        store_le(at + 24, static_cast<std::uint32_t>(text.size()));
        store_le(at + 28, crc32c(text));
        TILLSTREAM_CHECK(s.texts->append(text));
    }
    s.filter.add(hash);
    ++s.header.info.entries;
    if (++s.in_block == entries_per_block(s.header.info.kind)) return s.end_block();
    return {};
}

Result<RunInfo> RunWriter::finish(Hour first, Hour last) {
    State& s = *state_;
    s.header.info.first_hour = first;
    s.header.info.last_hour = last;
    TILLSTREAM_CHECK(s.write_out());
    if (s.texts) {
        const std::string texts = texts_path(s.dir, s.header.info.number);
        TILLSTREAM_CHECK(s.fs.rename(texts + kUnfinished, texts));
    }
    TILLSTREAM_CHECK(s.fs.rename(s.path() + kUnfinished, s.path()));
    TILLSTREAM_CHECK(s.fs.sync_dir(s.dir));
    return s.header.info;
}

}  // namespace tillstream::identity
