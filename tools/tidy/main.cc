// The `tidy` test: tidy ROOT MODULE_TABLE. Prints every broken house rule as "path:line: [rule] message".

#include <exception>
#include <filesystem>
#include <iostream>

#include "tidy/rules.h"

namespace {

namespace fs = std::filesystem;
using namespace tillstream::tidy;

constexpr const char* kAllowPath = "tools/tidy/allow.txt";
constexpr const char* kThirdPartyPath = "tools/tidy/third_party.txt";

std::vector<Finding> check_all(const SourceTree& tree, const fs::path& root, const fs::path& module_table) {
    std::vector<Finding> findings;
    check_includes(tree, parse_modules(read_text(module_table)),
                   parse_third_party(read_text(root / kThirdPartyPath)), findings);
    check_lengths(tree, findings);
    check_names(tree, findings);
    check_headers(tree, findings);
    check_markers(tree, findings);
    return apply_allowances(std::move(findings), read_text(root / kAllowPath), kAllowPath);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: tidy ROOT MODULE_TABLE\n";
        return 2;
    }
    try {
        const SourceTree tree = read_tree(argv[1]);
        const std::vector<Finding> findings = check_all(tree, argv[1], argv[2]);
        for (const Finding& finding : findings) {
            std::cout << finding.path;
            if (finding.line != 0) std::cout << ':' << finding.line;
            std::cout << ": [" << finding.rule << "] " << finding.message << '\n';
        }
        std::cout << "tidy: " << tree.files.size() << " files, " << findings.size() << " findings\n";
        return findings.empty() ? 0 : 1;
    } catch (const std::exception& error) {
        std::cerr << "tidy: " << error.what() << '\n';
        return 2;
    }
}
