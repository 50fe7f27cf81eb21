#include "access/audit_log.h"

#include "json/writer.h"

namespace tillstream {

namespace {

void write_text(json::Writer& out, std::string_view name, std::string_view text) {
    out.key(name);
    if (text.empty())
        out.null();
    else
        out.string(text);
}

std::string_view outcome_of(int status) {
    if (status < 400) return "done";
    return status < 500 ? "refused" : "failed";
}

std::string end_of_line(std::uint64_t repeats) { return ",\"repeats\":" + std::to_string(repeats) + "}\n"; }

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(PrivateFolder folder, Clock& clock, AuditOptions options) {
    std::unique_ptr<AuditLog> log(new AuditLog(std::move(folder), clock, options));
    TILLSTREAM_CHECK(log->open_file());
    return log;
}

AuditLog::AuditLog(PrivateFolder folder, Clock& clock, AuditOptions options)
    : folder_(std::move(folder)), clock_(clock), options_(options), window_began_(clock.steady()) {}

AuditLog::~AuditLog() = default;

Status AuditLog::open_file() {
    const std::string path = folder_.path(kFileName);
    if (folder_.keep_private) TILLSTREAM_CHECK(folder_.keep_private(path));
    file_ = TILLSTREAM_TRY(folder_.fs.open(path, {.write = true, .create = true}));
    TILLSTREAM_CHECK(folder_.fs.sync_dir(folder_.dir));
    size_ = TILLSTREAM_TRY(file_->size());
    char last = '\n';
    if (size_ > 0) {
        [[maybe_unused]] const std::size_t read = TILLSTREAM_TRY(file_->read_at(size_ - 1, &last, 1));
    }
    torn_ = last != '\n';
    return {};
}

std::string AuditLog::start_of_line(const AuditEntry& entry) const {
    std::string line;
    json::Writer out(line);
    out.begin_object().member("time", format_timestamp(clock_.now()));
    write_text(out, "token", entry.token);
    write_text(out, "peer", entry.peer);
    write_text(out, "request_id", entry.request_id);
    out.member("action", entry.action);
    write_text(out, "target", entry.target);
    out.member("outcome", outcome_of(entry.status)).member("status", entry.status);
    return line;
}

Status AuditLog::record(const AuditEntry& entry) {
    const std::lock_guard lock(file_mutex_);
    return write(start_of_line(entry) + end_of_line(1));
}

void AuditLog::note_refusal(const AuditEntry& entry) {
    std::string kind;
    for (const std::string_view part : {entry.token, entry.peer, entry.action})
        kind.append(part).push_back('\n');
    kind += std::to_string(entry.status);
    const std::lock_guard lock(refusals_mutex_);
    auto found = refusals_.find(kind);
    if (found == refusals_.end() && refusals_.size() >= kDistinctMax) {
        // One kind for all that came after: what they were is not told any more, that they came is.
        found = refusals_.find("");
        if (found == refusals_.end())
            found = refusals_
                        .try_emplace("", Repeated{start_of_line({.token = {},
                                                                 .peer = {},
                                                                 .request_id = {},
                                                                 .action = "others",
                                                                 .target = {},
                                                                 .status = entry.status})})
                        .first;
    } else if (found == refusals_.end()) {
        found = refusals_.try_emplace(std::move(kind), Repeated{start_of_line(entry)}).first;
    }
    ++found->second.untold;
}

std::string AuditLog::take_due(bool all) {
    std::string lines;
    const std::lock_guard lock(refusals_mutex_);
    const bool over = clock_.steady() - window_began_ >= options_.window;
    for (auto& [kind, repeated] : refusals_) {
        if (repeated.untold == 0 || (repeated.told && !over && !all)) continue;
        lines += repeated.first_line + end_of_line(repeated.untold);
        repeated.untold = 0;
        repeated.told = true;
    }
    if (over) {
        refusals_.clear();
        window_began_ = clock_.steady();
    }
    return lines;
}

Status AuditLog::flush(bool all) {
    const std::string lines = take_due(all);
    if (lines.empty()) return {};
    const std::lock_guard lock(file_mutex_);
    return write(lines);
}

Status AuditLog::write(std::string_view lines) {
    if (!file_) TILLSTREAM_CHECK(open_file());
    if (size_ > 0 && size_ + lines.size() > options_.file_bytes_max) TILLSTREAM_CHECK(rotate());
    std::string bytes = torn_ ? "\n" : "";
    bytes += lines;
    const Status appended = append(bytes);
    if (appended) {
        size_ += bytes.size();
        torn_ = false;
    } else if (!file_->truncate(size_)) {
        file_.reset();  // whatever is there now is looked at before the next line
    }
    return appended;
}

Status AuditLog::append(std::string_view bytes) {
    TILLSTREAM_CHECK(file_->write_at(size_, bytes));
    return file_->sync();
}

Status AuditLog::rotate() {
    file_.reset();  // opened anew by the next write, should this fail half-way
    const std::string path = folder_.path(kFileName);
    const auto name = [&](unsigned age) { return age == 0 ? path : path + "." + std::to_string(age); };
    const unsigned oldest = options_.files_max - 1;
    if (TILLSTREAM_TRY(folder_.fs.exists(name(oldest)))) TILLSTREAM_CHECK(folder_.fs.remove(name(oldest)));
    for (unsigned age = oldest; age-- > 0;) {
        if (TILLSTREAM_TRY(folder_.fs.exists(name(age))))
            TILLSTREAM_CHECK(folder_.fs.rename(name(age), name(age + 1)));
    }
    return open_file();
}

}  // namespace tillstream
