// row_loader.h - gives a log batch its decoded rows back when they are no longer in memory.
//
// Rule:     the stored verdict holds. A record is decoded under the contract version it was judged by; should
//           one that was accepted not decode any more, the batch is refused with corruption rather than
//           delivered. One that was rejected stays so, also if it was only over a limit of requests.
// Threads:  one at a time.
#pragma once

#include <map>
#include <string>

#include "catalog/contract_store.h"
#include "contract/row_decoder.h"
#include "core/result.h"
#include "formats/body_decoder.h"
#include "ports/event_log.h"

namespace tillstream {

class RowLoader {
public:
    explicit RowLoader(const ContractStore& contracts);

    /// Fills batch.rows; a control batch, or one that has its rows, is left as it is.
    Status load(LogBatch& batch);

private:
    Result<RowDecoder*> decoder(const std::string& contract_id);

    const ContractStore& contracts_;
    std::map<std::string, RowDecoder> decoders_;
    BodyDecoder lines_;
};

}  // namespace tillstream
