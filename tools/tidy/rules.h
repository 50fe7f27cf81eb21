// rules.h - the house rules as functions from the tree to what breaks them. STYLE.md gives the reasons.
//
// Place:    main.cc runs them all; tidy_test.cc shows that each can fail.
// Threads:  pure functions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tidy/source_tree.h"

namespace tillstream::tidy {

/// What cmake/module.cmake wrote: module -> the modules it names in DEPS.
using ModuleTable = std::map<std::string, std::set<std::string>, std::less<>>;

/// Lines "name layer dep,dep". Throws std::runtime_error on any other line.
ModuleTable parse_modules(std::string_view text);

/// A header of a library and where it may be included.
struct ThirdPartyHeader {
    std::string prefix;             ///< of the path between < and >
    std::set<std::string> modules;  ///< "*" is every module, "tests" none of the product
    bool in_face;                   ///< also allowed in a module's public headers
};

/// Lines "prefix module[,module] [face]", '#' starts a comment. Throws std::runtime_error.
std::vector<ThirdPartyHeader> parse_third_party(std::string_view text);

// dependency: a product file includes only its own module and those in DEPS (tests may compose any).
// private:    nobody includes another module's internal/.
// library:    a library stays in its module, out of the public headers; every library is in the table.
void check_includes(const SourceTree& tree, const ModuleTable& modules,
                    const std::vector<ThirdPartyHeader>& third_party, std::vector<Finding>& findings);

// function-length, file-length, line-length
void check_lengths(const SourceTree& tree, std::vector<Finding>& findings);

// name: files and folders named after nothing in particular
void check_names(const SourceTree& tree, std::vector<Finding>& findings);

// header: `#pragma once`, and a first line that says what the file is
void check_headers(const SourceTree& tree, std::vector<Finding>& findings);

// marker: work left for later, noted in the code
void check_markers(const SourceTree& tree, std::vector<Finding>& findings);

/// Takes out the findings which an entry of the allow file ("rule path reason…") lifts. An entry without
/// a reason, or one that lifts nothing, is itself a finding (rule `allow`).
std::vector<Finding> apply_allowances(std::vector<Finding> findings, std::string_view allow_text,
                                      std::string_view allow_path);

}  // namespace tillstream::tidy
