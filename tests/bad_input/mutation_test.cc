// Valid bodies with random damage: whatever arrives, the answer is 200 with figures that add up, or 4xx.
#include <gtest/gtest.h>

#include <random>

#include "codec/compression.h"
#include "tests/bad_input/ingest_case.h"

namespace tillstream::bad_input {
namespace {

constexpr int kMutations = 2000;

struct Body {
    std::string content_type;
    std::string content_encoding;
    std::string bytes;
};

std::vector<Body> valid_bodies() {
    const std::string one =
        sale(",\"Description\":\"caf\u00e9 \\u00e9 \\ud83d\\ude00\",\"event_id\":\"e-1\"");
    const std::string rows = std::string("InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,Country\n") +
                             "@,85123A,6,12/1/2010 8:26,2.55,\"United, \"\"Kingdom\"\"\"\n" +
                             "@,71053,-6,2010-12-01T08:26:00Z,3.39,France\n";
    std::string utf16;
    for (const char c : rows) (utf16 += c) += '\0';
    Buffer gzip, zstd;
    EXPECT_TRUE(deflate(Encoding::gzip, one + "\n" + one, gzip));
    EXPECT_TRUE(deflate(Encoding::zstd, rows, zstd));
    return {
        {kJson, "", one},
        {kJson, "", "[" + one + "," + one + "]"},
        {kNdjson, "", one + "\n" + one + "\n"},
        {kCsv, "", rows},
        {"text/csv; charset=iso-8859-1", "", rows},
        {"text/csv; charset=utf-16", "", utf16},
        {kNdjson, "gzip", std::string(gzip.view())},
        {kCsv, "zstd", std::string(zstd.view())},
    };
}

class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}

    std::string damaged(std::string bytes) {
        for (std::size_t n = 1 + below(4); n > 0; --n) damage(bytes);
        return bytes;
    }
    std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }

private:
    void damage(std::string& bytes) {
        static constexpr std::string_view kPieces[] = {"\"",
                                                       "{",
                                                       "}",
                                                       "[",
                                                       "]",
                                                       ",",
                                                       ":",
                                                       "\n",
                                                       "\r",
                                                       "\\",
                                                       "\\u",
                                                       "\\ud800",
                                                       "\xFF",
                                                       "\xEF\xBB\xBF",
                                                       "-",
                                                       ".",
                                                       "e9",
                                                       "null",
                                                       "true",
                                                       "1e400",
                                                       "\"Quantity\":",
                                                       ",,,,",
                                                       "\t",
                                                       std::string_view("\0", 1)};
        const std::size_t at = below(bytes.size() + 1);
        const std::size_t size = std::min(bytes.size() - at, 1 + below(8));
        switch (below(5)) {
            case 0: bytes.insert(at, kPieces[below(std::size(kPieces))]); break;
            case 1: bytes.erase(at, size); break;
            case 2: bytes.insert(below(bytes.size() + 1), bytes.substr(at, size)); break;
            case 3: bytes.resize(at); break;
            default:
                if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        }
    }
    std::mt19937_64 random_;
};

std::int64_t number(const Answer& answer, std::string_view name) {
    const json::Value* member = answer.body.find(name);
    return member ? member->as_int64().value_or(-1) : -1;
}

TEST(Mutations, OfValidBodiesAreTakenOrRefusedNeverFatal) {
    const std::unique_ptr<Door> door = Door::open();
    ASSERT_TRUE(door);
    const std::uint64_t seed = std::random_device{}();
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    Mutator mutator(seed);
    const std::vector<Body> bodies = valid_bodies();
    std::int64_t stored = 0;
    int refused = 0;
    for (int i = 0; i < kMutations; ++i) {
        const Body& body = bodies[mutator.below(bodies.size())];
        const std::string bytes = mutator.damaged(body.bytes);
        SCOPED_TRACE(::testing::Message()
                     << "seed " << seed << " mutation " << i << ": " << body.content_type << ' '
                     << body.content_encoding << ' ' << ::testing::PrintToString(bytes));
        const Answer answer = door->post_records(bytes, body.content_type, body.content_encoding);
        if (answer.status != 200) {
            ASSERT_TRUE(answer.status == 400 || answer.status == 413) << answer.status;
            ++refused;
            continue;
        }
        const std::int64_t kept = number(answer, "accepted") + number(answer, "quarantined");
        ASSERT_GE(kept, 0);
        ASSERT_EQ(number(answer, "received"), kept + number(answer, "duplicates"));
        stored += kept;
    }
    EXPECT_GT(stored, 0);
    EXPECT_GT(refused, 0);
    EXPECT_EQ(door->stored(), stored) << "refused requests leave nothing, taken ones lose nothing";
    door->wait_for_sinks();
    EXPECT_EQ(door->value("SELECT (SELECT count(*) FROM shop.sales) + (SELECT count(*) FROM ops.quarantine)"),
              std::to_string(stored));
    door->expect_verified();
    EXPECT_EQ(door->terminate(), 0);
}

}  // namespace
}  // namespace tillstream::bad_input
