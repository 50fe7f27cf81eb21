// raw_figures.h - counts and sums of one stream, from the sealed objects of the raw lake alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/contract_store.h"
#include "core/result.h"
#include "log/sealed_lake.h"
#include "ports/figures.h"
#include "ports/position.h"

namespace tillstream {

struct RawFigures {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
    std::uint64_t accepted = 0;
    std::uint64_t quarantined = 0;
    StoreFigures rows;                 ///< of the accepted records
    Position sealed;                   ///< behind the last record of each source that has objects
    std::vector<std::string> damages;  ///< in words; at most a few are kept
    std::uint64_t damaged = 0;
};

/// Objects of `contract`'s stream; records at or beyond `end` are left out.
Result<RawFigures> scan_raw(const SealedLake& lake, const ContractStore& contracts, const Contract& contract,
                            const Position& end);

}  // namespace tillstream
