#include "access/token_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "access/token_file.h"
#include "core/digest.h"
#include "core/fault_env.h"
#include "core/memory_env.h"

namespace tillstream {
namespace {

using Loss = MemoryFilesystem::Loss;

StoredToken stored(const std::string& id) {
    const std::vector<std::string> texts{"read"};
    return {{id, "of " + id, *ScopeSet::parse(texts), {}, {1'000'000}}, sha256_hex(id)};
}

std::string id_of(int number) {
    std::string id = std::to_string(number);
    return std::string(12 - id.size(), '0') + id;
}

std::string ids_in(const TokenStore& store) {
    std::string ids;
    for (const StoredToken& token : store.tokens()) {
        ids += (ids.empty() ? "" : " ") + std::to_string(std::stoi(token.token.id));
        if (token.token.revoked) ids += "x";
    }
    return ids;
}

class TokenStoreTest : public ::testing::Test {
protected:
    TokenStoreTest() { EXPECT_TRUE(memory_.make_dirs("state")); }
    PrivateFolder folder(Filesystem& fs) { return {fs, "state"}; }
    TokenStore open() {
        auto store = TokenStore::open(folder(memory_));
        if (!store) throw std::runtime_error(store.error().message);
        return std::move(*store);
    }

    MemoryFilesystem memory_;
};

TEST_F(TokenStoreTest, AFolderWithoutTheFileHasNoTokens) { EXPECT_TRUE(open().tokens().empty()); }

TEST_F(TokenStoreTest, ChangesOutliveALossOfPower) {
    TokenStore store = open();
    ASSERT_TRUE(store.add(stored(id_of(1))));
    ASSERT_TRUE(store.add(stored(id_of(2))));
    ASSERT_TRUE(store.revoke(id_of(1), {5'000'000}));
    memory_.crash(Loss::all);
    const TokenStore again = open();
    EXPECT_EQ(ids_in(again), "1x 2");
    EXPECT_EQ(again.find(id_of(1))->token.revoked, Timestamp{5'000'000});
    EXPECT_EQ(again.find(id_of(2))->token.name, "of " + id_of(2));
    EXPECT_EQ(again.find("999999999999"), nullptr);
}

TEST_F(TokenStoreTest, RevokingAgainKeepsTheFirstTime) {
    TokenStore store = open();
    ASSERT_TRUE(store.add(stored(id_of(1))));
    ASSERT_TRUE(store.revoke(id_of(1), {5'000'000}));
    ASSERT_TRUE(store.revoke(id_of(1), {9'000'000}));
    EXPECT_EQ(open().find(id_of(1))->token.revoked, Timestamp{5'000'000});
    const Status unknown = store.revoke(id_of(7), {});
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::not_found);
}

TEST_F(TokenStoreTest, AFullStoreForgetsTheOldestRevokedAndNoneInForce) {
    std::vector<StoredToken> full;
    for (std::size_t i = 0; i < TokenStore::kTokensMax; ++i)
        full.push_back(stored(id_of(static_cast<int>(i))));
    ASSERT_TRUE(write_file_atomic(memory_, "state/tokens", encode_tokens(full)));
    TokenStore store = open();
    const Status refused = store.add(stored(id_of(5000)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    ASSERT_TRUE(store.revoke(id_of(3), {}));
    ASSERT_TRUE(store.revoke(id_of(2), {}));
    ASSERT_TRUE(store.add(stored(id_of(5000))));
    EXPECT_EQ(store.tokens().size(), TokenStore::kTokensMax);
    EXPECT_EQ(store.find(id_of(2)), nullptr);
    EXPECT_NE(store.find(id_of(3)), nullptr);
}

TEST_F(TokenStoreTest, DamageKeepsItFromOpeningAndNamesTheFileAndTheWayOut) {
    ASSERT_TRUE(open().add(stored(id_of(1))));
    ASSERT_TRUE(memory_.flip_bit("state/tokens", 120, 3));
    const auto damaged = TokenStore::open(folder(memory_));
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, Errc::corruption);
    EXPECT_NE(damaged.error().message.find("state/tokens"), std::string::npos);
    EXPECT_NE(damaged.error().message.find("token create"), std::string::npos);
}

TEST_F(TokenStoreTest, AnEmptyFileIsDamageNotAnOpenDoor) {
    ASSERT_TRUE(write_file_atomic(memory_, "state/tokens", ""));
    EXPECT_FALSE(TokenStore::open(folder(memory_)));
}

/// One change, cut short at every call to the file system in turn, with the fault once and from then on, and
/// each time a loss of power after it: the file is the one before or the one after, and never older than what
/// was reported done.
class TokenStoreCrashTest : public ::testing::TestWithParam<std::tuple<bool, Loss>> {};

TEST_P(TokenStoreCrashTest, AChangeIsThereOrNotWhateverFails) {
    const auto [sticky, loss] = GetParam();
    bool passed_untouched = false;
    for (std::uint64_t nth = 1; !passed_untouched; ++nth) {
        ASSERT_LT(nth, 100U);
        MemoryFilesystem memory;
        ASSERT_TRUE(memory.make_dirs("state"));
        FaultFilesystem faults(memory);
        auto store = TokenStore::open({faults, "state"});
        ASSERT_TRUE(store);
        ASSERT_TRUE(store->add(stored(id_of(1))));
        ASSERT_TRUE(store->add(stored(id_of(2))));
        const std::uint64_t before = faults.calls(FileCall::any);
        faults.fail(FileCall::any, nth, {Errc::io, "injected"}, sticky);
        const Status revoked = store->revoke(id_of(1), {1});
        passed_untouched = faults.calls(FileCall::any) - before < nth;
        EXPECT_EQ(ids_in(*store), revoked ? "1x 2" : "1 2");
        memory.crash(loss, nth);
        const auto again = TokenStore::open({memory, "state"});
        ASSERT_TRUE(again) << "call " << nth << ": " << again.error().message;
        if (revoked) {
            EXPECT_EQ(ids_in(*again), "1x 2") << "call " << nth;
        } else {
            EXPECT_TRUE(ids_in(*again) == "1 2" || ids_in(*again) == "1x 2") << "call " << nth;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Losses, TokenStoreCrashTest,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(Loss::nothing, Loss::all, Loss::random)));

TEST_F(TokenStoreTest, AFailedChangeCanBeMadeAgain) {
    FaultFilesystem faults(memory_);
    auto store = TokenStore::open(folder(faults));
    ASSERT_TRUE(store);
    faults.fail(FileCall::rename, 1, {Errc::io, "injected"});
    EXPECT_FALSE(store->add(stored(id_of(1))));
    EXPECT_TRUE(store->tokens().empty());
    ASSERT_TRUE(store->add(stored(id_of(1))));
    EXPECT_EQ(ids_in(open()), "1");
}

TEST(TokenStoreOnDiskTest, TheFileIsItsOwnersAloneWhateverTheUmask) {
    char pattern[] = "/tmp/tillstream-tokens-XXXXXX";
    const std::string dir = ::mkdtemp(pattern);
    const mode_t before = ::umask(0);
    for (int times = 0; times < 2; ++times) {
        auto store = TokenStore::open(private_folder(dir));
        ASSERT_TRUE(store);
        ASSERT_TRUE(store->add(stored(id_of(times))));
        struct stat info{};
        ASSERT_EQ(::stat((dir + "/tokens").c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777, 0600U);
    }
    ::umask(before);
    EXPECT_FALSE(std::filesystem::exists(dir + "/tokens.tmp"));
    std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace tillstream
