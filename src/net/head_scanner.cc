#include <cstring>

#include "net/internal/message_parser.h"

namespace tillstream::internal {

HeadScanner::Outcome HeadScanner::scan(std::string_view bytes) {
    while (true) {
        // The last byte scanned may be a CR whose LF has come since: look at it again.
        const std::size_t from = at_ > line_ ? at_ - 1 : at_;
        if (from == bytes.size()) return {};
        const void* found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
        const std::size_t line_feed =
            found == nullptr ? bytes.size()
                             : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        const std::string_view part = bytes.substr(from, line_feed - from);
        const std::size_t carriage_return = part.find('\r');
        if (found == nullptr) {
            if (carriage_return != part.npos && carriage_return + 1 != part.size()) {
                return {State::bad, 0, "a carriage return stands without a line feed"};
            }
            at_ = bytes.size();
            return {};
        }
        if (carriage_return == part.npos)
            return {State::bad, 0, "a line ends with a bare line feed, not CR LF"};
        if (carriage_return + 1 != part.size()) {
            return {State::bad, 0, "a carriage return stands without a line feed"};
        }
        if (line_feed == line_ + 1) return {State::complete, line_feed + 1};
        if (line_ != 0 && (bytes[line_] == ' ' || bytes[line_] == '\t')) {
            return {State::bad, 0, "a header is folded over several lines"};
        }
        at_ = line_ = line_feed + 1;
    }
}

}  // namespace tillstream::internal
