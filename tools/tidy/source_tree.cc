#include "tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace tillstream::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 14> kFolders = {"src",   "tests",    "bench",  "fuzz", "tools",
                                                       "cmake", "datasets", "models", "web",  "packaging",
                                                       "docs",  "examples", "sdk",    "seeds"};

constexpr std::array<std::string_view, 4> kForeignFolders = {"node_modules", "dist", "build", ".deps"};

std::optional<FileKind> kind_of(const fs::path& path) {
    const std::string extension = path.extension().string();
    if (extension == ".cc") return FileKind::cpp_source;
    if (extension == ".h") return FileKind::cpp_header;
    static constexpr std::array<std::string_view, 8> kScripts = {".cmake", ".sh",  ".sql", ".toml",
                                                                 ".ts",    ".tsx", ".css", ".html"};
    if (path.filename() == "CMakeLists.txt" || std::ranges::count(kScripts, extension) != 0) {
        return FileKind::script;
    }
    return std::nullopt;
}

void read_folder(const fs::path& root, const fs::path& folder, SourceTree& tree) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string path = fs::relative(entry.path(), root).generic_string();
        if (entry.is_directory()) {
            if (std::ranges::count(kForeignFolders, entry.path().filename().string()) != 0) continue;
            tree.names.push_back(path);
            read_folder(root, entry.path(), tree);
        } else if (entry.is_regular_file()) {
            tree.names.push_back(path);
            const std::optional<FileKind> kind = kind_of(entry.path());
            if (kind) tree.files.push_back({path, *kind, read_text(entry.path()), {}});
        }
    }
}

}  // namespace

bool SourceFile::is_test() const {
    return path.ends_with("_test.cc") || path.ends_with("_test.h") || path.starts_with("tests/") ||
           path.starts_with("bench/") || path.starts_with("fuzz/") || path.starts_with("tools/");
}

std::string_view SourceFile::name() const {
    const std::string_view whole = path;
    return whole.substr(whole.rfind('/') + 1);
}

bool SourceTree::contains(std::string_view path) const {
    const auto at = std::ranges::lower_bound(files, path, {}, &SourceFile::path);
    return at != files.end() && at->path == path;
}

SourceTree read_tree(const fs::path& root) {
    SourceTree tree;
    for (const std::string_view folder : kFolders) {
        if (!fs::is_directory(root / folder)) continue;
        tree.names.emplace_back(folder);
        read_folder(root, root / folder, tree);
    }
    if (tree.files.empty()) throw std::runtime_error("no source file below " + root.string());
    std::ranges::sort(tree.files, {}, &SourceFile::path);
    std::ranges::sort(tree.names);
    for (SourceFile& file : tree.files) file.lines = split_lines(file.text);
    return tree;
}

std::string read_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return text.str();
}

std::vector<std::string_view> split_lines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace tillstream::tidy
