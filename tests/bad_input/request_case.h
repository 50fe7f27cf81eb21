// request_case.h - one request that is wrong before anybody looks at a record, and the answer it must get.
#pragma once

#include <string>
#include <vector>

#include "tests/bad_input/door.h"

namespace tillstream::bad_input {

inline constexpr const char* kRecords = "/v1/streams/sales/records";

struct RequestCase {
    std::string name;
    Method method = Method::post;
    std::string target = kRecords;
    Headers headers = {};
    std::string body = {};

    int status = 400;
    std::string problem = "bad-request";  ///< the slug
    std::vector<Wrong> wrong = {};        ///< errors of the problem
    std::string detail = {};              ///< part of the problem's
    std::string allow = {};               ///< the header of that name; empty: there is none
};

/// Sends it and expects the answer, the headers that go with its status, and that nothing was stored.
void expect_refused(Door& door, const RequestCase& one);

/// The same over the bytes of a connection of its own: for what no client would send.
struct HeadCase {
    std::string name;
    std::vector<std::string> parts;  ///< with a pause between them
    int status = 400;
    std::string problem = "bad-request";
    std::string detail;
};
void expect_refused(Door& door, const HeadCase& one);

}  // namespace tillstream::bad_input
