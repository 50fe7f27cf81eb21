#include <gtest/gtest.h>

#include "log/internal/sealed_fixture_test.h"

namespace tillstream::testing {
namespace {

SealedId id_of(std::string stream, std::uint32_t incarnation = 0, BatchKind kind = BatchKind::data) {
    SealedId id;
    id.source = {SourceId{}, std::move(stream), ShardId{2}, incarnation};
    id.first = Offset{0};
    id.last = Offset{4711};
    id.hour = kSealedHour;
    id.kind = kind;
    return id;
}

TEST(SealedName, IsThatOfTheRawLake) {
    EXPECT_EQ(sealed_object_name(id_of("sales")),
              "lake/raw/sales/year=2010/month=12/day=01/hour=08/s2-0-4711.ndjson.zst");
    EXPECT_EQ(sealed_object_name(id_of("system", 2, BatchKind::control)),
              "state/raw/system/year=2010/month=12/day=01/hour=08/s2i2-0-4711.ndjson.zst");
}

TEST(SealedName, EveryStreamIsASafeFolderAndComesBack) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    for (const std::string& stream :
         {std::string("files.order_items"), std::string("."), std::string(".."), std::string("../../etc"),
          std::string(".put"), std::string("a/b"), std::string("%41"), std::string("%"), std::string(),
          std::string("a\0b", 3), std::string("Ä ö"), all.substr(0, 80), all.substr(80, 80),
          all.substr(160, 80), all.substr(240)}) {
        const std::string name = sealed_object_name(id_of(stream));
        EXPECT_TRUE(check_object_name(name)) << name;
        EXPECT_TRUE(name.starts_with(journal::sealed_object_folder(stream, BatchKind::data)));
        EXPECT_EQ(name.find("/."), std::string::npos) << "hidden or leading out: " << name;
        const auto parsed = journal::parse_sealed_object_name(name);
        ASSERT_TRUE(parsed) << name;
        EXPECT_EQ(parsed->source.stream, stream);
        EXPECT_EQ(parsed->source.shard, ShardId{2});
        EXPECT_EQ(parsed->last, Offset{4711});
        EXPECT_EQ(parsed->hour, kSealedHour);
    }
}

TEST(SealedName, OthersAreNone) {
    const std::string folder = "lake/raw/sales/year=2010/month=12/day=01/hour=08/";
    ASSERT_TRUE(journal::parse_sealed_object_name(folder + "s2-0-4711.ndjson.zst"));
    for (const std::string& name :
         {folder + "s2-00-4711.ndjson.zst", folder + "s2-0-4711.ndjson", folder + "s2-0-.ndjson.zst",
          folder + "s2i0-0-4711.ndjson.zst", folder + "s-2-0-1.ndjson.zst",
          folder + "s2-0-4711.ndjson.zst.tmp", folder + "s2-0-99999999999999999999.ndjson.zst",
          folder + "s4294967296-0-1.ndjson.zst",
          std::string("lake/raw/sales/year=2010/month=13/day=01/hour=08/s2-0-4711.ndjson.zst"),
          std::string("lake/raw/sales/year=2010/month=02/day=30/hour=08/s2-0-4711.ndjson.zst"),
          std::string("lake/raw/sales/year=2010/month=12/day=01/hour=24/s2-0-4711.ndjson.zst"),
          std::string("lake/raw/%73ales/year=2010/month=12/day=01/hour=08/s2-0-4711.ndjson.zst"),
          std::string("lake/raw/sa les/year=2010/month=12/day=01/hour=08/s2-0-4711.ndjson.zst"),
          std::string("lake/raw/a/b/year=2010/month=12/day=01/hour=08/s2-0-4711.ndjson.zst"),
          std::string("lake/clean/sales/year=2010/month=12/day=01/hour=08/s2-0-4711.ndjson.zst"),
          std::string()})
        EXPECT_FALSE(journal::parse_sealed_object_name(name)) << name;
}

}  // namespace
}  // namespace tillstream::testing
