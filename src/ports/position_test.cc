#include "ports/position.h"

#include <gtest/gtest.h>

#include "ports/event_log.h"

namespace tillstream {
namespace {

TEST(Position, TokenRoundTrips) {
    const Position positions[] = {
        {},
        {{SourceId{1}, Offset{0}}},
        {{SourceId{0xffffffff}, Offset{~std::uint64_t{0}}}, {SourceId{2}, Offset{4711}}}};
    for (const Position& position : positions) {
        const auto back = decode_position(encode_position(position));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, position);
    }
}

TEST(Position, TokenIsUrlSafe) {
    const std::string token = encode_position({{SourceId{1}, Offset{0x1f}}, {SourceId{12}, Offset{7}}});
    EXPECT_EQ(token, "p1.1-1f.c-7");
    EXPECT_EQ(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_~"), std::string::npos);
}

TEST(Position, ForeignTokensAreRefused) {
    for (const char* token :
         {"", "p", "p2", "p2.1-1", "p1.", "p1.1", "p1.1-", "p1.-1", "p1.1-1.", "p1.1-01", "p1.1-1F",
          "p1.1-1 ", " p1.1-1", "p1.100000000-1", "p1.1-10000000000000000", "p1.1--1", "p1.+1-1"}) {
        const auto position = decode_position(token);
        ASSERT_FALSE(position) << token;
        EXPECT_EQ(position.error().code, Errc::invalid_argument) << token;
    }
}

TEST(RecordBlock, ValuesAndEventIdsAreFoundByTheirEnds) {
    RecordBlock block;
    block.values.append("{\"a\":1}\n{}\n");
    block.ends = {8, 11};
    block.event_ids.append("x7");
    block.event_id_ends = {0, 2};
    EXPECT_EQ(block.value(0), "{\"a\":1}");
    EXPECT_EQ(block.value(1), "{}");
    EXPECT_EQ(block.event_id(0), "");
    EXPECT_EQ(block.event_id(1), "x7");
    block.event_id_ends.clear();
    EXPECT_EQ(block.event_id(1), "");
}

}  // namespace
}  // namespace tillstream
