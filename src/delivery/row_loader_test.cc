#include "delivery/row_loader.h"

#include <gtest/gtest.h>

#include "core/memory_env.h"

namespace tillstream {
namespace {

constexpr const char* kContract = R"(
name = "till"
[[column]]
name = "receipt"
type = "string"
)";

TEST(RowLoaderTest, WhatWasRejectedStaysSoThoughItDecodes) {
    MemoryFilesystem fs;
    const auto contracts = ContractStore::open(fs, "/state", {{"till.toml", kContract}}, "");
    ASSERT_TRUE(contracts) << contracts.error().message;
    auto block = std::make_shared<RecordBlock>();
    for (const std::string& line : {std::string(R"({"receipt":"a"})"),
                                    R"({"receipt":")" + std::string(5'000, 'x') + R"("})",
                                    std::string(R"({"receipt":"b"})")}) {
        block->values.append(line);
        block->values.push_back('\n');
        block->ends.push_back(static_cast<std::uint32_t>(block->values.size()));
    }
    // It was larger than a record may be.
    block->rejections.push_back({1, {{FieldErrorCode::size, "", "at most 1024 bytes", "5013 bytes"}}});
    LogBatch batch;
    batch.contract = (*contracts)->find("till")->id();
    batch.records = block;
    const Status loaded = RowLoader(**contracts).load(batch);
    ASSERT_TRUE(loaded) << loaded.error().message;
    const RowBatch& rows = *batch.rows.batch;
    ASSERT_EQ(rows.rows(), 3U);
    EXPECT_TRUE(rows.accepted(0));
    EXPECT_FALSE(rows.accepted(1));
    EXPECT_TRUE(rows.accepted(2));
    EXPECT_EQ(rows.column(0).strings[2].view(), "b");
}

}  // namespace
}  // namespace tillstream
