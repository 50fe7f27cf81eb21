#include "formats/internal/leading_id.h"

#include <gtest/gtest.h>

namespace tillstream::internal {
namespace {

TEST(LeadingId, OfABrokenObjectIsReadFromItsFront) {
    EXPECT_EQ(leading_event_id(R"({"event_id":"0a1b-17","quantity":)"), "0a1b-17");
    EXPECT_EQ(leading_event_id("  { \t\"event_id\" : \"x\" garbage"), "x");
    EXPECT_EQ(leading_event_id("{\"event_id\":\"x\",\"note\":\"\xff\""), "x");
}

TEST(LeadingId, NothingElseIsTakenForOne) {
    for (const char* text :
         {"", "{", "{}", R"(["event_id":"x"])", R"({"event_id")", R"({"event_id":)", R"({"event_id":")",
          R"({"event_id":"x)", R"({"event_id":""})", R"({"event_id":17)", R"({"event_id":"a b"})",
          R"({"event_id":"a\u0041"})", R"({"event_id":"ä"})", R"({"quantity":1,"event_id":"x")",
          R"({"Event_Id":"x")", R"(x{"event_id":"x")"})
        EXPECT_EQ(leading_event_id(text), "") << text;
}

TEST(LeadingId, OfARowIsItsFirstCell) {
    EXPECT_EQ(leading_cell("0a1b-17,\"open"), "0a1b-17");
    EXPECT_EQ(leading_cell("x,"), "x");
    for (const char* row : {"", ",", "x", "\"x\",y", "a b,c"}) EXPECT_EQ(leading_cell(row), "") << row;
}

}  // namespace
}  // namespace tillstream::internal
