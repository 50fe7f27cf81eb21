#include "adapters/memory/memory_tables.h"

#include "tests/contract/table_store_commits.h"
#include "tests/contract/table_store_contract.h"

namespace tillstream::testing {
namespace {

/// Keeps its content over "reopening" by keeping the object; closing is a checkpoint, as a clean stop is.
class MemoryHarness {
public:
    Status open() { return {}; }
    void close() { (void)tables_.checkpoint(); }
    TableStore& store() { return tables_; }

private:
    MemoryTables tables_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TableStoreContract, MemoryHarness);
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, TableStoreCommits, MemoryHarness);

SinkPosition position(std::uint64_t next) { return {SourceId{1}, Offset{next}, "", Epoch{1}}; }

Status put_number(TableStore& store, std::uint64_t from) {
    const TableAttribute attribute{"n", TableNumber{static_cast<Int128>(from), 0}};
    const TableWrite write{.key = {"things", std::int64_t{1}, std::int64_t{1}},
                           .attributes = {&attribute, 1}};
    TableCommit commit{.consumer = "c", .writes = {&write, 1}};
    commit.expected = {{SourceId{1}, Offset{from}}};
    commit.positions = {position(from + 1)};
    return store.commit(commit);
}

TEST(MemoryTables, ACrashLosesWholeCommitsDownToTheLastCheckpoint) {
    MemoryTables tables;
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(put_number(tables, i));
    ASSERT_TRUE(tables.checkpoint());
    for (std::uint64_t i = 3; i < 6; ++i) ASSERT_TRUE(put_number(tables, i));
    EXPECT_EQ(tables.commits_at_risk(), 3U);
    EXPECT_EQ(tables.persisted("c")->front(), position(3));
    tables.crash(1);
    EXPECT_EQ(tables.positions("c")->front(), position(5));
    TableItem item;
    ASSERT_TRUE(*tables.get({"things", std::int64_t{1}, std::int64_t{1}}, item));
    EXPECT_EQ(*item.find("n"), TableValue(TableNumber{4, 0}));
    ASSERT_TRUE(put_number(tables, 5));
    tables.crash(99);
    EXPECT_EQ(tables.positions("c")->front(), position(5));
}

}  // namespace
}  // namespace tillstream::testing
