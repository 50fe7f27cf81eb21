#include "log/internal/segment_writer.h"

#include <cstring>
#include <utility>

namespace tillstream::journal {

Status SegmentWriter::roll(const std::string& path, SegmentHeader header) {
    header.prev_last_lsn = last_lsn_;
    header.prev_last_crc = last_crc_;
    AlignedBuffer block(kBlock);
    encode_segment_block(header, block.data());
    auto file = TILLSTREAM_TRY(fs_.open(path, {.write = true, .direct = true}));
    TILLSTREAM_CHECK(file->write_at(0, {block.data(), kBlock}));
    TILLSTREAM_CHECK(file->sync());
    const std::string name = dir_ + "/" + segment_name(header.id);
    TILLSTREAM_CHECK(fs_.rename(path, name));
    if (auto synced = fs_.sync_dir(dir_); !synced) {
        // Should this fail too, the next roll replaces the file.
        (void)fs_.rename(name, path);
        return synced;
    }
    file_ = std::move(file);
    header_ = header;
    position_ = kBlock;
    return {};
}

Status SegmentWriter::write(GroupHeader& group, AlignedBuffer& buffer) {
    group.prev_crc = last_crc_;
    group.lsn = Lsn{last_lsn_.value + 1};
    group.epoch = header_.epoch;
    group.segment = header_.id;
    encode_group_header(group, header_.seed(), buffer.data());
    const std::size_t used = kGroupHeaderBytes + group.body_bytes;
    const std::size_t stored = group.stored_bytes();
    std::memset(buffer.data() + used, 0, stored - used);
    TILLSTREAM_CHECK(file_->write_at(position_, {buffer.data(), stored}));
    TILLSTREAM_CHECK(file_->sync());
    position_ += stored;
    last_lsn_ = group.lsn;
    last_crc_ = group.header_crc;
    return {};
}

}  // namespace tillstream::journal
