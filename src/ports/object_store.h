// object_store.h - the port to a store of immutable objects: the lake on a disk, or a bucket.
//
// Names:    relative, parts separated by '/', no empty part, none "." or "..", no NUL; at most 1,024 bytes, a
//           part at most 255. Sorted by bytes. An object and a folder never share a name: who has put "a/b"
//           does not put "a".
// Durable:  an object that was put is on stable storage, whole, with its name, before put_if_absent returns;
//           a reader never sees half of one. A crash inside the call leaves all of it or nothing.
// Errors:   not_found, invalid_argument (a name), resource_exhausted (full), io; outcome_unknown: a put that
//           may or may not have happened (repeat it: equal bytes are no conflict). A damaged object reads
//           as it is: whoever writes a format puts checksums into it.
// Threads:  any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace tillstream {

enum class PutOutcome : std::uint8_t {
    created,
    present,  ///< an object of that name is there already and was left alone, whatever it holds
};

struct ObjectInfo {
    std::string name;
    std::uint64_t bytes = 0;
    friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

/// invalid_argument, naming the fault, if `name` is none an object may have.
Status check_object_name(std::string_view name);

class ObjectStore {
public:
    virtual ~ObjectStore() = default;

    virtual Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) = 0;
    /// Up to `size` bytes from `offset`; fewer only at the end of the object, none behind it. Allocates no
    /// more than the object holds.
    virtual Result<std::string> get(std::string_view name, std::uint64_t offset, std::size_t size) = 0;
    virtual Result<ObjectInfo> info(std::string_view name) = 0;
    /// The first `limit` objects whose names begin with `prefix` (any bytes) and come after `after` (any
    /// bytes; empty: from the first), in order. Objects put or removed meanwhile may be missing or there.
    virtual Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after,
                                                 std::size_t limit) = 0;
    /// An absent object is fine. Durable on return.
    virtual Status remove(std::string_view name) = 0;
};

}  // namespace tillstream
