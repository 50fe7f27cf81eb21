// log_figures.h - counts and sums of one stream, from re-reading the log's storage.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "catalog/contract_store.h"
#include "core/result.h"
#include "ports/event_log.h"
#include "ports/figures.h"

namespace tillstream {

struct LogFigures {
    std::uint64_t accepted = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t gaps = 0;
    StoreFigures rows;                            ///< of the accepted records
    std::map<std::string, StoreFigures> refused;  ///< by sink: accepted records it refused later
};

/// Records of `contract`'s stream, once for each of `ends`: only records below count. The first end has an
/// entry for each source of the stream and for the system's, and only its figures know of refusals and
/// duplicates. One reading for all.
Result<std::vector<LogFigures>> scan_log(EventLog& log, const ContractStore& contracts,
                                         const Contract& contract, std::span<const Position> ends);

}  // namespace tillstream
