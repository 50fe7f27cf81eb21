// log_fold.h - reads batches of the log for what they say about ids and keys.
//
// Keys:     a control record says how many batches of records came before it in its append; their offsets
//           complete the answer. From the journal they have just been given. Sealed objects give the control
//           records of an hour first or last: both wait for each other within a pass.
// Threads:  one at a time.
#pragma once

#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "identity/ingest_fact.h"
#include "identity/internal/id_hash.h"
#include "ports/event_log.h"

namespace tillstream::identity {

class LogFold {
public:
    struct Told {
        /// Of each record with an id.
        std::function<void(const std::string& stream, const LogBatch& batch)> ids;
        std::function<void(const IngestFact& fact, Timestamp arrived)> key;
    };
    LogFold(const EventLog& log, SourceId system, Told told);

    /// Batches in the order a reader gives them.
    void take(const LogBatch& batch);

private:
    struct Place {
        Lsn group;
        std::uint32_t number;
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct Waiting {
        IngestFact fact;
        Timestamp arrived;
        std::uint32_t missing;
    };
    void take_control(const LogBatch& batch);
    void take_part(const LogBatch& batch);
    void complete(std::map<Place, Waiting>::iterator waiting, std::size_t part, Offset base);
    const std::string* stream_of(SourceId source);

    const EventLog& log_;
    const SourceId system_;
    const Told told_;
    std::unordered_map<SourceId, std::string> streams_;
    std::map<Place, Waiting> waiting_;  ///< by the place of the control record
    std::map<Place, Offset> recent_;    ///< bases of the newest groups' batches
};

}  // namespace tillstream::identity
