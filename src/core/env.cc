#include "core/env.h"

#include <utility>

#include "core/internal/path.h"

namespace tillstream {

Result<std::string> read_file(Filesystem& fs, const std::string& path) {
    const auto file = TILLSTREAM_TRY(fs.open(path, {}));
    std::string content(TILLSTREAM_TRY(file->size()), '\0');
    content.resize(TILLSTREAM_TRY(file->read_at(0, content.data(), content.size())));
    return content;
}

namespace {

Status write_synced(Filesystem& fs, const std::string& path, std::string_view bytes) {
    const auto file = TILLSTREAM_TRY(fs.open(path, {.write = true, .create = true}));
    TILLSTREAM_CHECK(file->truncate(0));  // an earlier attempt may have left more than we write
    TILLSTREAM_CHECK(file->write_at(0, bytes));
    return file->sync();
}

}  // namespace

Status write_file_atomic(Filesystem& fs, const std::string& path, std::string_view bytes) {
    const std::string beside = path + ".tmp";
    Status written = write_synced(fs, beside, bytes);
    if (written) written = fs.rename(beside, path);
    if (!written) {
        // The first error is the one to report; what stays behind is overwritten by the next attempt.
        static_cast<void>(fs.remove(beside));
        return written;
    }
    return fs.sync_dir(internal::parent_folder(path));
}

}  // namespace tillstream
