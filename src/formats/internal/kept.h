// kept.h - how much of what one text needed is kept for the next: readers live as long as the process.
#pragma once

#include <cstddef>
#include <vector>

namespace tillstream::internal {

/// Fields of one record: more than any ordinary one has.
inline constexpr std::size_t kFieldsKept = 64 << 10;

template <class T>
void give_back_excess(std::vector<T>& fields) {
    if (fields.capacity() > kFieldsKept) std::vector<T>().swap(fields);
}

template <class T>
std::size_t bytes_of(const std::vector<T>& fields) {
    return fields.capacity() * sizeof(T);
}

}  // namespace tillstream::internal
