#include "producer/simulation_writer.h"

#include <utility>

namespace tillstream {

SimulationWriter::SimulationWriter(const SimulationOptions& options, Filesystem& fs, std::string dir,
                                   std::unique_ptr<File> file)
    : shop_(options), fs_(&fs), dir_(std::move(dir)), file_(std::move(file)) {}

Result<SimulationWriter> SimulationWriter::open(const SimulationOptions& options, Filesystem& fs,
                                                const std::string& dir) {
    TILLSTREAM_CHECK(check_options(options));
    TILLSTREAM_CHECK(fs.make_dirs(dir));
    // An answer of an earlier run must not stand beside records it does not fit.
    if (TILLSTREAM_TRY(fs.exists(dir + "/expected.json")))
        TILLSTREAM_CHECK(fs.remove(dir + "/expected.json"));
    std::unique_ptr<File> file =
        TILLSTREAM_TRY(fs.open(dir + "/sales.ndjson", OpenMode{.write = true, .create = true}));
    TILLSTREAM_CHECK(file->truncate(0));
    return SimulationWriter(options, fs, dir, std::move(file));
}

Result<std::optional<SimulatedRecord>> SimulationWriter::next() {
    constexpr std::size_t kBlockBytes = 1 << 20;
    if (block_.size() >= kBlockBytes) TILLSTREAM_CHECK(flush());
    const std::size_t start = block_.size();
    if (!shop_.append_next(block_)) return std::optional<SimulatedRecord>();
    const std::string_view line = std::string_view(block_).substr(start, block_.size() - start - 1);
    return std::optional(SimulatedRecord{line, shop_.partition_key()});
}

Status SimulationWriter::flush() {
    TILLSTREAM_CHECK(file_->write_at(written_, block_));
    written_ += block_.size();
    block_.clear();
    return {};
}

Result<ExpectedFigures> SimulationWriter::finish() {
    TILLSTREAM_CHECK(flush());
    TILLSTREAM_CHECK(file_->sync());
    ExpectedFigures figures = shop_.figures();
    TILLSTREAM_CHECK(write_file_atomic(*fs_, dir_ + "/expected.json", format_expected_json(figures)));
    return figures;
}

Result<ExpectedFigures> simulate(const SimulationOptions& options, Filesystem& fs, const std::string& dir) {
    SimulationWriter writer = TILLSTREAM_TRY(SimulationWriter::open(options, fs, dir));
    while (TILLSTREAM_TRY(writer.next())) {
    }
    return writer.finish();
}

}  // namespace tillstream
