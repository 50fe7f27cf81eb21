#include "producer/sender.h"

#include <fmt/format.h>

#include <algorithm>

#include "producer/internal/record_reader.h"
#include "producer/random.h"
#include "producer/row_time.h"

namespace tillstream {

using internal::FileFormat;
using internal::FileSurvey;
using internal::FileText;
using internal::SourceRecord;

namespace {

constexpr std::string_view kCsvType = "text/csv; charset=utf-8";
constexpr std::string_view kLinesType = "application/x-ndjson";

struct DataFile {
    std::string path;
    FileFormat format = FileFormat::csv;
    FileSurvey survey;
    std::uint64_t bytes = 0;  ///< on disk
};

class FileSender {
public:
    FileSender(const SendOptions& options, Filesystem& fs, SendObserver& observer)
        : options_(options), fs_(fs), observer_(observer), random_(options.sample_seed) {}

    Status survey(const std::vector<std::string>& paths) {
        for (const std::string& path : paths) {
            DataFile& file = files_.emplace_back();
            file.path = path;
            file.format = TILLSTREAM_TRY(internal::format_of(path));
            const std::unique_ptr<File> opened = TILLSTREAM_TRY(fs_.open(path, {}));
            file.bytes = TILLSTREAM_TRY(opened->size());
            bytes_total_ += file.bytes;
            if (options_.event_ids || !options_.charset) {
                file.survey = TILLSTREAM_TRY(internal::survey_file(fs_, path, options_.charset));
            } else {
                file.survey.charset = *options_.charset;
            }
            if (file.survey.guessed) {
                observer_.notice(
                    fmt::format("{}: neither a byte order mark nor valid UTF-8, read as ISO-8859-1 "
                                "(--encoding names another)",
                                path));
            }
        }
        return {};
    }

    /// How many records pass the filters, for choosing among them.
    Status count_eligible() {
        for (const DataFile& file : files_) {
            TILLSTREAM_CHECK(each_record(file, [this](const internal::RecordReader&, const SourceRecord&) {
                ++eligible_left_;
                return true;
            }));
        }
        sample_left_ = std::min(*options_.sample, eligible_left_);
        without_time_ = 0;
        return {};
    }

    Status send(Dispatcher& dispatcher) {
        for (const DataFile& file : files_) {
            if (!more_) break;
            TILLSTREAM_CHECK(send_file(file, dispatcher));
            bytes_before_ += file.bytes;
        }
        if (without_time_ > 0) {
            observer_.notice(fmt::format(
                "{} records have no readable time and were left out by --from and --to", without_time_));
        }
        return {};
    }

private:
    /// Calls `use(reader, record)` for each record the time filter lets through, until it returns false.
    template <class Use>
    Status each_record(const DataFile& file, Use use) {
        FileText text = TILLSTREAM_TRY(FileText::open(fs_, file.path, file.survey.charset));
        const auto reader = internal::make_record_reader(file.format, text, options_.key);
        for (;;) {
            Result<std::span<const SourceRecord>> records = reader->next();
            if (!records) return failure(std::move(records).error().with_context(file.path));
            if (records->empty()) return {};
            share_ = static_cast<double>(bytes_before_ + text.bytes_read()) /
                     static_cast<double>(std::max<std::uint64_t>(bytes_total_, 1));
            for (const SourceRecord& record : *records) {
                if (!in_time(record)) continue;
                if (!use(*reader, record)) return {};
            }
        }
    }

    Status send_file(const DataFile& file, Dispatcher& dispatcher) {
        bool begun = false;
        id_prefix_ = file.survey.fingerprint + "-";
        return each_record(file, [&](const internal::RecordReader& reader, const SourceRecord& record) {
            if (!chosen()) return more_;
            if (!begun) begin(file, reader, dispatcher);
            begun = true;
            dispatcher.set_share_done(share_);
            Dispatcher::Piece piece{.before = {}, .text = record.text, .ends_batch = record.spoiled};
            if (options_.event_ids && record.takes_event_id) put_event_id(file.format, record, piece);
            if (!dispatcher.add(record.key, piece)) more_ = false;
            return more_;
        });
    }

    void begin(const DataFile& file, const internal::RecordReader& reader, Dispatcher& dispatcher) {
        if (file.format != FileFormat::csv) return dispatcher.begin_body(kLinesType, {});
        const bool adds_ids = options_.event_ids && !reader.has_event_ids();
        dispatcher.begin_body(kCsvType, fmt::format("{}{}\n", adds_ids ? "event_id," : "", reader.head()));
        if (!reader.has_key()) {
            observer_.notice(
                fmt::format("{}: no column {}, so all rows go over one connection (--key names another)",
                            file.path, options_.key.empty() ? internal::kDefaultKey : options_.key));
        }
    }

    /// In front, so that a row with too few fields, or an open quote, keeps its id in the right column.
    void put_event_id(FileFormat format, const SourceRecord& record, Dispatcher::Piece& piece) {
        const bool csv = format == FileFormat::csv;
        const fmt::format_int number(record.number);
        before_.assign(csv ? "" : "{\"event_id\":\"");
        before_ += id_prefix_;
        before_.append(number.data(), number.size());
        before_ += csv ? "," : "\"";
        if (!csv) {
            const std::size_t brace = piece.text.find('{');
            piece.text.remove_prefix(brace + 1);
            const std::size_t first = piece.text.find_first_not_of(" \t\r\n");
            if (first == std::string_view::npos || piece.text[first] != '}') before_ += ',';
        }
        piece.before = before_;
    }

    bool in_time(const SourceRecord& record) {
        if (!options_.from && !options_.to) return true;
        const std::optional<Timestamp> at = read_row_time(record.time);
        if (!at) {
            ++without_time_;
            return false;
        }
        return (!options_.from || *at >= *options_.from) && (!options_.to || *at < *options_.to);
    }

    /// Applies sample and limit. Selection sampling: of what is left to see, what is left to take.
    bool chosen() {
        if (options_.sample) {
            if (sample_left_ == 0) return more_ = false;
            const bool take = random_.next() % eligible_left_ < sample_left_;
            --eligible_left_;
            if (!take) return false;
            --sample_left_;
        }
        if (options_.limit && passed_ >= *options_.limit) return more_ = false;
        ++passed_;
        return true;
    }

    const SendOptions& options_;
    Filesystem& fs_;
    SendObserver& observer_;
    Random random_;
    std::vector<DataFile> files_;
    std::uint64_t bytes_total_ = 0, bytes_before_ = 0;
    std::uint64_t eligible_left_ = 0, sample_left_ = 0, passed_ = 0, without_time_ = 0;
    double share_ = 0;
    bool more_ = true;
    std::string id_prefix_, before_;
};

}  // namespace

Result<SendRun> send_files(const SendOptions& options, Filesystem& fs, const std::vector<std::string>& files,
                           const PosterFactory& connect, SendObserver& observer) {
    TILLSTREAM_CHECK(check_options(options.dispatch));
    if (files.empty()) return failure(Errc::invalid_argument, "no file to send");
    FileSender sender(options, fs, observer);
    TILLSTREAM_CHECK(sender.survey(files));
    if (options.sample) TILLSTREAM_CHECK(sender.count_eligible());
    Dispatcher dispatcher(options.dispatch, connect, observer);
    Status status = sender.send(dispatcher);
    SendRun run{.report = dispatcher.finish()};
    if (!status) run.input_error = std::move(status).error();
    return run;
}

Result<SimulationRun> simulate_and_send(const SimulationOptions& simulation, const DispatchOptions& dispatch,
                                        Filesystem& fs, const std::string& dir, const PosterFactory& connect,
                                        SendObserver& observer) {
    TILLSTREAM_CHECK(check_options(dispatch));
    SimulationWriter writer = TILLSTREAM_TRY(SimulationWriter::open(simulation, fs, dir));
    Dispatcher dispatcher(dispatch, connect, observer);
    dispatcher.begin_body(kLinesType, {});
    for (std::uint64_t made = 1;; ++made) {
        const std::optional<SimulatedRecord> record = TILLSTREAM_TRY(writer.next());
        if (!record) break;
        dispatcher.set_share_done(static_cast<double>(made) / static_cast<double>(simulation.rows));
        if (!dispatcher.add(record->key, {.before = {}, .text = record->line})) break;
    }
    SendReport report = dispatcher.finish();
    return SimulationRun{TILLSTREAM_TRY(writer.finish()), std::move(report)};
}

}  // namespace tillstream
