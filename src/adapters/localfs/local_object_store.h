// local_object_store.h - the object store on a disk: an object is a file below the data folder.
//
// Durable:  written under a name in <root>/.put, synced, renamed into place, its folders synced. What a
//           crash leaves in .put is removed at the next open.
// Order:    a file appears under its name whole; outside programs may read along, and may add files of their
//           own: put_if_absent never replaces one.
// Owner:    one at a time per root: the lock of the data folder sees to that.
// Errors:   those of the port. Once syncing a folder has failed, every later put and remove answers io until
//           the store is opened anew: what a later sync would say proves nothing. One that could not begin
//           (unavailable: no descriptor) leaves the outcome unknown, and the call may be repeated.
// Limits:   all on one file system: a lake on another disk is mounted as the whole root.
//           Folders stay when their last object is removed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/env.h"
#include "ports/object_store.h"

namespace tillstream {

class LocalObjectStore final : public ObjectStore {
public:
    /// `areas`: the folders below `root` that hold objects; nothing else there is seen or touched. They and
    /// the root are made as needed. `fs` outlives the store.
    static Result<std::unique_ptr<LocalObjectStore>> open(Filesystem& fs, std::string root,
                                                          std::vector<std::string> areas = {"lake", "state"});
    /// Beside the store's owner: nothing is made or cleared away, and every put and remove answers
    /// permission_denied.
    static std::unique_ptr<LocalObjectStore> open_for_reading(Filesystem& fs, std::string root,
                                                              std::vector<std::string> areas = {"lake",
                                                                                                "state"});
    ~LocalObjectStore() override;

    Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
    Result<std::string> get(std::string_view name, std::uint64_t offset, std::size_t size) override;
    Result<ObjectInfo> info(std::string_view name) override;
    Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after,
                                         std::size_t limit) override;
    Status remove(std::string_view name) override;

private:
    struct State;
    explicit LocalObjectStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tillstream
