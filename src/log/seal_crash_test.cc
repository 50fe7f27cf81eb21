// Power cuts at every call of the file layer while records are written, sealed, recycled and recovered.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>
#include <set>

#include "adapters/localfs/local_object_store.h"
#include "core/fault_env.h"
#include "log/internal/crash_ledger_test.h"
#include "log/internal/journal_fixture.h"
#include "log/sealed_lake.h"

namespace tillstream {
namespace {

using testing::check;
using testing::JournalFixture;
using testing::Ledger;
using testing::read_all;
using testing::ReadAll;
using testing::ReadRecord;
using testing::send;
using Loss = MemoryFilesystem::Loss;

using namespace std::chrono_literals;

const Timestamp kMorning = to_timestamp({2010, 12, 1, 8, 26, 0, 0});

JournalOptions crash_options() {
    JournalOptions options = testing::small_options();
    options.segment_bytes = 64 * 1024;
    options.group_bytes = 16 * 1024;
    options.max_request_bytes = 32 * 1024;
    options.tail_bytes = 16 * 1024;
    options.idle_seal = 1ms;
    options.keep_bytes = 64 * 1024;
    options.seal_bytes = 16 * 1024;
    options.seal_check = 1ms;
    return options;
}

/// One process: a journal and its object store on a disk that may fail.
class Run {
public:
    Run(Filesystem& fs, ManualClock& clock) : fs_(fs), clock_(clock), options_(crash_options()) {}

    Status open() {
        journal_.reset();
        store_ = TILLSTREAM_TRY(LocalObjectStore::open(fs_, "data"));
        options_.objects = store_.get();
        journal_ =
            TILLSTREAM_TRY(Journal::open(fs_, clock_, "data/log", options_, Logger::silent(), metrics_));
        return {};
    }
    ~Run() { journal_.reset(); }
    Journal& operator*() { return *journal_; }
    Journal* operator->() { return journal_.get(); }
    ObjectStore& store() { return *store_; }

private:
    Filesystem& fs_;
    ManualClock& clock_;
    JournalOptions options_;
    Metrics metrics_;
    std::unique_ptr<ObjectStore> store_;
    std::unique_ptr<Journal> journal_;
};

/// Where a reader stood, with what it had been given.
struct Mark {
    std::string cursor;
    std::vector<ReadRecord> given;
};

/// Writes, reads along and seals, the clock passing over an hour's end now and then.
void live(Run& run, ManualClock& clock, Ledger& ledger, std::vector<Mark>& marks, int first,
          std::mt19937_64& random) {
    for (int round = 0; round < 4; ++round) {
        send(*run, ledger, first + 10 * round, 10, random);
        if (random() % 2 == 0) {
            Mark mark = marks.empty() ? Mark{} : marks[random() % marks.size()];
            if (auto reader = run->open_reader(mark.cursor)) {
                for (std::uint64_t pieces = random() % 20; pieces > 0; --pieces) {
                    const auto piece = (*reader)->read(1 + random() % 5000);
                    // An unreadable block is damage; here it is the fault that was asked for.
                    if (!piece || !piece->gaps.empty()) break;
                    ReadAll read;
                    read.batches = piece->batches;
                    for (ReadRecord& record : read.records()) mark.given.push_back(std::move(record));
                    mark.cursor = piece->cursor;
                }
                marks.push_back(std::move(mark));
            }
        }
        if (random() % 2 == 0) (void)run->seal("", 10ms);
        if (random() % 3 == 0) clock.advance(40min);
    }
}

std::string label_of(std::string_view value) { return std::string(value.substr(0, value.find(' '))); }

std::set<std::string> values_of(const std::vector<ReadRecord>& records) {
    std::set<std::string> values;
    for (const ReadRecord& record : records) values.insert(label_of(record.value));
    return values;
}

void check_marks(Run& run, const std::vector<Mark>& marks, const std::vector<ReadRecord>& all) {
    const auto whole = values_of(all);
    for (const Mark& mark : marks) {
        const auto rest = read_all(*run, mark.cursor);
        ASSERT_TRUE(rest) << rest.error().message;
        EXPECT_TRUE(rest->gaps.empty()) << rest->gaps.front().reason;
        std::vector<ReadRecord> both = mark.given;
        for (ReadRecord& record : rest->records()) both.push_back(std::move(record));
        EXPECT_EQ(both.size(), all.size()) << "resumed at " << mark.cursor;
        EXPECT_EQ(values_of(both), whole) << "resumed at " << mark.cursor;
    }
}

/// The raw lake alone holds every record once.
void check_lake(Run& run, const std::vector<ReadRecord>& all) {
    const Status sealed = run->seal("sales", 60s);
    ASSERT_TRUE(sealed) << sealed.error().message;
    std::multiset<std::string> lines;
    const SealedVisitor visitor{
        [](const SealedObject&) { return true; },
        [&](const SourceInfo&, const LogBatch& batch) {
            for (std::uint32_t i = 0; i < batch.count(); ++i) lines.insert(label_of(batch.records->value(i)));
        },
        [](const SealedDamage& damage) { ADD_FAILURE() << damage.object.name << ": " << damage.reason; }};
    ASSERT_TRUE(SealedLake(run.store()).scan("sales", BatchKind::data, visitor));
    std::multiset<std::string> expected;
    for (const ReadRecord& record : all) expected.insert(label_of(record.value));
    EXPECT_EQ(lines, expected);
}

/// The process does nothing any more, on files open or new.
void cut_power(MemoryFilesystem& disk, FaultFilesystem& faulty, Loss loss, std::uint64_t seed) {
    faulty.fail(FileCall::any, 1, Error{Errc::io, "power cut"}, true);
    disk.crash(loss, seed);
}

/// Calls of the file layer that the run made before it was cut off, whether or not `nth` came.
std::uint64_t crash_once(std::uint64_t nth, Loss loss, std::uint64_t seed) {
    SCOPED_TRACE("call " + std::to_string(nth) + " loss " + std::to_string(static_cast<int>(loss)) +
                 " seed " + std::to_string(seed));
    MemoryFilesystem disk;
    FaultFilesystem faulty(disk);
    ManualClock clock(kMorning);
    std::mt19937_64 random(seed);
    Ledger ledger;
    std::vector<Mark> marks;
    std::uint64_t calls = 0;
    {
        Run run(faulty, clock);
        faulty.fail(FileCall::any, nth, Error{Errc::io, "power cut"}, true);
        if (run.open()) live(run, clock, ledger, marks, 0, random);
        calls = faulty.calls(FileCall::any);
        cut_power(disk, faulty, loss, random());
    }
    // The recovery is cut off as well.
    {
        Run run(faulty, clock);
        faulty.fail(FileCall::any, 1 + random() % 60, Error{Errc::io, "power cut"}, true);
        if (run.open()) live(run, clock, ledger, marks, 1000, random);
        cut_power(disk, faulty, Loss::random, random());
    }
    Run after(disk, clock);
    const Status opened = after.open();
    EXPECT_TRUE(opened) << opened.error().message;
    if (!opened) return calls;
    const auto found = read_all(*after);
    EXPECT_TRUE(found) << found.error().message;
    if (!found) return calls;
    EXPECT_TRUE(found->gaps.empty()) << found->gaps.front().reason;
    check(found->records(), ledger);
    check_marks(after, marks, found->records());
    live(after, clock, ledger, marks, 2000, random);
    EXPECT_TRUE(after.open());  // all that was sent is answered
    const auto grown = read_all(*after, {}, ReadFrom::storage);
    EXPECT_TRUE(grown) << grown.error().message;
    if (grown) {
        EXPECT_TRUE(grown->gaps.empty()) << grown->gaps.front().reason;
    }
    if (grown) {
        check(grown->records(), ledger);
        check_lake(after, grown->records());
    }
    return calls;
}

TEST(SealCrash, NothingIsLostOrDoubledByACrashWhileSealing) {
    const std::uint64_t base = std::random_device{}();
    std::cout << "seed " << base << "\n";
    std::uint64_t images = 0;
    std::uint64_t longest = 0;
    for (std::uint64_t nth = 1; nth <= 400; ++nth) {
        for (const Loss loss : {nth % 2 == 0 ? Loss::nothing : Loss::all, Loss::random}) {
            longest = std::max(longest, crash_once(nth, loss, base + images++));
            if (::testing::Test::HasFailure()) return;
        }
    }
    std::cout << images << " images, up to " << longest << " calls in a run\n";
}

}  // namespace
}  // namespace tillstream
