// leading_id.h - the event id of a record that could not be split, if it stands at the very front: a file
// that is sent again then repeats its broken lines as little as its good ones (docs/producer.md).
//
// Form:  printable ASCII without quotes, backslashes and commas; any other id is not seen. Empty: none.
#pragma once

#include <string_view>

namespace tillstream::internal {

/// Of a text that begins with {"event_id":"...", blanks between as JSON allows them.
std::string_view leading_event_id(std::string_view json);
/// The first cell of a CSV row, where that is the event id's.
std::string_view leading_cell(std::string_view row);

}  // namespace tillstream::internal
