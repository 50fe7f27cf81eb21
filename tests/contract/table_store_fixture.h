// table_store_fixture.h - what the suites of ports/table_store.h are written with.
//
// Use:   a Harness is default-constructible on an empty store; `Status open()`, `TableStore& store()` while
//        it is open, `void close()` (a clean stop), open again on the same content.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ports/table_store.h"

namespace tillstream::testing {

template <class Harness>
class TableStoreTest : public ::testing::Test {
protected:
    using Texts = std::vector<std::string>;

    void SetUp() override {
        const Status opened = harness_.open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    void reopen() {
        harness_.close();
        SetUp();
    }
    TableStore& store() { return harness_.store(); }

    static TableKey key(TableKeyPart partition, TableKeyPart sort) { return {"things", partition, sort}; }

    Status write(std::vector<TableWrite> writes, std::uint64_t from, std::uint64_t to,
                 std::uint64_t epoch = 1, std::uint32_t source = 7) {
        TableCommit commit{.consumer = "things", .writes = writes};
        commit.expected = {{SourceId{source}, Offset{from}}};
        commit.positions = {{SourceId{source}, Offset{to}, "cursor", Epoch{epoch}}};
        return store().commit(commit);
    }
    Status rehearse(std::vector<TableWrite> writes) {
        return store().rehearse({.consumer = "things", .writes = writes});
    }
    /// Writes without a position.
    Status write(std::vector<TableWrite> writes) {
        return store().commit({.consumer = "things", .writes = writes});
    }
    Status put(TableKeyPart partition, TableKeyPart sort, std::string_view text) {
        const TableAttribute attribute{"text", text};
        return write({{.key = key(partition, sort), .attributes = {&attribute, 1}}});
    }
    Status remove(TableKeyPart partition, TableKeyPart sort) {
        return write({{.kind = TableWrite::Kind::remove, .key = key(partition, sort)}});
    }

    static std::string text_of(const TableItem& item) {
        const TableValue* value = item.find("text");
        return value == nullptr ? "" : std::string(std::get<std::string_view>(*value));
    }
    /// "" if there is none.
    std::string get(TableKeyPart partition, TableKeyPart sort) {
        TableItem item;
        const auto found = store().get(key(partition, sort), item);
        EXPECT_TRUE(found) << found.error().message;
        return found && *found ? text_of(item) : "";
    }
    Texts query(TableQuery query, bool* more = nullptr) {
        query.table = "things";
        const auto page = store().query(query);
        EXPECT_TRUE(page) << page.error().message;
        Texts texts;
        if (!page) return texts;
        for (const TableItem& item : page->items) texts.push_back(text_of(item));
        if (more != nullptr) *more = page->more;
        return texts;
    }
    std::vector<SinkPosition> positions(std::string_view consumer = "things") {
        const auto positions = store().positions(consumer);
        EXPECT_TRUE(positions) << positions.error().message;
        return positions ? *positions : std::vector<SinkPosition>{};
    }

    Harness harness_;
};

}  // namespace tillstream::testing
