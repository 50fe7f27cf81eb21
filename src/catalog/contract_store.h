// contract_store.h - the contracts in force, and every earlier version a stored record was judged under.
//
// Lifecycle:   opened once at start; built-in datasets first, files of the datasets folder replace or join
//              them.
// Durability:  a version is on stable storage (state/contracts/<name>@<version>.toml) before open returns, so
//              no record is ever judged under a contract that could be lost.
// Threads:     any.
// Errors:      open: invalid_argument (bad contract file; every problem with file, line and key), io.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contract/schema.h"
#include "core/env.h"
#include "core/result.h"

namespace tillstream {

/// Name of a file for messages, and its TOML.
using ContractText = std::pair<std::string, std::string>;

using ContractsByName = std::map<std::string, ContractPtr, std::less<>>;

/// The contracts that a store opened on the same sources would put into force; nothing is written.
Result<ContractsByName> read_contracts(Filesystem& fs, const std::vector<ContractText>& built_in,
                                       const std::string& datasets_dir);

class ContractStore {
public:
    /// `built_in` are the embedded datasets; `datasets_dir` may be empty or absent.
    static Result<std::unique_ptr<ContractStore>> open(Filesystem& fs, std::string state_dir,
                                                       const std::vector<ContractText>& built_in,
                                                       const std::string& datasets_dir);

    /// The version in force; null if there is no such dataset.
    ContractPtr find(std::string_view name) const;
    std::vector<ContractPtr> all() const;
    /// Any version ever in force, by Contract::id(). not_found if its file is missing.
    Result<ContractPtr> version(std::string_view id) const;

private:
    ContractStore(Filesystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}
    Status persist(const Contract& contract);

    Filesystem& fs_;
    std::string dir_;
    ContractsByName current_;
    mutable std::mutex mutex_;
    mutable ContractsByName versions_;
};

}  // namespace tillstream
