#include "app/internal/health.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "access/token_store.h"
#include "adapters/localfs/local_object_store.h"
#include "app/internal/disk_guard.h"
#include "core/env.h"
#include "identity/deduplicator.h"
#include "log/inspect.h"
#include "log/sealed_lake.h"

namespace tillstream::app {

namespace {

using Level = Finding::Level;

constexpr std::size_t kFindingsTold = 20;
constexpr const char* kLogAdvice =
    "restore the file from a copy, or go on without these records: figures over them are incomplete. Stores "
    "that "
    "hold them already still do; do not replay them";
constexpr const char* kLakeAdvice =
    "restore the object from a copy before any sink is replayed: a replay would leave these records out. "
    "Plain "
    "`zstd -dc` may still read part of its lines";

/// At most a few of one kind are told one by one; the rest is counted.
class Findings {
public:
    void add(Finding finding) {
        if (finding.level != Level::ok && ++told_[finding.part] > kFindingsTold) return;
        all_.push_back(std::move(finding));
    }
    std::vector<Finding> take() {
        for (const auto& [part, count] : told_) {
            if (count > kFindingsTold)
                all_.push_back(
                    {Level::problem, part, fmt::format("{} more like these", count - kFindingsTold), ""});
        }
        return std::move(all_);
    }

private:
    std::map<std::string, std::size_t> told_;
    std::vector<Finding> all_;
};

bool check_folder(Filesystem& fs, const std::string& dir, Findings& findings) {
    const auto format = read_file(fs, dir + "/FORMAT");
    if (!format) {
        findings.add({Level::problem, "data folder", format.error().message,
                      "name the folder with --data; `tillstream serve` makes a new one"});
        return false;
    }
    findings.add({Level::ok, "data folder", dir + ": " + format->substr(0, format->find('\n')), ""});
    return true;
}

void check_tokens(const std::string& dir, Findings& findings) {
    const auto store = TokenStore::open(private_folder(dir + "/state"));
    if (!store) {
        findings.add(
            {Level::problem, "tokens", store.error().message, "no server starts on the folder like this"});
        return;
    }
    const auto tokens = store->tokens();
    const auto in_force = std::count_if(tokens.begin(), tokens.end(), [](const StoredToken& stored) {
        return !stored.token.revoked.has_value();
    });
    findings.add({Level::ok, "tokens",
                  tokens.empty() ? "none is defined: only this machine is served, and whoever is on it"
                                 : fmt::format("{} in force", in_force),
                  ""});
}

std::set<std::string> check_journal(Filesystem& fs, const std::string& dir, Findings& findings) {
    std::set<std::string> streams;
    std::map<SourceId, SourceInfo> sources;
    std::uint64_t records = 0;
    std::uint64_t gaps = 0;
    LogVisitor visitor;
    visitor.on_sources = [&](const std::vector<SourceInfo>& all) {
        for (const SourceInfo& source : all) {
            streams.insert(source.stream);
            sources[source.id] = source;
        }
    };
    visitor.on_batch = [&](const LogBatch& batch) {
        records += batch.count();
        return true;
    };
    visitor.on_gap = [&](const Gap& gap) {
        ++gaps;
        const SourceInfo& source = sources[gap.source];
        findings.add({Level::problem, "journal",
                      fmt::format("stream {} shard {}: records {} to {} are damaged: {}", source.stream,
                                  source.shard.value, gap.from.value, gap.to.value, gap.reason),
                      kLogAdvice});
    };
    const Status scanned = scan_log(fs, dir + "/log", visitor);
    if (!scanned)
        findings.add({Level::problem, "journal", scanned.error().message, "restore log/ from a copy"});
    else if (gaps == 0)
        findings.add({Level::ok, "journal", fmt::format("{} records read, no damage", records), ""});
    return streams;
}

void check_stream(const SealedLake& lake, const std::string& stream, BatchKind kind, Findings& findings) {
    std::uint64_t objects = 0;
    std::uint64_t records = 0;
    std::uint64_t damages = 0;
    SealedVisitor visitor;
    visitor.on_object = [&](const SealedObject&) {
        ++objects;
        return true;
    };
    visitor.on_batch = [&](const SourceInfo&, const LogBatch& batch) { records += batch.count(); };
    visitor.on_damage = [&](const SealedDamage& damage) {
        ++damages;
        findings.add({Level::problem, "sealed objects",
                      fmt::format("{}: records {} to {}: {}", damage.object.name, damage.from.value,
                                  damage.to.value, damage.reason),
                      kLakeAdvice});
    };
    const Status scanned = lake.scan(stream, kind, visitor);
    if (!scanned) {
        findings.add({Level::problem, "sealed objects", scanned.error().message, ""});
    } else if (damages == 0 && objects > 0) {
        findings.add(
            {Level::ok, "sealed objects",
             fmt::format("stream {}: {} objects, {} records read, no damage", stream, objects, records), ""});
    }
}

void check_lake(Filesystem& fs, const std::string& dir, const std::set<std::string>& streams,
                Findings& findings) {
    const auto store = LocalObjectStore::open_for_reading(fs, dir);
    const SealedLake lake(*store);
    for (const std::string& stream : streams)
        for (const BatchKind kind : {BatchKind::data, BatchKind::control})
            check_stream(lake, stream, kind, findings);
}

void check_dedup(Filesystem& fs, const std::string& dir, Findings& findings) {
    const std::vector<std::string> problems = check_dedup_files(fs, dir + "/state/dedup");
    for (const std::string& problem : problems)
        findings.add(
            {Level::problem, "event ids", problem,
             "stop the server, remove state/dedup and start it: the index is built again from the log"});
    if (problems.empty()) findings.add({Level::ok, "event ids", "every run of the index is whole", ""});
}

void check_disk(const std::string& dir, int share_max_percent, Findings& findings) {
    DiskGuard guard(dir, static_cast<std::uint64_t>(share_max_percent));
    if (const auto full = guard.refusal())
        findings.add({Level::problem, "disk", *full, "make room, or raise data.disk_share_max_percent"});
    else
        findings.add({Level::ok, "disk", "there is room", ""});
}

}  // namespace

std::string_view to_string(Level level) {
    switch (level) {
        case Level::ok: return "ok";
        case Level::warning: return "warning";
        case Level::problem: return "problem";
    }
    return "problem";
}

std::vector<Finding> check_files(const std::string& data_dir, int disk_share_max_percent,
                                 const HealthProgress& progress) {
    Filesystem& fs = posix_filesystem();
    Findings findings;
    if (!check_folder(fs, data_dir, findings)) return findings.take();
    check_disk(data_dir, disk_share_max_percent, findings);
    check_tokens(data_dir, findings);
    progress("reading the journal");
    const std::set<std::string> streams = check_journal(fs, data_dir, findings);
    progress("reading the sealed objects");
    check_lake(fs, data_dir, streams, findings);
    progress("reading the index of event ids");
    check_dedup(fs, data_dir, findings);
    return findings.take();
}

}  // namespace tillstream::app
