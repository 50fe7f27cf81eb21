#include "doors/http/http_alias.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(HttpAlias, TakesPathsThatNobodyElseHas) {
    for (const char* path : {"/prod/main", "/prod", "/e-commerce", "/prod/main/", "/V1/x", "/v1x", "/v2",
                             "/livezz", "/a/v1", "/Online:Retail(1)"})
        EXPECT_EQ(problem_of_alias_path(path), "") << path;
}

TEST(HttpAlias, NamesWhatAPathCannotBe) {
    for (const char* path : {"prod/main", "", "http://127.0.0.1/prod", "?"})
        EXPECT_NE(problem_of_alias_path(path).find("does not begin with '/'"), std::string::npos) << path;
    for (const char* path : {"/", "//", "//prod", "/v1", "/v1/", "/v1/streams/sales/records", "/livez",
                             "/readyz/x", "/metrics", "/openapi.json"}) {
        EXPECT_TRUE(is_door_path(path)) << path;
        EXPECT_NE(problem_of_alias_path(path).find("door's own"), std::string::npos) << path;
    }
    for (const char* path : {"/prod main", "/prod?x=1", "/prod#a", "/{stream}", "/a/*", "/a%20b",
                             "/caf\xc3\xa9", "/a\\b", "/a\nb", "/\"a\""})
        EXPECT_NE(problem_of_alias_path(path).find("no plain path"), std::string::npos) << path;
}

}  // namespace
}  // namespace tillstream
