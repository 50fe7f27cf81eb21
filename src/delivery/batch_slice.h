// batch_slice.h - parts of a log batch, for going on inside one and for leaving single records out.
#pragma once

#include <cstdint>

#include "ports/event_log.h"

namespace tillstream {

/// Records [from, to) of `batch` as a batch of its own: offsets, verdicts, event ids and decoded rows go with
/// them. Copies the records' bytes.
LogBatch slice_batch(const LogBatch& batch, std::uint32_t from, std::uint32_t to);

}  // namespace tillstream
