// sealed_sections.h - kinds and sizes in the index of a sealed object (docs/formats/sealed.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "log/internal/batch_codec.h"

namespace tillstream::journal {

inline constexpr std::size_t kSealedIdBytes = 72;  ///< without the stream's name
inline constexpr std::size_t kSealedSectionEntryBytes = 16;
inline constexpr std::size_t kSealedFrameEntryBytes = 20;
inline constexpr std::size_t kSealedSections = 12;
inline constexpr std::uint64_t kSealedBatchHasEventIds = 1;

enum class SealedSection : std::uint16_t {
    frames = kCritical | 1,
    contracts = kCritical | 2,
    holes = kCritical | 3,
    counts = kCritical | 4,
    arrivals = kCritical | 5,
    groups = kCritical | 6,
    numbers = kCritical | 7,
    batch_contracts = kCritical | 8,
    flags = kCritical | 9,
    rejections = kCritical | 10,
    event_id_sizes = kCritical | 11,
    event_ids = kCritical | 12,
};

}  // namespace tillstream::journal
