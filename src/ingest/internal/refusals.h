// refusals.h - refusals made of errors.
#pragma once

#include <string>
#include <utility>

#include "ingest/ingest.h"

namespace tillstream {

inline IngestRefusal refuse(IngestRefusal::Kind kind, std::string detail) {
    IngestRefusal refusal;
    refusal.kind = kind;
    refusal.detail = std::move(detail);
    return refusal;
}

IngestRefusal refuse(const BodyError& error);
/// Of the log. Only a failed write leaves it open whether the records are there.
IngestRefusal refuse(const Error& error);
/// Of plain_text.
IngestRefusal refuse_text(const Error& error);

}  // namespace tillstream
