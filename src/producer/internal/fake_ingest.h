// fake_ingest.h - a server for tests: keeps what is posted and answers as told.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "producer/record_poster.h"
#include "producer/send_report.h"

namespace tillstream::internal {

/// All connections of one fake server. Records are the lines of a body behind the CSV header.
class FakeIngest {
public:
    using Answer = std::function<Result<PostAnswer>(const RecordBatch& batch, std::uint64_t records)>;

    struct Request {
        int connection = 0;
        std::string body, content_type, key;
    };

    PosterFactory factory() {
        return [this]() -> Result<std::unique_ptr<RecordPoster>> {
            const std::lock_guard lock(mutex_);
            return std::unique_ptr<RecordPoster>(std::make_unique<Poster>(*this, connections_++));
        };
    }
    /// Instead of accepting everything. Called under a lock.
    void answer_with(Answer answer) { answer_ = std::move(answer); }

    const std::vector<Request>& requests() const { return requests_; }
    /// Records in the order of their requests.
    std::vector<std::string> records() const {
        std::vector<std::string> all;
        for (const Request& request : requests_) {
            for (std::string& line : lines_of(request)) all.push_back(std::move(line));
        }
        return all;
    }

    static std::vector<std::string> lines_of(const Request& request) {
        std::vector<std::string> lines;
        std::size_t at = request.content_type.starts_with("text/csv") ? request.body.find('\n') + 1 : 0;
        while (at < request.body.size()) {
            const std::size_t end = request.body.find('\n', at);
            lines.push_back(request.body.substr(at, end - at));
            at = end + 1;
        }
        return lines;
    }

private:
    class Poster final : public RecordPoster {
    public:
        Poster(FakeIngest& server, int connection) : server_(server), connection_(connection) {}
        Result<PostAnswer> post(const RecordBatch& batch) override {
            return server_.take(batch, connection_);
        }

    private:
        FakeIngest& server_;
        int connection_;
    };

    Result<PostAnswer> take(const RecordBatch& batch, int connection) {
        const std::lock_guard lock(mutex_);
        Request request{connection, std::string(batch.body), std::string(batch.content_type),
                        std::string(batch.idempotency_key)};
        const std::uint64_t records = lines_of(request).size();
        Result<PostAnswer> answer = PostAnswer{.status = 200, .accepted = records};
        if (answer_) answer = answer_(batch, records);
        if (answer && answer->status == 200) requests_.push_back(std::move(request));
        return answer;
    }

    std::mutex mutex_;
    int connections_ = 0;
    Answer answer_;
    std::vector<Request> requests_;
};

class RememberingObserver final : public SendObserver {
public:
    void notice(std::string_view text) override { notices.emplace_back(text); }
    void progress(const SendProgress& now) override { last = now; }

    std::vector<std::string> notices;
    SendProgress last;
};

}  // namespace tillstream::internal
