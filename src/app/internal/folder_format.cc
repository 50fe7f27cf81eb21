#include "app/internal/folder_format.h"

namespace tillstream::app {

namespace {

constexpr std::string_view kFormat = "tillstream 1\n";

}  // namespace

Status check_folder_format(Filesystem& fs, const std::string& dir) {
    const std::string path = dir + "/FORMAT";
    if (!TILLSTREAM_TRY(fs.exists(path))) return write_file_atomic(fs, path, kFormat);
    const std::string found = TILLSTREAM_TRY(read_file(fs, path));
    if (found == kFormat) return {};
    return failure(Errc::unsupported,
                   path + " says \"" + found.substr(0, found.find('\n')) +
                       "\", this program reads \"tillstream 1\"; use the version that wrote the folder");
}

}  // namespace tillstream::app
