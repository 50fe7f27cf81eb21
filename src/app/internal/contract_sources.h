// contract_sources.h - where the contracts of a server come from: those built in, and a folder of files.
#pragma once

#include <string>
#include <vector>

#include "app/internal/settings.h"
#include "catalog/contract_store.h"

namespace tillstream::app {

std::vector<ContractText> built_in_contracts();

/// Of files that replace or join the built-in ones; it need not be there.
std::string datasets_folder(const Settings& settings);

/// Sorted. Nothing is written; the errors are those of ContractStore::open.
Result<std::vector<std::string>> stream_names(const Settings& settings);

}  // namespace tillstream::app
