#include "adapters/localfs/internal/folder_walk.h"

#include <algorithm>

namespace tillstream {

Result<bool> is_folder(Filesystem& fs, const std::string& path) {
    const auto listed = fs.list(path);
    if (listed) return true;
    // A file, or nothing at all.
    if (listed.error().code == Errc::io || listed.error().code == Errc::not_found) return false;
    return failure(listed.error());
}

/// Whether `name`, as a file or as a folder, can lead to something that was asked for.
bool FolderWalk::may_hold(const std::string& name) const {
    const std::string inside = name + '/';
    const bool matches =
        name.starts_with(prefix_) || inside.starts_with(prefix_) || prefix_.starts_with(inside);
    const bool behind = after_ < name || after_ < inside || after_.starts_with(inside);
    return matches && behind;
}

Status FolderWalk::visit(const std::string& name) {
    if (full() || !may_hold(name)) return {};
    const std::string path = root_ + '/' + name;
    const auto file = fs_.open(path, {});
    if (!file) {
        if (TILLSTREAM_TRY(is_folder(fs_, path))) return visit_folder(name);
        if (file.error().code == Errc::not_found) return {};  // removed since it was listed
        return failure(file.error());
    }
    if (!name.starts_with(prefix_) || name <= after_ || !check_object_name(name)) return {};
    found_.push_back({name, TILLSTREAM_TRY((*file)->size())});
    return {};
}

Status FolderWalk::visit_folder(const std::string& name) {
    auto names = fs_.list(root_ + '/' + name);
    if (!names) return names.error().code == Errc::not_found ? Status{} : Status(failure(names.error()));
    TILLSTREAM_CHECK(order(root_ + '/' + name, *names));
    for (const std::string& inner : *names) {
        if (full()) return {};
        TILLSTREAM_CHECK(visit(name + '/' + inner));
    }
    return {};
}

/// Puts folders where what they hold belongs. Only a name that another one continues can lie wrong, so that
/// hardly any file has to be looked at.
Status FolderWalk::order(const std::string& folder, std::vector<std::string>& names) const {
    bool moved = false;
    for (std::size_t i = 0; i + 1 < names.size(); ++i) {
        if (!names[i + 1].starts_with(names[i])) continue;
        if (!TILLSTREAM_TRY(is_folder(fs_, folder + '/' + names[i]))) continue;
        names[i] += '/';
        moved = true;
    }
    if (!moved) return {};
    std::sort(names.begin(), names.end());
    for (std::string& name : names)
        if (name.back() == '/') name.pop_back();
    return {};
}

}  // namespace tillstream
