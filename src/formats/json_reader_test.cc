#include "formats/json_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace tillstream {
namespace {

using Texts = std::vector<std::string>;

struct Document {
    Texts records;  ///< raw text of good ones; "!" and what was expected for broken ones
    std::optional<BodyError> error;
};

Document read(std::string_view text, DecodeLimits limits = {}) {
    Buffer padded(text);
    JsonReader reader(limits);
    reader.open(padded.view());
    Document document;
    JsonRecord record;
    while (reader.next(record))
        document.records.push_back(record.broken ? "!" + record.broken->expected : std::string(record.raw));
    document.error = reader.error();
    return document;
}

TEST(JsonDocument, ReadsOneObjectOrAnArray) {
    EXPECT_EQ(read(" {\"a\" : 1 }\n").records, (Texts{"{\"a\" : 1 }"}));
    EXPECT_EQ(read("[ {\"a\":1} ,\n{} ]").records, (Texts{"{\"a\":1}", "{}"}));
    EXPECT_EQ(read("[]").records, Texts{});
    EXPECT_FALSE(read("[]").error);
    EXPECT_EQ(read("\xEF\xBB\xBF[{}]").records, (Texts{"{}"}));
}

TEST(JsonDocument, BreaksElementsAlone) {
    auto got = read(R"([{"a":1},7,"x",[{}],null,{"b":[[2]]},{"c":"\ud800"},{"d":3}])", {.depth = 2});
    EXPECT_FALSE(got.error);
    EXPECT_EQ(got.records, (Texts{"{\"a\":1}", "!object", "!object", "!object", "!object",
                                  "!at most 2 levels", "!both halves of a surrogate pair", "{\"d\":3}"}));
}

TEST(JsonDocument, ShowsNothingOfTheNeighboursOfABrokenElement) {
    const Buffer text(std::string_view(R"([7,{"a":[[2]]},{"b":"\ud800"},{"secret":1}])"));
    JsonReader reader({.depth = 2});
    reader.open(text.view());
    Texts found;
    for (JsonRecord record; reader.next(record);) {
        if (record.broken) found.push_back(record.broken->found);
    }
    EXPECT_EQ(found, (Texts{"7", "[2]]}", "\"\\ud800\"}"}));
}

TEST(JsonDocument, BreaksALargeElementAlone) {
    EXPECT_EQ(read("[{\"a\":\"" + std::string(50, 'x') + "\"},{\"b\":1}]", {.record_bytes = 40}).records,
              (Texts{"!at most 40 bytes", "{\"b\":1}"}));
}

TEST(JsonDocument, KeepsNoMoreFieldsThanARecordMayHave) {
    std::string members = "[{\"a\":0";
    while (members.size() < 1 << 20) members += ",\"a\":0";
    const Buffer text(members + "},{\"b\":1}]");
    JsonReader reader({.record_bytes = 1'000});
    reader.open(text.view());
    JsonRecord record;
    ASSERT_TRUE(reader.next(record));
    ASSERT_TRUE(record.broken);
    EXPECT_EQ(record.broken->code, FieldErrorCode::size);
    EXPECT_LT(reader.kept_bytes(), 100'000U);
    ASSERT_TRUE(reader.next(record));
    ASSERT_EQ(record.fields.size(), 1U);
    EXPECT_EQ(record.fields[0].key, "b");
}

TEST(JsonDocument, NamesTheByteWhereItIsMalformed) {
    auto got = read(R"([{"a":1},{"b":]])");
    ASSERT_TRUE(got.error);
    EXPECT_EQ(got.error->offset, 14u);
    EXPECT_EQ(got.error->code, FieldErrorCode::syntax);
    EXPECT_NE(got.error->detail.find("byte 14"), std::string::npos) << got.error->detail;
}

TEST(JsonDocument, RefusesWhatIsNoDocumentOfRecords) {
    for (std::string_view text :
         {"", " ", "7", "\"x\"", "null", "[", "[{}", "[{},]", "[,{}]", "[{}]]", "[{}] x", "{} {}", "{",
          "[{}{}]", "[{\"a\":01}]", "[tru]", "[{\"a\":\"\x01\"}]", "[{\"a\":\"x]"})
        EXPECT_TRUE(read(text).error) << text;
    EXPECT_EQ(read("[{\"a\":\"\xA3\"}]").error->code, FieldErrorCode::encoding);
    EXPECT_EQ(read("[{\"a\":\"\xA3\"}]").error->offset, 7u);
}

}  // namespace
}  // namespace tillstream
