// folder_walk.h - the files below a folder in the byte order of their names, only as far as is asked for.
//
// Order:    that of whole names: "a-b" comes before "a/c", although a folder's listing has "a" first.
// Memory:   the listings of one folder on each level.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "ports/object_store.h"

namespace tillstream {

Result<bool> is_folder(Filesystem& fs, const std::string& path);

class FolderWalk {
public:
    /// The first `limit` files below `root` whose names begin with `prefix` and come after `after`.
    FolderWalk(Filesystem& fs, std::string root, std::string_view prefix, std::string_view after,
               std::size_t limit)
        : fs_(fs), root_(std::move(root)), prefix_(prefix), after_(after), limit_(limit) {}

    /// Visits `top`, a name in the root folder.
    Status visit(const std::string& top);
    std::vector<ObjectInfo>& found() { return found_; }
    bool full() const { return found_.size() >= limit_; }

private:
    Status visit_folder(const std::string& name);
    Status order(const std::string& folder, std::vector<std::string>& names) const;
    bool may_hold(const std::string& name) const;

    Filesystem& fs_;
    const std::string root_;
    const std::string_view prefix_;
    const std::string_view after_;
    const std::size_t limit_;
    std::vector<ObjectInfo> found_;
};

}  // namespace tillstream
