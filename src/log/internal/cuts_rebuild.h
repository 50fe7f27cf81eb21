// cuts_rebuild.h - finds the seal passes again from the objects themselves, when both copies of the cuts are
// lost.
//
// Passes:  objects whose groups overlap were sealed at once; every such run becomes one pass. What raw bytes
//          an object holds is taken from its size.
// Lost:    what retention had taken shows as records missing before a source's first object.
#pragma once

#include <vector>

#include "log/internal/cuts.h"
#include "ports/object_store.h"

namespace tillstream::journal {

/// All passes as done. Errors: of the store; an object that cannot be opened is left out.
Result<CutsData> rebuild_cuts(ObjectStore& objects, const LogUuid& uuid,
                              const std::vector<SourceInfo>& sources);

/// Of rebuilt passes, those that lie in the journal may have been unfinished: they become one pass that is
/// to be carried out again. `first`: the journal's first group.
void doubt_passes_from(Lsn first, CutsData& cuts);

}  // namespace tillstream::journal
