#include "json/writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace tillstream::json {
namespace {

template <class Write>
std::string written(Write write) {
    std::string out;
    Writer writer(out);
    write(writer);
    return out;
}

TEST(JsonWriter, PutsCommasBetweenMembersAndElements) {
    EXPECT_EQ(written([](Writer& w) {
                  w.begin_object()
                      .member("a", 1)
                      .key("b")
                      .begin_array()
                      .number(1)
                      .number(2)
                      .begin_object()
                      .end_object();
                  w.end_array().key("c").null().member("d", true).end_object();
              }),
              R"({"a":1,"b":[1,2,{}],"c":null,"d":true})");
}

TEST(JsonWriter, WritesEmptyContainersAndBareValues) {
    EXPECT_EQ(written([](Writer& w) { w.begin_array().end_array(); }), "[]");
    EXPECT_EQ(written([](Writer& w) { w.string(""); }), R"("")");
    EXPECT_EQ(written([](Writer& w) {
                  w.begin_array().begin_array().end_array().begin_array().end_array().end_array();
              }),
              "[[],[]]");
}

TEST(JsonWriter, WritesTheEdgesOfIntegers) {
    EXPECT_EQ(written([](Writer& w) { w.number(std::numeric_limits<std::int64_t>::min()); }),
              "-9223372036854775808");
    EXPECT_EQ(written([](Writer& w) { w.number(std::numeric_limits<std::uint64_t>::max()); }),
              "18446744073709551615");
    const Int128 least = -(static_cast<Int128>(1) << 126) * 2;
    EXPECT_EQ(written([&](Writer& w) {
                  w.begin_array().number(least).number(Int128{0}).number(-(least + 1)).end_array();
              }),
              "[-170141183460469231731687303715884105728,0,170141183460469231731687303715884105727]");
}

TEST(JsonWriter, EscapesQuotesBackslashesAndControls) {
    EXPECT_EQ(written([](Writer& w) { w.string(std::string_view("q\"b\\n\n\r\t\b\x01\0\x1f/", 13)); }),
              R"("q\"b\\n\n\r\t\u0008\u0001\u0000\u001f/")");
}

TEST(JsonWriter, PassesUtf8AndReplacesWhatIsNot) {
    EXPECT_EQ(written([](Writer& w) { w.string("\xC2\xA3 \xF0\x9F\x98\x80"); }),
              "\"\xC2\xA3 \xF0\x9F\x98\x80\"");
    const std::string mark = "\xEF\xBF\xBD";
    EXPECT_EQ(written([](Writer& w) { w.string("a\xA3z"); }), "\"a" + mark + "z\"");
    EXPECT_EQ(written([](Writer& w) { w.string("\xE2\x82"); }), "\"" + mark + mark + "\"");
    EXPECT_EQ(written([](Writer& w) { w.string("\xED\xA0\x80"); }), "\"" + mark + mark + mark + "\"");
    EXPECT_EQ(written([](Writer& w) { w.string("\xC0\xAF"); }), "\"" + mark + mark + "\"");
}

TEST(JsonWriter, AppendsToABuffer) {
    Buffer out("x=");
    BufferWriter(out).begin_object().member("k", "v").end_object();
    EXPECT_EQ(out.view(), R"(x={"k":"v"})");
}

TEST(JsonWriter, ContinuesAfterRawText) {
    EXPECT_EQ(written([](Writer& w) { w.begin_object().key("r").raw("[1]").member("s", 2u).end_object(); }),
              R"({"r":[1],"s":2})");
}

}  // namespace
}  // namespace tillstream::json
