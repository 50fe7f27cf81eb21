// Each rule is shown to fail on a small made tree, and to let the right form pass.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <stdexcept>

#include "tidy/cpp_text.h"
#include "tidy/rules.h"

namespace tillstream::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

namespace fs = std::filesystem;

constexpr std::string_view kModules = "core 0 \njson 1 core\nnet 2 core\nadapters/duckdb 4 core\n";
constexpr std::string_view kThirdParty =
    "boost/ net\nfmt/ *\ntl/ core face\nduckdb.h adapters/duckdb # C API\n";

class TidyTest : public ::testing::Test {
protected:
    void SetUp() override {
        root_ = fs::path(::testing::TempDir()) /
                (std::string("tidy_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(root_);
        add("src/core/result.h", "// result.h - outcome\n#pragma once\n");
        add("src/core/internal/table.h", "// table.h - private\n#pragma once\n");
        add("src/json/parse.h", "// parse.h - reads JSON\n#pragma once\n");
        add("src/net/server.h", "// server.h - listens\n#pragma once\n");
    }

    void TearDown() override { fs::remove_all(root_); }

    void add(const std::string& path, const std::string& text) {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path, std::ios::binary) << text;
    }

    std::vector<std::string> findings() {
        const SourceTree tree = read_tree(root_);
        std::vector<Finding> found;
        check_includes(tree, parse_modules(kModules), parse_third_party(kThirdParty), found);
        check_lengths(tree, found);
        check_names(tree, found);
        check_headers(tree, found);
        check_markers(tree, found);
        std::vector<std::string> shown;
        for (const Finding& f : found) shown.push_back(f.rule + " " + f.path + ":" + std::to_string(f.line));
        return shown;
    }

    fs::path root_;
};

TEST_F(TidyTest, CleanTreeHasNoFinding) { EXPECT_THAT(findings(), IsEmpty()); }

TEST_F(TidyTest, IncludeOfAModuleThatDepsDoesNotName) {
    add("src/json/parse.cc",
        "#include \"json/parse.h\"\n\n#include \"core/result.h\"\n#include \"net/server.h\"\n");
    EXPECT_THAT(findings(), ElementsAre("dependency src/json/parse.cc:4"));
}

TEST_F(TidyTest, TestsMayComposeWhatTheProductMayNot) {
    add("src/json/parse_test.cc", "#include \"net/server.h\"\n");
    add("tests/whole_test.cc", "#include \"net/server.h\"\n#include \"json/parse.h\"\n");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(TidyTest, FileOutsideEveryModule) {
    add("src/stray/thing.cc", "int x;\n");
    EXPECT_THAT(findings(), ElementsAre("dependency src/stray/thing.cc:0"));
}

TEST_F(TidyTest, PrivateHeaderOfAnotherModule) {
    add("src/core/table.cc", "#include \"core/internal/table.h\"\n");
    add("src/json/parse.cc", "#include \"core/internal/table.h\"\n");
    add("src/json/parse_test.cc", "#include \"core/internal/table.h\"\n");
    add("tests/whole_test.cc", "#include \"core/internal/table.h\"\n");
    EXPECT_THAT(findings(),
                UnorderedElementsAre("private src/json/parse.cc:1", "private src/json/parse_test.cc:1",
                                     "private tests/whole_test.cc:1"));
}

TEST_F(TidyTest, LibraryInTheWrongModule) {
    add("src/net/server.cc", "#include <boost/beast.hpp>\n#include <fmt/format.h>\n#include <vector>\n");
    add("src/json/parse.cc", "#include <boost/beast.hpp>\n");
    add("src/core/query.cc", "#include \"duckdb.h\"\n");
    add("src/adapters/duckdb/query.cc", "#include \"duckdb.h\"\n");
    add("bench/parse_bench.cc", "#include <boost/beast.hpp>\n");
    EXPECT_THAT(findings(),
                UnorderedElementsAre("library src/json/parse.cc:1", "library src/core/query.cc:1"));
}

TEST_F(TidyTest, LibraryInAPublicHeader) {
    add("src/net/stream.h", "// stream.h - bytes\n#pragma once\n#include <boost/asio.hpp>\n");
    add("src/net/internal/stream.h", "// stream.h - bytes\n#pragma once\n#include <boost/asio.hpp>\n");
    add("src/core/status.h", "// status.h - outcome\n#pragma once\n#include <tl/expected.hpp>\n");
    EXPECT_THAT(findings(), ElementsAre("library src/net/stream.h:3"));
}

TEST_F(TidyTest, LibraryThatNobodyListed) {
    add("src/core/one.cc", "#include <leftpad/pad.h>\n#include <sys/stat.h>\n#include <fcntl.h>\n");
    add("tests/one_test.cc", "#include <leftpad/pad.h>\n");
    EXPECT_THAT(findings(), UnorderedElementsAre("library src/core/one.cc:1", "library tests/one_test.cc:1"));
}

TEST_F(TidyTest, LongFunctions) {
    const auto function = [](int lines) {
        std::string text = "void f() {\n";
        for (int i = 0; i < lines - 2; ++i) text += "    g();\n";
        return text + "}\n";
    };
    add("src/core/fits.cc", function(70));
    add("src/core/long.cc", "int before;\n\n" + function(71));
    add("tests/long_test.cc", function(71));
    EXPECT_THAT(findings(), UnorderedElementsAre("function-length src/core/long.cc:3",
                                                 "function-length tests/long_test.cc:1"));
}

TEST_F(TidyTest, LongFiles) {
    const auto lines = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += "int x" + std::to_string(i) + ";\n";
        return text;
    };
    add("src/core/fits.cc", lines(600));
    add("src/core/long.cc", lines(601));
    add("src/core/fits.h", "// fits.h - numbers\n#pragma once\n" + lines(298));
    add("src/core/long.h", "// long.h - numbers\n#pragma once\n" + lines(299));
    EXPECT_THAT(findings(),
                UnorderedElementsAre("file-length src/core/long.cc:0", "file-length src/core/long.h:0"));
}

TEST_F(TidyTest, LongLinesCountCharacters) {
    std::string umlauts = "// ";
    for (int i = 0; i < 107; ++i) umlauts += "ü";
    add("src/core/fits.cc", umlauts + "\n");
    add("src/core/long.cc", umlauts + "ü\n");
    EXPECT_THAT(findings(), ElementsAre("line-length src/core/long.cc:1"));
}

TEST_F(TidyTest, NamesThatSayNothing) {
    add("src/core/string_utils.cc", "");
    add("web/common/box.ts", "");
    add("src/core/commonplace.cc", "");
    EXPECT_THAT(findings(), UnorderedElementsAre("name src/core/string_utils.cc:0", "name web/common:0"));
}

TEST_F(TidyTest, HeaderWithoutOpeningOrGuard) {
    add("src/core/one.h", "#pragma once\n");
    add("src/core/two.h", "// two.h - twice\n");
    add("src/core/three.h", "// four.h - copied from elsewhere\n#pragma once\n");
    EXPECT_THAT(findings(), UnorderedElementsAre("header src/core/one.h:1", "header src/core/two.h:0",
                                                 "header src/core/three.h:1"));
}

TEST_F(TidyTest, MarkersOfUnfinishedWork) {
    const std::string marker = std::string("TO") + "DO";
    add("src/core/one.cc", "int a;\n// " + marker + ": later\n// " + marker + "S are fine\n");
    add("cmake/build.cmake", "# " + marker + "\n");
    EXPECT_THAT(findings(), UnorderedElementsAre("marker src/core/one.cc:2", "marker cmake/build.cmake:1"));
}

TEST_F(TidyTest, BuildOutputAndDependenciesAreNotRead) {
    add("web/node_modules/utils/index.ts", "");
    add("web/dist/utils.ts", "");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST(Allowances, LiftARuleWithAReason) {
    const std::vector<Finding> found = {{"name", "src/a", 0, ""}, {"marker", "src/a", 3, ""}};
    const std::vector<Finding> left =
        apply_allowances(found, "# comment\n\nname src/a a name of the protocol\n", "allow");
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].rule, "marker");
}

TEST(Allowances, WithoutReasonOrUse) {
    const std::vector<Finding> left =
        apply_allowances({{"name", "src/a", 0, ""}}, "name src/a\nname src/b gone\n", "allow");
    ASSERT_EQ(left.size(), 3u);
    EXPECT_EQ(left[0].rule, "name");
    EXPECT_THAT(left[1].message, HasSubstr("rule path reason"));
    EXPECT_THAT(left[2].message, HasSubstr("lifts nothing"));
}

TEST(Tables, BadLinesAreRefused) {
    EXPECT_THROW(parse_modules("core\n"), std::runtime_error);
    EXPECT_THROW(parse_modules("\n"), std::runtime_error);
    EXPECT_THROW(parse_third_party("boost/\n"), std::runtime_error);
    EXPECT_THROW(parse_third_party("boost/ net fase\n"), std::runtime_error);
}

std::vector<std::string> functions_of(std::string_view code) {
    std::vector<std::string> shown;
    for (const Function& f : find_functions(code)) {
        shown.push_back(f.head + " " + std::to_string(f.first_line) + "-" + std::to_string(f.last_line));
    }
    return shown;
}

TEST(FindFunctions, InNamespacesAndClasses) {
    EXPECT_THAT(functions_of("namespace a {\n"
                             "class [[nodiscard]] B : public C<int(char)> {\n"
                             "public:\n"
                             "    int d() const {\n"
                             "        return 1;\n"
                             "    }\n"
                             "};\n"
                             "template <class T, class U = X<T>>\n"
                             "T e(T t) { return t; }\n"
                             "}  // namespace a\n"),
                ElementsAre("int d() const 4-6", "template <class T, class U = X<T>> T e(T t) 8-9"));
}

TEST(FindFunctions, LambdasAndLocalClassesBelongToTheFunctionAround) {
    EXPECT_THAT(functions_of("void f() {\n"
                             "    auto g = [](int x) { return x; };\n"
                             "    struct H { void i() {} };\n"
                             "}\n"
                             "void j() {}\n"),
                ElementsAre("void f() 1-4", "void j() 5-5"));
}

TEST(FindFunctions, ConstructorsWithBracedMembers) {
    EXPECT_THAT(functions_of("A::A(int x)\n"
                             "    : b_{x}, c_(2),\n"
                             "      d_{3} {\n"
                             "    start();\n"
                             "}\n"
                             "int y;\n"),
                ElementsAre("A::A(int x) : b_ 1-5"));
}

TEST(FindFunctions, InitialisersAndArgumentsAreNone) {
    EXPECT_THAT(functions_of("constexpr std::array<int, 2> kA = {1, 2};\n"
                             "std::atomic<int> b{0};\n"
                             "void g(Options o = {}, int x = 1);\n"
                             "enum class E { a, b };\n"
                             "struct alignas(64) F { int x = 0; };\n"),
                IsEmpty());
}

TEST(FindFunctions, BracesInCommentsLiteralsAndMacrosDoNotCount) {
    EXPECT_THAT(functions_of("#define OPEN do { \\\n    {\n"
                             "// {\n/* { */\n"
                             "void f() {\n"
                             "    g(\"{\", '{', R\"x({ )\" )x\", 1'000, u8'}');\n"
                             "}\n"
                             "void h() {}\n"),
                ElementsAre("void f() 5-7", "void h() 8-8"));
}

TEST(FindIncludes, BothForms) {
    const std::vector<Include> found =
        find_includes("#include <vector>\n  #  include \"a/b.h\"  // why\n// #include <x>\n");
    ASSERT_EQ(found.size(), 2u);
    EXPECT_TRUE(found[0].angled);
    EXPECT_EQ(found[1].path, "a/b.h");
    EXPECT_EQ(found[1].line, 2u);
    EXPECT_FALSE(found[1].angled);
}

}  // namespace
}  // namespace tillstream::tidy
