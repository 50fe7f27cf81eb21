#include "adapters/memory/memory_object_store.h"

#include <algorithm>

namespace tillstream {

namespace {

tl::unexpected<Error> absent(std::string_view name) {
    return failure(Errc::not_found, "no object '" + std::string(name) + "'");
}

}  // namespace

Result<PutOutcome> MemoryObjectStore::put_if_absent(std::string_view name, std::string_view bytes) {
    TILLSTREAM_CHECK(check_object_name(name));
    const std::lock_guard lock(mutex_);
    const bool added = objects_.emplace(name, bytes).second;
    return added ? PutOutcome::created : PutOutcome::present;
}

Result<std::string> MemoryObjectStore::get(std::string_view name, std::uint64_t offset, std::size_t size) {
    TILLSTREAM_CHECK(check_object_name(name));
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(name);
    if (found == objects_.end()) return absent(name);
    const std::string& bytes = found->second;
    std::string part = bytes.substr(std::min<std::uint64_t>(offset, bytes.size()), size);
    bytes_read_ += part.size();
    return part;
}

Result<ObjectInfo> MemoryObjectStore::info(std::string_view name) {
    TILLSTREAM_CHECK(check_object_name(name));
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(name);
    if (found == objects_.end()) return absent(name);
    return ObjectInfo{found->first, found->second.size()};
}

Result<std::vector<ObjectInfo>> MemoryObjectStore::list(std::string_view prefix, std::string_view after,
                                                        std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> found;
    auto object = after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
    for (; object != objects_.end() && object->first.starts_with(prefix) && found.size() < limit; ++object)
        found.push_back({object->first, object->second.size()});
    return found;
}

Status MemoryObjectStore::remove(std::string_view name) {
    TILLSTREAM_CHECK(check_object_name(name));
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(name);
    if (found != objects_.end()) objects_.erase(found);
    return {};
}

void MemoryObjectStore::overwrite(std::string_view name, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    objects_.insert_or_assign(std::string(name), std::string(bytes));
}

std::uint64_t MemoryObjectStore::bytes_read() const {
    const std::lock_guard lock(mutex_);
    return bytes_read_;
}

}  // namespace tillstream
