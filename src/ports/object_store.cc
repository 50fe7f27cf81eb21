#include "ports/object_store.h"

#include <fmt/format.h>

namespace tillstream {

namespace {

constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxPart = 255;

std::string_view fault_of_part(std::string_view part) {
    if (part.empty()) return "an empty part";
    if (part == "." || part == "..") return "a part that is '.' or '..'";
    if (part.size() > kMaxPart) return "a part over 255 bytes";
    return {};
}

std::string_view fault_of_name(std::string_view name) {
    if (name.size() > kMaxName) return "over 1024 bytes";
    if (name.find('\0') != std::string_view::npos) return "a NUL byte";
    for (;;) {
        const std::size_t slash = name.find('/');
        if (const std::string_view fault = fault_of_part(name.substr(0, slash)); !fault.empty()) return fault;
        if (slash == std::string_view::npos) return {};
        name.remove_prefix(slash + 1);
    }
}

}  // namespace

Status check_object_name(std::string_view name) {
    const std::string_view fault = fault_of_name(name);
    if (fault.empty()) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("object name '{}' has {}", name.substr(0, kMaxPart), fault));
}

}  // namespace tillstream
