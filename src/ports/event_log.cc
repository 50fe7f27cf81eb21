#include "ports/event_log.h"

namespace tillstream {

std::string_view RecordBlock::value(std::size_t i) const {
    const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return values.view().substr(begin, ends[i] - begin - 1);
}

std::string_view RecordBlock::event_id(std::size_t i) const {
    if (event_id_ends.empty()) return {};
    const std::uint32_t begin = i == 0 ? 0 : event_id_ends[i - 1];
    return event_ids.view().substr(begin, event_id_ends[i] - begin);
}

}  // namespace tillstream
