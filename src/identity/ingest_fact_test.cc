#include "identity/ingest_fact.h"

#include <gtest/gtest.h>

#include "adapters/memory/memory_log.h"
#include "identity/internal/log_fold.h"
#include "tests/contract/log_batches.h"

namespace tillstream {
namespace {

IngestFact example() {
    KeyedRequest keyed;
    keyed.key = std::string(32, 'a');
    keyed.body = std::string(32, 'b');
    keyed.contract = "sales@1";
    keyed.rows = 7;
    keyed.record_bytes = 1 << 20;
    keyed.depth = 32;
    keyed.form = 1;
    keyed.skipped = {2, 1, 3, 1};
    keyed.seen = {{SourceId{2}, Offset{17}}, {SourceId{3}, Offset{0}}};
    keyed.parts = 2;
    keyed.bases = {Offset{5}, Offset{0}};
    return {"sales", 2, keyed};
}

TEST(IngestFactTest, IsReadBack) {
    for (const IngestFact& fact : {example(), IngestFact{"a \"stream\"", 3, std::nullopt}}) {
        const auto read = parse_ingest_fact(encode_ingest_fact(fact));
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, fact);
    }
}

TEST(IngestFactTest, GoldenText) {
    EXPECT_EQ(encode_ingest_fact({"sales", 3, std::nullopt}),
              R"({"type":"ingest","stream":"sales","duplicates":3})");
    EXPECT_EQ(encode_ingest_fact(example()),
              R"({"type":"ingest","stream":"sales","duplicates":2,"key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
              R"("body":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","contract":"sales@1","rows":7,)"
              R"("record_bytes":1048576,"depth":32,"form":1,"skipped":"2,1,3,1","seen":"2,17,3,0",)"
              R"("parts":2,"bases":"5,0"})");
}

TEST(IngestFactTest, OtherRecordsAreNone) {
    for (const char* text : {"", "{}", R"({"type":"sink_reject"})", "no json", R"(["ingest"])"})
        EXPECT_FALSE(parse_ingest_fact(text)) << text;
}

/// Two requests of two parts each in one group, in the order of the journal and in that of sealed objects.
TEST(LogFoldTest, AKeyFindsTheBatchesOfItsAppend) {
    MemoryLog log(system_clock());
    const SourceId system = log.register_stream("system", 1)->front().id;
    const auto sales = *log.register_stream("sales", 2);
    std::vector<LogBatch> batches;
    for (int request = 0; request < 2; ++request) {
        IngestFact fact = example();
        fact.keyed->key[0] = static_cast<char>('0' + request);
        fact.keyed->bases.clear();
        batches.push_back(testing::batch_of(sales[0].id, {"{}"}));
        batches.push_back(testing::batch_of(sales[1].id, {"{}", "{}"}));
        batches.push_back(ingest_fact_batch(system, fact));
    }
    for (std::uint32_t i = 0; i < batches.size(); ++i) {
        batches[i].lsn = Lsn{9};
        batches[i].number = i;
        batches[i].base = Offset{10 * std::uint64_t{i}};
    }
    for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 1, 2, 3, 4, 5},
                                                  {2, 5, 0, 3, 1, 4},
                                                  {0, 3, 1, 4, 2, 5},
                                                  {0, 3, 2, 5, 1, 4}}) {
        std::map<std::string, std::vector<Offset>> told;
        identity::LogFold fold(log, system,
                               {[](const std::string&, const LogBatch&) {},
                                [&](const IngestFact& fact, Timestamp) {
                                    told[fact.keyed->key.substr(0, 1)] = fact.keyed->bases;
                                }});
        for (const std::size_t batch : order) fold.take(batches[batch]);
        EXPECT_EQ(told["0"], (std::vector<Offset>{Offset{0}, Offset{10}}));
        EXPECT_EQ(told["1"], (std::vector<Offset>{Offset{30}, Offset{40}}));
    }
}

}  // namespace
}  // namespace tillstream
