// mutants FILE: lists the mutations of a C++ file, one a line. mutants FILE N: prints the file with the Nth
// (from 1) put in.

#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

#include "mutants/mutations.h"

namespace {

using namespace tillstream::mutants;

std::string one_line(std::string text) {
    for (char& c : text)
        if (c == '\n') c = ' ';
    return text;
}

int usage() {
    std::cerr << "usage: mutants FILE [N]\n";
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) return usage();
    std::ifstream file(argv[1], std::ios::binary);
    if (!file) {
        std::cerr << "mutants: " << argv[1] << " cannot be read\n";
        return 2;
    }
    const std::string text(std::istreambuf_iterator<char>(file), {});
    const std::vector<Mutation> found = find_mutations(text);
    if (argc == 2) {
        for (const Mutation& mutation : found)
            std::cout << mutation.line << ": '" << one_line(mutation.from) << "' becomes '" << mutation.to
                      << "'\n";
        return 0;
    }
    const std::string_view number = argv[2];
    std::size_t chosen = 0;
    const auto [end, bad] = std::from_chars(number.data(), number.data() + number.size(), chosen);
    if (bad != std::errc{} || end != number.data() + number.size() || chosen == 0 || chosen > found.size())
        return usage();
    std::cout << apply(text, found[chosen - 1]);
    return 0;
}
