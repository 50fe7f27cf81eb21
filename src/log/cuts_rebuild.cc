#include "log/internal/cuts_rebuild.h"

#include <algorithm>
#include <map>

#include "log/internal/sealed_object.h"

namespace tillstream::journal {

namespace {

constexpr std::size_t kListPiece = 1000;

struct Found {
    CutObject cut;
    Lsn first_group;
};

std::optional<Found> look_into(ObjectStore& objects, const ObjectInfo& info, const LogUuid& uuid,
                               const std::vector<SourceInfo>& sources) {
    auto reader = SealedObjectReader::open(objects, info.name);
    if (!reader) return std::nullopt;
    const SealedId id = (*reader)->id();
    const bool ours = id.log == uuid && id.source.id.value != 0 && id.source.id.value <= sources.size() &&
                      sources[id.source.id.value - 1] == id.source;
    if (!ours) return std::nullopt;
    Found found;
    found.cut = {id.source.id, id.kind,    false,      id.hour, id.first,
                 id.last,      info.bytes, info.bytes, id.hour, {}};
    const auto first = (*reader)->next();
    if (!first || !first->batch) return std::nullopt;
    found.first_group = first->batch->place.next;
    (*reader)->seek(id.last);
    const auto last = (*reader)->next();
    if (!last || !last->batch) return std::nullopt;
    found.cut.last_group = last->batch->place.next;
    found.cut.last_arrived = last->batch->batch.arrived;
    return found;
}

Result<std::vector<Found>> find_objects(ObjectStore& objects, const LogUuid& uuid,
                                        const std::vector<SourceInfo>& sources) {
    std::vector<Found> all;
    for (const std::string_view prefix : {"lake/raw/", "state/raw/"}) {
        std::string after;
        for (;;) {
            const auto piece = TILLSTREAM_TRY(objects.list(prefix, after, kListPiece));
            for (const ObjectInfo& info : piece) {
                if (!parse_sealed_object_name(info.name)) continue;
                if (auto found = look_into(objects, info, uuid, sources)) all.push_back(std::move(*found));
            }
            if (piece.size() < kListPiece) break;
            after = piece.back().name;
        }
    }
    std::sort(all.begin(), all.end(),
              [](const Found& a, const Found& b) { return a.first_group < b.first_group; });
    return all;
}

/// Records between two objects of a source that no object holds.
void note_holes(Pass& pass, std::map<SourceId, Offset>& next, std::vector<RemovedRange>& removed) {
    for (const CutObject& object : pass.objects) {
        const auto known = next.find(object.source);
        if (known == next.end() && object.first.value != 0)
            removed.push_back({object.source, object.first, pass.from});
        if (known != next.end() && object.first > known->second)
            pass.gaps.push_back({object.source, known->second, object.first, pass.from,
                                 "no sealed object holds the records"});
        Offset& end = next[object.source];
        end = std::max(end, Offset{object.last.value + 1});
    }
}

bool by_key(const CutObject& a, const CutObject& b) { return a.key() < b.key(); }

}  // namespace

Result<CutsData> rebuild_cuts(ObjectStore& objects, const LogUuid& uuid,
                              const std::vector<SourceInfo>& sources) {
    CutsData cuts;
    cuts.uuid = uuid;
    std::vector<Pass> passes;
    for (Found& found : TILLSTREAM_TRY(find_objects(objects, uuid, sources))) {
        if (passes.empty() || found.first_group >= passes.back().to) {
            Pass pass;
            pass.number = passes.size() + 1;
            pass.from = passes.empty() ? found.first_group : passes.back().to;
            pass.done = true;
            passes.push_back(std::move(pass));
        }
        passes.back().to = std::max(passes.back().to, Lsn{found.cut.last_group.value + 1});
        passes.back().objects.push_back(found.cut);
    }
    std::map<SourceId, Offset> next;
    for (Pass& pass : passes) {
        std::sort(pass.objects.begin(), pass.objects.end(), by_key);
        note_holes(pass, next, cuts.removed);
        cuts.passes.push_back(std::make_shared<const Pass>(std::move(pass)));
    }
    return cuts;
}

void doubt_passes_from(Lsn first, CutsData& cuts) {
    Pass doubtful;
    while (!cuts.passes.empty() && cuts.passes.back()->from >= first) {
        const Pass& pass = *cuts.passes.back();
        doubtful.number = pass.number;
        doubtful.from = pass.from;
        doubtful.to = std::max(doubtful.to, pass.to);
        doubtful.objects.insert(doubtful.objects.end(), pass.objects.begin(), pass.objects.end());
        cuts.passes.pop_back();
    }
    if (doubtful.objects.empty()) return;
    std::sort(doubtful.objects.begin(), doubtful.objects.end(), by_key);
    cuts.passes.push_back(std::make_shared<const Pass>(std::move(doubtful)));
}

}  // namespace tillstream::journal
