#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include "tidy/cpp_text.h"
#include "tidy/rules.h"

namespace tillstream::tidy {
namespace {

std::set<std::string> split_commas(const std::string& text) {
    std::set<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');) {
        if (!part.empty()) parts.insert(part);
    }
    return parts;
}

/// Headers of the language and the operating system.
bool is_system_header(std::string_view path) {
    const bool plain = path.find('/') == std::string_view::npos;
    if (plain && (path.find('.') == std::string_view::npos || path.ends_with("intrin.h"))) return true;
    static constexpr std::array<std::string_view, 6> kFolders = {"sys/",  "linux/", "netinet/",
                                                                 "arpa/", "net/",   "sanitizer/"};
    static constexpr std::array<std::string_view, 18> kFiles = {
        "dirent.h",  "dlfcn.h",   "errno.h",    "execinfo.h", "fcntl.h",  "netdb.h",
        "poll.h",    "pthread.h", "pwd.h",      "sched.h",    "signal.h", "spawn.h",
        "termios.h", "time.h",    "ucontext.h", "unistd.h",   "cpuid.h",  "cxxabi.h"};
    return std::ranges::count(kFiles, path) != 0 ||
           std::ranges::any_of(kFolders,
                               [path](std::string_view folder) { return path.starts_with(folder); });
}

/// The longest module whose folder holds `path` (relative to src/); empty if none does.
std::string module_of(std::string_view path, const ModuleTable& modules) {
    for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos;
         slash = path.rfind('/', slash - 1)) {
        const std::string_view folder = path.substr(0, slash);
        if (modules.contains(folder)) return std::string(folder);
        if (slash == 0) break;
    }
    return {};
}

class IncludeChecker {
public:
    IncludeChecker(const SourceTree& tree, const ModuleTable& modules,
                   const std::vector<ThirdPartyHeader>& third_party, std::vector<Finding>& findings)
        : tree_(tree), modules_(modules), third_party_(third_party), findings_(findings) {}

    void check(const SourceFile& file) {
        file_ = &file;
        in_product_ = file.path.starts_with("src/");
        module_ = in_product_ ? module_of(std::string_view(file.path).substr(4), modules_) : std::string();
        if (in_product_ && module_.empty()) {
            findings_.push_back(
                {"dependency", file.path, 0, "lies in no module; call tillstream_module for it"});
            return;
        }
        for (const Include& include : find_includes(file.text)) {
            if (tree_.contains("src/" + include.path)) {
                check_own(include);
            } else if (include.angled || find_library(include.path) != nullptr) {
                check_library(include);
            }
        }
    }

private:
    void report(const char* rule, const Include& include, std::string message) {
        findings_.push_back(
            {rule, file_->path, include.line, "<" + include.path + "> " + std::move(message)});
    }

    void check_own(const Include& include) {
        const std::string target = module_of(include.path, modules_);
        if (target == module_ && in_product_) return;
        if (include.path.find("/internal/") != std::string::npos) {
            report("private", include, "is private to module " + target);
        }
        if (file_->is_test()) return;
        if (!modules_.at(module_).contains(target)) {
            report("dependency", include,
                   "is of module " + target + ", which DEPS of " + module_ + " does not name");
        }
    }

    const ThirdPartyHeader* find_library(std::string_view path) const {
        const ThirdPartyHeader* best = nullptr;
        for (const ThirdPartyHeader& header : third_party_) {
            if (!path.starts_with(header.prefix)) continue;
            if (best == nullptr || header.prefix.size() > best->prefix.size()) best = &header;
        }
        return best;
    }

    void check_library(const Include& include) {
        const ThirdPartyHeader* library = find_library(include.path);
        if (library == nullptr) {
            if (!is_system_header(include.path)) {
                report("library", include, "is of a library that tools/tidy/third_party.txt does not list");
            }
            return;
        }
        if (file_->is_test() || library->modules.contains("*")) return;
        if (!library->modules.contains(module_)) {
            report("library", include, "is not for module " + module_ + "; see tools/tidy/third_party.txt");
        } else if (!library->in_face && is_face()) {
            report("library", include, "shows in a public header; move it to a .cc file or internal/");
        }
    }

    bool is_face() const {
        return file_->kind == FileKind::cpp_header && file_->path.find("/internal/") == std::string::npos;
    }

    const SourceTree& tree_;
    const ModuleTable& modules_;
    const std::vector<ThirdPartyHeader>& third_party_;
    std::vector<Finding>& findings_;
    const SourceFile* file_ = nullptr;
    std::string module_;
    bool in_product_ = false;
};

}  // namespace

ModuleTable parse_modules(std::string_view text) {
    ModuleTable modules;
    for (const std::string_view line : split_lines(text)) {
        std::istringstream in{std::string(line)};
        std::string name;
        std::string deps;
        int layer = 0;
        if (!(in >> name)) continue;
        if (!(in >> layer)) throw std::runtime_error("module table: no layer in '" + std::string(line) + "'");
        in >> deps;
        modules.emplace(name, split_commas(deps));
    }
    if (modules.empty()) throw std::runtime_error("module table: it names no module");
    return modules;
}

std::vector<ThirdPartyHeader> parse_third_party(std::string_view text) {
    std::vector<ThirdPartyHeader> headers;
    for (std::string_view line : split_lines(text)) {
        std::istringstream in{std::string(line.substr(0, line.find('#')))};
        std::string prefix;
        std::string modules;
        std::string face;
        if (!(in >> prefix)) continue;
        in >> modules >> face;
        if (modules.empty() || (!face.empty() && face != "face")) {
            throw std::runtime_error("third-party table: '" + std::string(line) +
                                     "' is not 'prefix modules [face]'");
        }
        headers.push_back({prefix, split_commas(modules), face == "face"});
    }
    return headers;
}

void check_includes(const SourceTree& tree, const ModuleTable& modules,
                    const std::vector<ThirdPartyHeader>& third_party, std::vector<Finding>& findings) {
    IncludeChecker checker(tree, modules, third_party, findings);
    for (const SourceFile& file : tree.files) {
        if (file.is_cpp()) checker.check(file);
    }
}

}  // namespace tillstream::tidy
