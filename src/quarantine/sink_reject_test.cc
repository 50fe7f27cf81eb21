#include "quarantine/sink_reject.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(SinkRejectTest, WhatIsWrittenIsReadBack) {
    const SinkReject first{"warehouse",
                           "sales",
                           ShardId{3},
                           SourceId{7},
                           Offset{4711},
                           "sales@0123456789abcdef",
                           "value \"x\" out of range",
                           R"({"InvoiceNo":"536365","Note":"a\"b\\c\u00a3"})"};
    const SinkReject second{"tables", "sales", ShardId{0}, SourceId{1}, Offset{0}, "", "", ""};
    const LogBatch batch = sink_reject_batch(SourceId{9}, {first, second});
    ASSERT_EQ(batch.count(), 2U);
    EXPECT_EQ(batch.kind, BatchKind::control);
    EXPECT_EQ(batch.source, SourceId{9});
    EXPECT_EQ(parse_sink_reject(batch.records->value(0)), first);
    EXPECT_EQ(parse_sink_reject(batch.records->value(1)), second);
}

TEST(SinkRejectTest, OtherControlRecordsAreNone) {
    EXPECT_EQ(parse_sink_reject(R"({"type":"duplicates","count":3})"), std::nullopt);
    EXPECT_EQ(parse_sink_reject("not json"), std::nullopt);
    EXPECT_EQ(parse_sink_reject(""), std::nullopt);
}

}  // namespace
}  // namespace tillstream
