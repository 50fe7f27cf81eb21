// base64.h - RFC 4648, standard alphabet with padding: how bytes that are no text travel in JSON.
#pragma once

#include <string>
#include <string_view>

namespace tillstream {

void append_base64(std::string& out, std::string_view bytes);
std::string base64(std::string_view bytes);

}  // namespace tillstream
