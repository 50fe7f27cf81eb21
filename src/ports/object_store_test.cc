#include "ports/object_store.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(ObjectName, OrdinaryOnesAreFine) {
    for (const std::string& name :
         {std::string("a"), std::string("lake/raw/sales/year=2010/s0-0-9.ndjson.zst"),
          std::string("a/..b/.c"), std::string("umlaut \xC3\xBC/\x01"), std::string(255, 'x'),
          std::string(255, 'x') + "/y"})
        EXPECT_TRUE(check_object_name(name)) << name;
}

TEST(ObjectName, WhatCouldLeaveTheStoreOrMeanTwoThingsIsRefused) {
    for (const std::string& name :
         {std::string(), std::string("/"), std::string("/a"), std::string("a/"), std::string("a//b"),
          std::string("."), std::string(".."), std::string("a/../b"), std::string("../a"), std::string("a/."),
          std::string("a\0b", 3), std::string(256, 'x')}) {
        const Status checked = check_object_name(name);
        ASSERT_FALSE(checked) << name;
        EXPECT_EQ(checked.error().code, Errc::invalid_argument);
    }
    std::string deep;
    for (int i = 0; i < 513; ++i) deep += "a/";
    EXPECT_FALSE(check_object_name(deep + "a"));
}

}  // namespace
}  // namespace tillstream
