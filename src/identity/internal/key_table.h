// key_table.h - idempotency keys of requests under way, and of those answered since the last run was sealed.
//
// Threads:  any.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "identity/internal/id_hash.h"
#include "identity/internal/id_run.h"

namespace tillstream::identity {

class KeyTable {
public:
    enum class State : std::uint8_t { absent, running, answered };
    struct Found {
        State state = State::absent;
        std::string text;  ///< of an answered key
    };
    /// The key as it is; an absent one is running from now on.
    Found begin(const std::string& key);
    void answer(const std::string& key, const IdHash& hash, std::string text, Hour hour);
    /// As if it had never been.
    void release(const std::string& key);

    /// Keys that are running now.
    std::vector<std::string> running() const;
    bool any_runs(const std::vector<std::string>& keys) const;
    /// The answered ones, with their hours; they stay until they are forgotten.
    std::vector<RunEntry> answered() const;
    void forget(const std::vector<RunEntry>& sealed);
    std::size_t size() const;
    std::size_t memory_bytes() const;

private:
    struct Entry {
        State state = State::running;
        IdHash hash;
        std::string text;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;
    static std::size_t bytes_of(const Entries::value_type& entry);

    mutable std::mutex mutex_;
    Entries entries_;
    std::size_t bytes_ = 0;
};

}  // namespace tillstream::identity
