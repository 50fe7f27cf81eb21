#include "access/access.h"

#include <gtest/gtest.h>

#include <thread>

#include "core/memory_env.h"

namespace tillstream {
namespace {

class AccessTest : public ::testing::Test {
protected:
    AccessTest() {
        EXPECT_TRUE(memory_.make_dirs("state"));
        open();
    }
    void open() {
        access_.reset();
        auto opened = Access::open({memory_, "state"}, clock_, {}, Logger::silent(), metrics_);
        if (!opened) throw std::runtime_error(opened.error().message);
        access_ = std::move(*opened);
    }
    CreatedToken create(const std::vector<std::string>& scopes, Quota quota = {}) {
        auto created = access_->create({"", *ScopeSet::parse(scopes), quota});
        if (!created) throw std::runtime_error(created.error().message);
        return std::move(*created);
    }
    /// The refusal's code; nothing if it passes.
    std::optional<Errc> refusal(std::string_view text, Scope scope, std::string_view stream = {}) {
        const AccessDecision decision = access_->admit(text, {scope, stream});
        return decision.refusal ? std::optional(decision.refusal->code) : std::nullopt;
    }
    double refused(const char* reason) {
        return metrics_
            .counter("tillstream_access_refused_total", "Requests turned away", {{"reason", reason}})
            .value();
    }

    MemoryFilesystem memory_;
    ManualClock clock_{Timestamp{1'700'000'000'000'000}};
    Metrics metrics_;
    std::unique_ptr<Access> access_;
};

TEST_F(AccessTest, TheFirstTokenClosesForGood) {
    EXPECT_FALSE(access_->closed());
    const CreatedToken first = create({"read"});
    EXPECT_TRUE(access_->closed());
    ASSERT_TRUE(access_->revoke(first.token.id));
    EXPECT_TRUE(access_->closed()) << "without a token in force nobody gets in";
    EXPECT_EQ(refusal(first.text, Scope::read), Errc::unauthenticated);
    open();
    EXPECT_TRUE(access_->closed());
    EXPECT_EQ(refusal(first.text, Scope::read), Errc::unauthenticated);
}

TEST_F(AccessTest, ATokenLetsInWhereItsScopeSays) {
    const CreatedToken till = create({"ingest:sales"});
    const CreatedToken admin = create({"admin"});
    EXPECT_FALSE(refusal(till.text, Scope::ingest, "sales"));
    EXPECT_EQ(refusal(till.text, Scope::ingest, "orders"), Errc::permission_denied);
    EXPECT_EQ(refusal(till.text, Scope::read), Errc::permission_denied);
    EXPECT_FALSE(refusal(admin.text, Scope::ingest, "orders"));
    EXPECT_FALSE(refusal(admin.text, Scope::admin));
    EXPECT_FALSE(access_->admit(till.text, {}).refusal) << "any token will do";
    EXPECT_EQ(access_->admit(till.text, {Scope::read, {}}).token_id, till.token.id);
    open();
    EXPECT_FALSE(refusal(till.text, Scope::ingest, "sales"));
    EXPECT_EQ(refusal(till.text, Scope::read), Errc::permission_denied);
}

TEST_F(AccessTest, WhatIsNoTokenOfTheseIsUnknown) {
    const CreatedToken made = create({"admin"});
    std::string wrong_secret = made.text;
    wrong_secret.back() = wrong_secret.back() == '0' ? '1' : '0';
    const TokenText stranger = make_token_text();
    for (const std::string& text :
         {std::string(), std::string("x"), made.token.id, wrong_secret, stranger.text,
          make_token_text(made.token.id).text, made.text + " ", " " + made.text,
          make_token_text(Access::kOwnerId).text, std::string(1 << 20, 'a')}) {
        const AccessDecision decision = access_->admit(text, {});
        ASSERT_TRUE(decision.refusal);
        EXPECT_EQ(decision.refusal->code, Errc::unauthenticated);
        EXPECT_TRUE(decision.token_id.empty());
        EXPECT_LT(decision.refusal->message.size(), 200U) << "what was sent is not repeated";
    }
    EXPECT_EQ(refused("unauthenticated"), 10);
}

TEST_F(AccessTest, AQuotaRefusesAtTheChargeAndThenAtTheDoor) {
    const CreatedToken till = create({"ingest:sales", "read"}, {.records_per_second = 10});
    EXPECT_FALSE(refusal(till.text, Scope::ingest, "sales"));
    EXPECT_FALSE(access_->charge(till.token.id, 30, 1000));
    EXPECT_EQ(access_->charge(till.token.id, 1, 10), 3);
    const AccessDecision decision = access_->admit(till.text, {Scope::ingest, "sales"});
    ASSERT_TRUE(decision.refusal);
    EXPECT_EQ(decision.refusal->code, Errc::resource_exhausted);
    EXPECT_EQ(decision.retry_after_seconds, 3);
    EXPECT_FALSE(refusal(till.text, Scope::read)) << "the quota is for storing";
    clock_.advance(std::chrono::seconds(3));
    EXPECT_FALSE(refusal(till.text, Scope::ingest, "sales"));
    EXPECT_EQ(refused("quota"), 2);
}

TEST_F(AccessTest, AChargeWithoutAKnownTokenIsFree) {
    EXPECT_FALSE(access_->charge("", 1'000'000, 1));
    EXPECT_FALSE(access_->charge("123456789abc", 1'000'000, 1));
}

TEST_F(AccessTest, QuotasOutliveARestart) {
    const CreatedToken till = create({"ingest:*"}, {.records_per_second = 1, .bytes_per_second = 7});
    open();
    ASSERT_EQ(access_->tokens().size(), 1U);
    EXPECT_EQ(access_->tokens()[0].quota, (Quota{1, 7}));
    EXPECT_FALSE(access_->charge(till.token.id, 1, 1));
    EXPECT_TRUE(access_->charge(till.token.id, 1, 1));
}

TEST_F(AccessTest, TheOwnersTokenLivesInThisProcessAlone) {
    const std::string owner = access_->admit_owner();
    EXPECT_FALSE(access_->closed()) << "it closes nothing";
    create({"read"});
    EXPECT_FALSE(refusal(owner, Scope::admin));
    EXPECT_EQ(access_->admit(owner, {}).token_id, Access::kOwnerId);
    EXPECT_EQ(access_->tokens().size(), 1U);
    open();
    EXPECT_EQ(refusal(owner, Scope::admin), Errc::unauthenticated);
}

TEST_F(AccessTest, BadSpecsAreRefusedAndNothingIsMade) {
    const std::vector<std::string> read{"read"};
    const ScopeSet scopes = *ScopeSet::parse(read);
    EXPECT_FALSE(access_->create({std::string(200, 'x'), scopes, {}}));
    EXPECT_FALSE(access_->create({"a\nb", scopes, {}}));
    EXPECT_FALSE(access_->create({"", scopes, {Quota::kMax + 1, 0}}));
    EXPECT_FALSE(access_->closed());
    EXPECT_FALSE(access_->revoke("000000000001"));
    EXPECT_FALSE(access_->revoke(std::string(1000, 'x')));
}

TEST_F(AccessTest, NoSecretIsInAnyFileOrMetric) {
    const CreatedToken made = create({"admin"});
    const std::string secret = made.text.substr(16);
    access_->admit(made.text, {});
    access_->note_refusal(
        {.token = made.token.id, .peer = "p", .request_id = "r", .action = "a", .target = {}, .status = 403});
    access_->flush_audit(true);
    const std::vector<std::string> names = *memory_.list("state");
    for (const std::string& name : names)
        EXPECT_EQ(read_file(memory_, "state/" + name)->find(secret), std::string::npos) << name;
    EXPECT_EQ(metrics_.expose().find(secret), std::string::npos);
}

TEST_F(AccessTest, MetricsNameABoundedNumberOfTokens) {
    std::vector<CreatedToken> made;
    for (int i = 0; i < 200; ++i) made.push_back(create({"read"}));
    for (const CreatedToken& token : made) EXPECT_FALSE(refusal(token.text, Scope::read));
    const std::string exposed = metrics_.expose();
    std::size_t named = 0;
    for (const CreatedToken& token : made) named += exposed.find(token.token.id) != std::string::npos ? 1 : 0;
    EXPECT_EQ(named, Access::kTokensLabelled);
    EXPECT_NE(exposed.find("tillstream_token_requests_total{token=\"other\"} 136"), std::string::npos);
    EXPECT_NE(exposed.find("tillstream_access_tokens 200"), std::string::npos);
}

TEST_F(AccessTest, ChangesAndRequestsFromManyThreads) {
    const CreatedToken admin = create({"admin"});
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            while (!done) {
                EXPECT_FALSE(refusal(admin.text, Scope::query));
                access_->charge(admin.token.id, 1, 1);
                access_->note_refusal({.token = {},
                                       .peer = "p",
                                       .request_id = "r",
                                       .action = "a",
                                       .target = {},
                                       .status = 401});
            }
        });
    for (int i = 0; i < 30; ++i) {
        const CreatedToken made = create({"read"});
        EXPECT_FALSE(refusal(made.text, Scope::read));
        ASSERT_TRUE(access_->revoke(made.token.id));
        EXPECT_EQ(refusal(made.text, Scope::read), Errc::unauthenticated);
        access_->flush_audit();
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(access_->tokens().size(), 31U);
}

}  // namespace
}  // namespace tillstream
