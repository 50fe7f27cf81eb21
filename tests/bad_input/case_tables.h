// case_tables.h - every table of bad input, so that one test can count what the others run.
//
// Classes:  encoding, syntax, type, range, required, size, depth, duplicate_field, header, auth, limits,
//           contract, config; of those at least three cases each, and eighty in all (case_count_test.cc).
//           Other cases, like rules and bad paths, count among the eighty alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/bad_input/ingest_case.h"
#include "tests/bad_input/request_case.h"

namespace tillstream::bad_input {

// Bodies and records: the class is the code of what is wrong (class_of).
std::vector<IngestCase> value_cases();
std::vector<IngestCase> malformed_cases();
std::vector<IngestCase> content_cases();
std::vector<IngestCase> too_large_cases();
std::vector<IngestCase> element_cases();
std::vector<IngestCase> csv_header_cases();
std::vector<IngestCase> csv_row_cases();

/// Paths, methods and parameters.
std::vector<RequestCase> request_cases();

std::vector<RequestCase> header_cases();
std::vector<HeadCase> head_cases();

/// Tokens as a server made them; any texts do for counting.
struct MadeTokens {
    std::string admin;
    std::string till;  ///< ingest:sales
    std::string reader;
    std::string revoked;
};
std::vector<RequestCase> auth_cases(const MadeTokens& tokens);

/// At a server with small limits (limits_test.cc).
std::vector<RequestCase> limit_cases();
std::vector<HeadCase> limit_head_cases();
std::vector<IngestCase> record_limit_cases();
/// Of a token that has used up its quota and more.
std::vector<RequestCase> quota_cases(const std::string& token);

struct ContractCase {
    std::string name;
    std::string toml;
    std::vector<std::string> problems;  ///< each behind the path of the file
};
std::vector<ContractCase> contract_cases();

struct ConfigCase {
    std::string name;
    std::string toml = {};                    ///< empty: no file is given
    std::vector<std::string> arguments = {};  ///< flags of `serve`
    std::vector<std::pair<std::string, std::string>> variables = {};
    std::vector<std::string> problems = {};  ///< "@" stands for the file's path
    bool of_serve = false;  ///< only a server that is to start notices: `config check` opens no files
};
std::vector<ConfigCase> config_cases();

}  // namespace tillstream::bad_input
