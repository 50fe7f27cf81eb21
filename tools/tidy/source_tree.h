// source_tree.h - the repository's files as the rules see them: path, kind, lines.
//
// Place:    read once at start; every rule gets the same tree.
// Limits:   only the folders that hold what we write; never build output, dependencies or node_modules.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tillstream::tidy {

/// One broken rule at one place. Line 0: the file or folder as a whole.
struct Finding {
    std::string rule;
    std::string path;
    std::size_t line = 0;
    std::string message;
};

enum class FileKind { cpp_source, cpp_header, script };

struct SourceFile {
    std::string path;  ///< from the repository's root, with '/'
    FileKind kind;
    std::string text;
    std::vector<std::string_view> lines;  ///< views into `text`, without line ends

    bool is_cpp() const { return kind != FileKind::script; }
    bool is_test() const;
    /// The last part of the path.
    std::string_view name() const;
};

struct SourceTree {
    /// Not copyable: `lines` points into `text`.
    SourceTree() = default;
    SourceTree(const SourceTree&) = delete;
    SourceTree& operator=(const SourceTree&) = delete;
    SourceTree(SourceTree&&) = default;
    SourceTree& operator=(SourceTree&&) = default;

    std::vector<SourceFile> files;   ///< sorted by path
    std::vector<std::string> names;  ///< every file and folder below the known folders, for the rule on names

    bool contains(std::string_view path) const;
};

/// Throws std::filesystem::filesystem_error or std::runtime_error when something cannot be read.
SourceTree read_tree(const std::filesystem::path& root);

std::string read_text(const std::filesystem::path& path);
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace tillstream::tidy
