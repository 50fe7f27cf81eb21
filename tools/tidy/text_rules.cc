#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <sstream>

#include "tidy/cpp_text.h"
#include "tidy/rules.h"

namespace tillstream::tidy {
namespace {

constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kSourceLinesMax = 600;
constexpr std::size_t kHeaderLinesMax = 300;
constexpr std::size_t kColumnsMax = 110;

std::string over(std::size_t is, std::size_t max, const char* unit) {
    return std::to_string(is) + " " + unit + ", at most " + std::to_string(max);
}

/// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void check_file_lengths(const SourceFile& file, std::vector<Finding>& findings) {
    const std::size_t lines_max = file.kind == FileKind::cpp_header ? kHeaderLinesMax : kSourceLinesMax;
    if (file.lines.size() > lines_max) {
        findings.push_back({"file-length", file.path, 0, over(file.lines.size(), lines_max, "lines")});
    }
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        if (columns(file.lines[i]) <= kColumnsMax) continue;
        findings.push_back(
            {"line-length", file.path, i + 1, over(columns(file.lines[i]), kColumnsMax, "columns")});
    }
    for (const Function& function : find_functions(file.text)) {
        if (function.lines() <= kFunctionLinesMax) continue;
        findings.push_back({"function-length", file.path, function.first_line,
                            over(function.lines(), kFunctionLinesMax, "lines") + ": " + function.head});
    }
}

/// "retry_utils.cc" -> retry, utils
std::vector<std::string> name_words(std::string_view path) {
    std::string_view name = path.substr(path.rfind('/') + 1);
    name = name.substr(0, name.find('.'));
    std::vector<std::string> words;
    std::string word;
    for (const char c : name) {
        if (c == '_' || c == '-') {
            words.push_back(std::move(word));
            word.clear();
        } else {
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    words.push_back(std::move(word));
    return words;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The first marker that stands as a word of its own.
std::optional<std::string_view> find_marker(std::string_view line) {
    static constexpr std::array<std::string_view, 4> kMarkers = {"TODO", "FIXME", "XXX", "HACK"};
    for (const std::string_view marker : kMarkers) {
        for (std::size_t at = line.find(marker); at != std::string_view::npos;
             at = line.find(marker, at + 1)) {
            const std::size_t end = at + marker.size();
            const bool starts = at == 0 || !is_word(line[at - 1]);
            if (starts && (end == line.size() || !is_word(line[end]))) return marker;
        }
    }
    return std::nullopt;
}

}  // namespace

void check_lengths(const SourceTree& tree, std::vector<Finding>& findings) {
    for (const SourceFile& file : tree.files) {
        if (file.is_cpp()) check_file_lengths(file, findings);
    }
}

void check_names(const SourceTree& tree, std::vector<Finding>& findings) {
    static constexpr std::array<std::string_view, 8> kEmptyWords = {
        "util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"};
    for (const std::string& path : tree.names) {
        for (const std::string& word : name_words(path)) {
            if (std::ranges::count(kEmptyWords, word) == 0) continue;
            findings.push_back({"name", path, 0, "'" + word + "' says nothing; name it after what it does"});
        }
    }
}

void check_headers(const SourceTree& tree, std::vector<Finding>& findings) {
    for (const SourceFile& file : tree.files) {
        if (file.kind != FileKind::cpp_header) continue;
        const std::string opening = "// " + std::string(file.name()) + " - ";
        if (file.lines.empty() || !file.lines.front().starts_with(opening)) {
            findings.push_back({"header", file.path, 1, "must start with '" + opening + "' and what it is"});
        }
        if (std::ranges::count(file.lines, std::string_view("#pragma once")) != 1) {
            findings.push_back({"header", file.path, 0, "needs one '#pragma once'"});
        }
    }
}

void check_markers(const SourceTree& tree, std::vector<Finding>& findings) {
    for (const SourceFile& file : tree.files) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::optional<std::string_view> marker = find_marker(file.lines[i]);
            if (!marker) continue;
            findings.push_back({"marker", file.path, i + 1,
                                std::string(*marker) + ": do it, or write down why it is not done"});
        }
    }
}

std::vector<Finding> apply_allowances(std::vector<Finding> findings, std::string_view allow_text,
                                      std::string_view allow_path) {
    std::vector<Finding> left = std::move(findings);
    std::vector<Finding> complaints;
    const std::vector<std::string_view> lines = split_lines(allow_text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].empty() || lines[i].front() == '#') continue;
        std::istringstream in{std::string(lines[i])};
        std::string rule;
        std::string path;
        std::string reason;
        in >> rule >> path;
        std::getline(in >> std::ws, reason);
        if (reason.empty()) {
            complaints.push_back({"allow", std::string(allow_path), i + 1, "is not 'rule path reason'"});
            continue;
        }
        const std::size_t lifted =
            std::erase_if(left, [&](const Finding& f) { return f.rule == rule && f.path == path; });
        if (lifted != 0) continue;
        complaints.push_back(
            {"allow", std::string(allow_path), i + 1, "lifts nothing any more; take it out"});
    }
    left.insert(left.end(), complaints.begin(), complaints.end());
    return left;
}

}  // namespace tillstream::tidy
