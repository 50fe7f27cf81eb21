#include "catalog/contract_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/memory_env.h"

namespace tillstream {
namespace {

std::string till_contract(std::string_view extra_column = "") {
    std::string text = R"(
name = "till"
[[column]]
name = "receipt"
type = "string"
required = true
)";
    if (!extra_column.empty()) {
        text += "[[column]]\nname = \"" + std::string(extra_column) + "\"\ntype = \"int64\"\n";
    }
    return text;
}

class ContractStoreTest : public ::testing::Test {
protected:
    Result<std::unique_ptr<ContractStore>> open(const std::vector<ContractText>& built_in = {}) {
        return ContractStore::open(fs_, "/data/state", built_in, "/datasets");
    }
    void write_dataset(const std::string& text) {
        ASSERT_TRUE(fs_.make_dirs("/datasets"));
        ASSERT_TRUE(write_file_atomic(fs_, "/datasets/till.toml", text));
    }

    MemoryFilesystem fs_;
};

TEST_F(ContractStoreTest, AFileReplacesTheBuiltInDatasetOfThatName) {
    write_dataset(till_contract("drawer"));
    auto store = open({{"built-in/till.toml", till_contract()}});
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->find("till")->columns.size(), 2U);
    EXPECT_EQ((*store)->find("tills"), nullptr);
    EXPECT_EQ((*store)->all().size(), 1U);
}

TEST_F(ContractStoreTest, AnEarlierVersionStaysReadableAfterTheFileChanged) {
    write_dataset(till_contract());
    auto first = open();
    ASSERT_TRUE(first) << first.error().message;
    const std::string old_id = (*first)->find("till")->id();

    write_dataset(till_contract("drawer"));
    fs_.crash(MemoryFilesystem::Loss::all);
    auto second = open();
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_NE((*second)->find("till")->id(), old_id);
    auto old = (*second)->version(old_id);
    ASSERT_TRUE(old) << old.error().message;
    EXPECT_EQ((*old)->columns.size(), 1U);
}

TEST_F(ContractStoreTest, AnUnknownVersionIsNamedInTheError) {
    auto store = open();
    ASSERT_TRUE(store);
    auto missing = (*store)->version("till@0123456789abcdef");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::not_found);
    EXPECT_THAT(missing.error().message, ::testing::HasSubstr("till@0123456789abcdef"));
}

TEST_F(ContractStoreTest, ABadFileStopsTheStartAndIsNamed) {
    write_dataset("name = \"till\"\n[[column]]\nname = \"receipt\"\ntype = \"strin\"\n");
    auto store = open();
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::invalid_argument);
    EXPECT_THAT(store.error().message, ::testing::HasSubstr("/datasets/till.toml:4"));
}

}  // namespace
}  // namespace tillstream
