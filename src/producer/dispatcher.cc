#include "producer/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "producer/internal/lane.h"

namespace tillstream {

using internal::Batch;
using internal::Lane;
using internal::RunState;
using internal::SteadyTime;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kProgressEvery{200};

/// FNV-1a, mixed once more: keys are short and end in counting digits, which leaves its upper bits alike.
std::size_t lane_of(std::string_view key, std::size_t lanes) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(((hash >> 32) * lanes) >> 32);
}

}  // namespace

Status check_options(const DispatchOptions& options) {
    if (options.batch_records == 0 || options.batch_records > 1'000'000) {
        return failure(Errc::invalid_argument,
                       fmt::format("batch of {}: give 1 to 1000000", options.batch_records));
    }
    if (options.concurrency == 0 || options.concurrency > 1'024) {
        return failure(Errc::invalid_argument,
                       fmt::format("concurrency {}: give 1 to 1024", options.concurrency));
    }
    if (!(options.rate >= 0) || options.rate > 1e9) {
        return failure(Errc::invalid_argument, fmt::format("rate {}: give records per second", options.rate));
    }
    return {};
}

class Dispatcher::Impl {
public:
    Impl(DispatchOptions options, PosterFactory connect, SendObserver& observer)
        : options_(options),
          connect_(std::move(connect)),
          run_(observer),
          open_(options.concurrency),
          start_(steady_clock::now()) {
        for (unsigned i = 0; i < options.concurrency; ++i) {
            lanes_.push_back(std::make_unique<Lane>(options_, connect_, run_));
        }
    }

    void begin_body(std::string_view content_type, std::string_view head) {
        flush_all();
        content_type_ = content_type;
        head_ = head;
    }

    bool add(std::string_view key, const Piece& piece) {
        if (run_.given_up()) return false;
        if (options_.rate > 0) {
            wait_until_due();
        } else if ((added_ & 0x3FF) == 0) {
            report_progress();
        }
        const std::size_t lane = lane_of(key, lanes_.size());
        Batch& batch = open_[lane];
        if (batch.records == 0) start_batch(batch);
        batch.body += piece.before;
        batch.body += piece.text;
        batch.body += '\n';
        ++batch.records;
        ++added_;
        if (options_.rate > 0) batch.due.push_back(due_);
        const bool full =
            batch.records >= options_.batch_records || batch.body.size() >= options_.batch_bytes;
        if (full || piece.ends_batch) lanes_[lane]->push(batch);
        return true;
    }

    void set_share_done(double share) { share_done_ = share; }

    SendReport finish() {
        flush_all();
        for (const auto& lane : lanes_) lane->close();
        SendReport report;
        for (const auto& lane : lanes_) {
            while (!lane->wait_ended(kProgressEvery)) report_progress();
            report.latency.merge(lane->latency());
        }
        report.seconds = seconds();
        report.accepted = run_.accepted;
        report.quarantined = run_.quarantined;
        report.duplicates = run_.duplicates;
        report.failed = run_.failed;
        report.sent = report.accepted + report.quarantined + report.duplicates + report.failed;
        report.unknown = run_.unknown;
        report.end = run_.end();
        last_progress_ = {};
        report_progress();
        return report;
    }

private:
    double seconds() const { return std::chrono::duration<double>(steady_clock::now() - start_).count(); }

    void start_batch(Batch& batch) {
        batch.content_type = content_type_;
        batch.body = head_;
        if (options_.rate > 0) batch.oldest = steady_clock::now();
    }

    void flush_all() {
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (open_[i].records > 0) lanes_[i]->push(open_[i]);
        }
    }

    void wait_until_due() {
        due_ = start_ + std::chrono::duration_cast<steady_clock::duration>(
                            std::chrono::duration<double>(static_cast<double>(added_) / options_.rate));
        for (SteadyTime now = steady_clock::now();; now = steady_clock::now()) {
            const SteadyTime wake = std::min(due_, flush_lingering(now));
            report_progress();
            if (now >= due_ || run_.given_up()) return;
            std::this_thread::sleep_for(std::min<steady_clock::duration>(wake - now, kProgressEvery));
        }
    }

    /// Sends what has waited long enough; returns when the next batch will have.
    SteadyTime flush_lingering(SteadyTime now) {
        SteadyTime next = SteadyTime::max();
        for (std::size_t i = 0; i < open_.size(); ++i) {
            if (open_[i].records == 0) continue;
            const SteadyTime limit = open_[i].oldest + options_.linger;
            if (limit <= now) {
                lanes_[i]->push(open_[i]);
            } else {
                next = std::min(next, limit);
            }
        }
        return next;
    }

    void report_progress() {
        const SteadyTime now = steady_clock::now();
        if (now - last_progress_ < kProgressEvery) return;
        last_progress_ = now;
        SendProgress progress{.accepted = run_.accepted,
                              .quarantined = run_.quarantined,
                              .duplicates = run_.duplicates,
                              .failed = run_.failed,
                              .share_done = share_done_,
                              .seconds = seconds()};
        progress.sent = progress.accepted + progress.quarantined + progress.duplicates + progress.failed;
        run_.progress(progress);
    }

    const DispatchOptions options_;
    const PosterFactory connect_;
    RunState run_;
    std::string content_type_, head_;
    std::vector<Batch> open_;
    const SteadyTime start_;
    SteadyTime due_{};
    SteadyTime last_progress_{};
    std::uint64_t added_ = 0;
    double share_done_ = 0;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

Dispatcher::Dispatcher(DispatchOptions options, PosterFactory connect, SendObserver& observer)
    : impl_(std::make_unique<Impl>(options, std::move(connect), observer)) {}
Dispatcher::~Dispatcher() = default;
void Dispatcher::begin_body(std::string_view content_type, std::string_view head) {
    impl_->begin_body(content_type, head);
}
bool Dispatcher::add(std::string_view key, const Piece& piece) { return impl_->add(key, piece); }
void Dispatcher::set_share_done(double share) { impl_->set_share_done(share); }
SendReport Dispatcher::finish() { return impl_->finish(); }

}  // namespace tillstream
