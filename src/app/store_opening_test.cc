#include "app/internal/store_opening.h"

#include <gtest/gtest.h>

#include <atomic>

namespace tillstream::app {
namespace {

using namespace std::chrono_literals;

/// Fails `failures` times with `code`, then succeeds.
struct Step {
    int failures = 0;
    Errc code = Errc::io;
    std::atomic<int> calls{0};

    Status operator()() {
        if (calls++ < failures) return failure(code, "the disk is full");
        return {};
    }
};

class StoreOpeningTest : public ::testing::Test {
protected:
    Status outcome(std::chrono::milliseconds first_pause = 1ms) {
        StoreOpening opening("the store", Logger::silent(), first_pause);
        opening.start([this] { return open_(); }, [this] { return attach_(); });
        Status reached = opening.wait(1h);
        missing_ = opening.missing();
        return reached;
    }

    Step open_;
    Step attach_;
    std::string missing_;
};

TEST_F(StoreOpeningTest, WhatPassesIsTriedAgainInBothSteps) {
    open_.failures = 2;
    attach_.failures = 3;
    attach_.code = Errc::unavailable;
    EXPECT_TRUE(outcome());
    EXPECT_EQ(open_.calls, 3) << "an open store is not opened again";
    EXPECT_EQ(attach_.calls, 4);
    EXPECT_EQ(missing_, "");
}

TEST_F(StoreOpeningTest, WhatDoesNotPassIsToldAtOnce) {
    for (const Errc code : {Errc::corruption, Errc::unsupported, Errc::conflict}) {
        attach_.failures = 1;
        attach_.code = code;
        attach_.calls = 0;
        const Status reached = outcome();
        ASSERT_FALSE(reached);
        EXPECT_EQ(reached.error().code, code);
        EXPECT_EQ(attach_.calls, 1);
        EXPECT_NE(missing_.find("the disk is full"), std::string::npos) << missing_;
    }
}

TEST_F(StoreOpeningTest, StoppingEndsTheTries) {
    attach_.failures = 1'000'000;
    StoreOpening opening("the store", Logger::silent(), 1h);
    opening.start([this] { return open_(); }, [this] { return attach_(); });
    while (attach_.calls == 0) std::this_thread::yield();
    opening.stop();
    EXPECT_EQ(attach_.calls, 1);
    EXPECT_FALSE(opening.wait(0ms));
}

}  // namespace
}  // namespace tillstream::app
