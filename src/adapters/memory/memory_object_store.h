// memory_object_store.h - an object store in memory, for tests.
//
// Durable:  as long as the object lives.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "ports/object_store.h"

namespace tillstream {

class MemoryObjectStore final : public ObjectStore {
public:
    Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
    Result<std::string> get(std::string_view name, std::uint64_t offset, std::size_t size) override;
    Result<ObjectInfo> info(std::string_view name) override;
    Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view after,
                                         std::size_t limit) override;
    Status remove(std::string_view name) override;

    /// Puts `bytes` whatever was there: damage, for tests.
    void overwrite(std::string_view name, std::string_view bytes);
    /// Bytes given out by get since construction.
    std::uint64_t bytes_read() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string, std::less<>> objects_;
    std::uint64_t bytes_read_ = 0;
};

}  // namespace tillstream
