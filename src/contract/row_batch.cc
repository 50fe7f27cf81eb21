#include "contract/row_batch.h"

namespace tillstream {

namespace {

template <class T>
std::size_t bytes_of(const std::vector<T>& values) {
    return values.capacity() * sizeof(T);
}

}  // namespace

RowBatch::RowBatch(ContractPtr contract) : contract_(std::move(contract)), columns_(contract_->width()) {
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].type = contract_->column_type(i);
}

std::size_t RowBatch::memory_bytes() const {
    std::size_t bytes =
        arena_bytes_ + bytes_of(raw_) + bytes_of(event_ids_) + bytes_of(extra_) + bytes_of(accepted_);
    for (const ColumnVector& column : columns_)
        bytes += bytes_of(column.validity) + bytes_of(column.ints) + bytes_of(column.wide) +
                 bytes_of(column.doubles) + bytes_of(column.bools) + bytes_of(column.strings);
    for (const auto& buffer : pinned_) bytes += buffer->capacity();
    for (const Rejection& rejection : rejections_)
        for (const FieldError& error : rejection.errors)
            bytes +=
                sizeof error + error.pointer.capacity() + error.expected.capacity() + error.found.capacity();
    return bytes;
}

}  // namespace tillstream
