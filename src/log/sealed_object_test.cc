// What is sealed is read back, in whole or from anywhere, and by other programs.
#include "log/internal/sealed_object.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/memory_env.h"
#include "log/inspect.h"
#include "log/internal/sealed_fixture_test.h"
#include "log/internal/sealed_index.h"

namespace tillstream::testing {
namespace {

std::uint64_t new_seed() {
    const std::uint64_t seed = std::random_device{}();
    std::cout << "seed " << seed << "\n";
    return seed;
}

std::string lines_of(const std::vector<SealedBatch>& batches) {
    std::string lines;
    for (const SealedBatch& batch : batches) lines += batch.batch.records->values.view();
    return lines;
}

SealedBatch one_record(std::uint64_t offset, const std::string& line) {
    return placed(batch_of(sealed_source().id, {line}), offset, 0, offset + 1, 0);
}

TEST(SealedObject, RandomBatchesRoundTrip) {
    std::mt19937_64 random(new_seed());
    for (int round = 0; round < 30 && !::testing::Test::HasFailure(); ++round) {
        const auto batches = random_batches(random, 1 + random() % 50, 1 + random() % 40, 300);
        const Sealed sealed = seal(batches);
        MemoryObjectStore store;
        ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
        const auto content = read_sealed(store, sealed.name);
        ASSERT_TRUE(content) << content.error().message;
        EXPECT_TRUE(content->gaps.empty());
        expect_same(content->batches, batches);
    }
}

TEST(SealedObject, BatchesOverManyFramesStayWhole) {
    std::mt19937_64 random(new_seed());
    auto batches = random_batches(random, 3, 5, 10);
    std::uint64_t base = batches.back().batch.end().value;
    for (const std::size_t records : {1U, 4000U, 30000U, 1U}) {
        std::vector<std::string> lines, ids;
        for (std::size_t i = 0; i < records; ++i) {
            lines.push_back(std::to_string(random()) + std::string(random() % 200, 'x'));
            ids.push_back(std::to_string(i));
        }
        batches.push_back(
            placed(batch_of(sealed_source().id, lines, {}, ids), base, 100'000, 10'000 + base, 1));
        base += records;
    }
    const Sealed sealed = seal(batches);
    MemoryObjectStore store;
    ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
    const auto content = read_sealed(store, sealed.name);
    ASSERT_TRUE(content) << content.error().message;
    expect_same(content->batches, batches);
}

TEST(SealedObject, ARecordLongerThanAFrameHasOneOfItsOwn) {
    std::mt19937_64 random(new_seed());
    std::string noise(10 << 20, ' ');
    for (char& c : noise) c = static_cast<char>('0' + random() % 64);
    const std::vector<SealedBatch> batches = {one_record(0, "before"), one_record(1, noise),
                                              one_record(2, std::string(10 << 20, 'x')), one_record(3, ""),
                                              one_record(4, "behind")};
    const Sealed sealed = seal(batches);
    MemoryObjectStore store;
    ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
    const auto content = read_sealed(store, sealed.name);
    ASSERT_TRUE(content) << content.error().message;
    expect_same(content->batches, batches);
}

TEST(SealedObject, EqualBatchesGiveEqualBytes) {
    const std::uint64_t seed = new_seed();
    std::mt19937_64 one(seed), two(seed);
    EXPECT_EQ(seal(random_batches(one, 20, 300, 200)).bytes, seal(random_batches(two, 20, 300, 200)).bytes);
}

TEST(SealedObject, ManySmallBatchesCostLittle) {
    std::vector<SealedBatch> batches;
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        SealedBatch batch = one_record(i, "{\"InvoiceNo\":\"536365\",\"Quantity\":6}");
        batch.batch.arrived.micros += static_cast<std::int64_t>(i * 137 + i * i % 50);
        batches.push_back(std::move(batch));
    }
    EXPECT_LT(seal(batches).bytes.size(), batches.size() * 3) << "bytes a batch of one record";
}

TEST(SealedObject, HolesInTheOffsetsAreGaps) {
    const std::vector<SealedBatch> batches = {one_record(5, "a"), one_record(6, "b"), one_record(10, "c")};
    const Sealed sealed = seal(batches);
    MemoryObjectStore store;
    ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
    const auto content = read_sealed(store, sealed.name);
    ASSERT_TRUE(content) << content.error().message;
    expect_same(content->batches, batches);
    ASSERT_EQ(content->gaps.size(), 1U);
    EXPECT_EQ(content->gaps[0].source, sealed_source().id);
    EXPECT_EQ(content->gaps[0].from, Offset{7});
    EXPECT_EQ(content->gaps[0].to, Offset{10});
}

TEST(SealedObject, SeeksByOffsetAndTime) {
    std::mt19937_64 random(new_seed());
    const auto batches = random_batches(random, 200, 8, 40, true);
    const Sealed sealed = seal(batches);
    MemoryObjectStore store;
    ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
    const auto reader = *SealedObjectReader::open(store, sealed.name);
    const auto first_after_seek = [&]() -> std::optional<SealedBatch> {
        auto step = reader->next();
        EXPECT_TRUE(step) << step.error().message;
        EXPECT_TRUE(step->gaps.empty());
        return std::move(step->batch);
    };
    for (std::uint64_t offset = 0; offset < sealed.id.last.value + 5; ++offset) {
        const auto expected = std::find_if(batches.begin(), batches.end(), [&](const SealedBatch& b) {
            return b.batch.end().value > offset;
        });
        reader->seek(Offset{offset});
        const auto got = first_after_seek();
        ASSERT_EQ(got.has_value(), expected != batches.end()) << offset;
        if (got) expect_same(*got, *expected);
    }
    for (const SealedBatch& batch : batches)
        for (const std::int64_t shift : {-1, 0, 1}) {
            const Timestamp since{batch.batch.arrived.micros + shift};
            const auto expected = std::find_if(batches.begin(), batches.end(), [&](const SealedBatch& b) {
                return b.batch.arrived >= since;
            });
            reader->seek(since);
            const auto got = first_after_seek();
            ASSERT_EQ(got.has_value(), expected != batches.end());
            if (got) expect_same(*got, *expected);
        }
}

TEST(SealedObject, SeekingReadsOneFrameOnly) {
    std::mt19937_64 random(new_seed());
    std::vector<SealedBatch> batches;
    std::string noise(100'000, ' ');
    for (std::uint64_t i = 0; i < 80; ++i) {
        for (char& c : noise) c = static_cast<char>('0' + random() % 64);
        batches.push_back(one_record(i, noise));
    }
    const Sealed sealed = seal(batches);
    ASSERT_GT(sealed.bytes.size(), 5'000'000U);
    MemoryObjectStore store;
    ASSERT_TRUE(store.put_if_absent(sealed.name, sealed.bytes));
    const auto reader = *SealedObjectReader::open(store, sealed.name);
    reader->seek(Offset{70});
    const auto step = reader->next();
    ASSERT_TRUE(step && step->batch);
    expect_same(*step->batch, batches[70]);
    EXPECT_LT(store.bytes_read(), 1'200'000U);
}

TEST(SealedObject, ZstdGivesTheLines) {
    if (std::system("zstd --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no zstd command here";
    std::mt19937_64 random(new_seed());
    const auto batches = random_batches(random, 60, 2000, 150);
    const std::string path = ::testing::TempDir() + "/sealed-" + std::to_string(random()) + ".ndjson.zst";
    std::ofstream(path, std::ios::binary) << seal(batches).bytes;
    std::FILE* pipe = ::popen(("zstd -dc '" + path + "'").c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string text;
    std::array<char, 65536> piece{};
    for (std::size_t got = 0; (got = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
        text.append(piece.data(), got);
    EXPECT_EQ(::pclose(pipe), 0);
    std::filesystem::remove(path);
    EXPECT_TRUE(text == lines_of(batches));
    EXPECT_GT(text.size(), 2 * journal::kSealedFrameBytes) << "over several frames";
}

TEST(SealedObject, RefusesWhatDoesNotFollow) {
    SealedObjectWriter writer = sealed_writer();
    EXPECT_EQ(sealed_writer().finish().error().code, Errc::invalid_argument) << "no record";
    const SealedBatch good = placed(batch_of(sealed_source().id, {"a", "b"}), 10, 50, 5, 1);
    ASSERT_TRUE(writer.add(good.batch, good.place));
    const auto refused = [&](auto change) {
        SealedBatch batch = placed(batch_of(sealed_source().id, {"c"}), 12, 50, 5, 2);
        change(batch);
        const Status added = writer.add(batch.batch, batch.place);
        return !added && added.error().code == Errc::invalid_argument;
    };
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.base = Offset{11}; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.base = Offset{UINT64_MAX}; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.source = SourceId{8}; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.kind = BatchKind::control; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.arrived.micros -= 1; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.arrived.micros += 3'600'000'000; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.place.batch = 1; }));
    EXPECT_TRUE(
        refused([](SealedBatch& b) { b.batch.records = batch_of(SourceId{7}, {"two\nlines"}).records; }));
    EXPECT_TRUE(refused([](SealedBatch& b) { b.batch.records = batch_of(SourceId{7}, {}).records; }));
    EXPECT_TRUE(refused(
        [](SealedBatch& b) { b.batch.records = batch_of(SourceId{7}, {"c"}, {}, {"1", "2"}).records; }));
    EXPECT_TRUE(
        refused([](SealedBatch& b) { b.batch.records = batch_of(SourceId{7}, {"c"}, {{1, {}}}).records; }));
    EXPECT_FALSE(refused([](SealedBatch&) {}));
    EXPECT_EQ(writer.id().last, Offset{12});
    MemoryObjectStore store;
    const std::string name = journal::sealed_object_name(writer.id());
    ASSERT_TRUE(store.put_if_absent(name, *writer.finish()));
    EXPECT_EQ(read_sealed(store, name)->batches.size(), 2U) << "what was refused changed nothing";
}

TEST(SealedObject, OnlyItsOwnNameOpensIt) {
    const Sealed sealed = seal({one_record(0, "a")});
    MemoryObjectStore store;
    SealedId other = sealed.id;
    other.source.shard = ShardId{3};
    const std::string name = journal::sealed_object_name(other);
    ASSERT_TRUE(store.put_if_absent(name, sealed.bytes));
    EXPECT_EQ(SealedObjectReader::open(store, name).error().code, Errc::corruption);
    EXPECT_EQ(SealedObjectReader::open(store, sealed.name).error().code, Errc::not_found);
}

TEST(SealedObject, SizesAreKnownOnTheWay) {
    SealedObjectWriter writer = sealed_writer();
    std::mt19937_64 random(new_seed());
    std::uint64_t raw = 0;
    for (const SealedBatch& batch : random_batches(random, 100, 100, 400)) {
        raw += batch.batch.records->values.size();
        ASSERT_TRUE(writer.add(batch.batch, batch.place));
    }
    EXPECT_EQ(writer.raw_bytes(), raw);
    const std::uint64_t about = writer.stored_bytes();
    const auto bytes = writer.finish();
    EXPECT_GE(about, bytes->size());
    EXPECT_LT(about, bytes->size() + journal::kSealedFrameBytes + (1 << 20));
}

TEST(SealedObject, InspectTellsAllOfIt) {
    const Rejection rejection{1, {{FieldErrorCode::type, "/Quantity", "int64", "six"}}};
    const Sealed sealed = seal(
        {placed(batch_of(sealed_source().id, {"{\"a\":1}", "{}"}, {rejection}, {"id-1", ""}), 0, 5, 9, 3)});
    MemoryFilesystem fs;
    ASSERT_TRUE(write_file_atomic(fs, "copy.zst", sealed.bytes));
    std::string text;
    ASSERT_TRUE(inspect_file(fs, "copy.zst", text));
    for (const char* part :
         {"source 7 stream 'sales' shard 2", "records 0 to 1, 2 in 1 batches", "crc ok", "skippable frame at",
          "frame 0 at 0", "group 9 number 3", "0 {\"a\":1} event_id id-1",
          "rejected 1: type at /Quantity: expected int64, found six"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    EXPECT_EQ(text.find("DAMAGE"), std::string::npos) << text;
    ASSERT_TRUE(fs.flip_bit("copy.zst", 20, 3));
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "copy.zst", text));
    EXPECT_NE(text.find("DAMAGE"), std::string::npos) << text;
    ASSERT_TRUE(write_file_atomic(fs, "s0-0-1.ndjson.zst", "short"));
    text.clear();
    ASSERT_TRUE(inspect_file(fs, "s0-0-1.ndjson.zst", text));
    EXPECT_NE(text.find("DAMAGE: no whole sealed object"), std::string::npos) << text;
}

}  // namespace
}  // namespace tillstream::testing
