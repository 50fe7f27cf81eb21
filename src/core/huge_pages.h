// huge_pages.h - an allocator for large tables that are written once and then read here and there.
//
// Why:      in a table of many megabytes with pages of 4 KiB nearly every access waits for the page tables
//           too. From kHugePage on, whole pages of 2 MiB are asked for; what is left at the end stays small
//           pages, so no more memory is used than was asked for.
// Limits:   a wish: a kernel that gives no huge pages gives the usual ones.
// Source:   madvise(2), MADV_HUGEPAGE.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace tillstream {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

template <class T>
struct HugePageAllocator {
    using value_type = T;

    HugePageAllocator() = default;
    template <class U>
    HugePageAllocator(const HugePageAllocator<U>&) {}  // NOLINT(google-explicit-constructor): a rebind

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        if (bytes < kHugePage) return static_cast<T*>(::operator new(bytes));
        void* memory = nullptr;
        if (::posix_memalign(&memory, kHugePage, bytes) != 0) throw std::bad_alloc();
        ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) {
        if (count * sizeof(T) < kHugePage)
            ::operator delete(memory);
        else
            std::free(memory);
    }
    friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

}  // namespace tillstream
