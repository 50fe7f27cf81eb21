#include "mutants/mutations.h"

#include <gtest/gtest.h>

namespace tillstream::mutants {
namespace {

std::vector<std::string> mutants_of(std::string_view text) {
    std::vector<std::string> all;
    for (const Mutation& mutation : find_mutations(text)) all.push_back(apply(text, mutation));
    return all;
}

using Texts = std::vector<std::string>;

TEST(Mutations, ChangeOneThingEach) {
    EXPECT_EQ(mutants_of("if (a < b && c) x();\n"),
              (Texts{"if (a <= b && c) x();\n", "if (a < b || c) x();\n"}));
    EXPECT_EQ(mutants_of("return ready == true;\n"),
              (Texts{"return ready != true;\n", "return ready == false;\n"}));
    EXPECT_EQ(mutants_of("for (; i < 10; ++i) {}\n"),
              (Texts{"for (; i <= 10; ++i) {}\n", "for (; i < 10; --i) {}\n"}));
}

TEST(Mutations, LeaveOutWholeStatements) {
    EXPECT_EQ(mutants_of("    close();\n"), Texts{"    ;\n"});
    EXPECT_EQ(mutants_of("    state_ = State::open;\n"), Texts{"    ;\n"});
    EXPECT_EQ(mutants_of("    return close();\n"), Texts{});
    EXPECT_EQ(mutants_of("    run(a,\n        b);\n"), Texts{}) << "a statement of two lines stays";
}

TEST(Mutations, KeepTextsCommentsAndTypes) {
    EXPECT_EQ(mutants_of("// a < b\n"), Texts{});
    EXPECT_EQ(mutants_of("/* true */ return call(\" == \");\n"), Texts{});
    EXPECT_EQ(mutants_of("#if A == 1\n"), Texts{});
    EXPECT_EQ(mutants_of("std::vector<int> v;\nint& r = x10;\nf(1.0);\n"), Texts{});
}

TEST(Mutations, KnowTheirLines) {
    const auto found = find_mutations("\n\nif (a || b) {}\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].line, 3U);
    EXPECT_EQ(found[0].from, " || ");
}

}  // namespace
}  // namespace tillstream::mutants
