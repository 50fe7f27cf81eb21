// options.h - every option declared once: from it come parsing, bounds, origin, and the reference page.
//
// Precedence:  flag > environment > file > default, in whatever order they are read.
// Names:       "section.key"; the environment's TILLSTREAM_<SECTION>_<KEY>; flags --section.key VALUE or
//              =VALUE, and a short name if one is declared. A bool flag without value is true.
// Errors:      invalid_argument with every problem, one a line; each names where the value came from, the
//              option, the value and its bounds. An unknown name is an error that names the nearest; but a
//              variable of the environment whose section no option has is another program's, and only noted.
// Lifecycle:   add* -> read_*  -> settings. Targets must outlive the set; a bad value leaves its target
//              alone.
// Threads:     one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/option_value.h"
#include "config/toml.h"
#include "core/result.h"

namespace tillstream {

/// Where a value is put. What the target holds when the option is added is the default.
using OptionTarget = std::variant<std::string*, std::int64_t*, ByteSize*, Duration*, bool*, Address*>;

struct OptionSpec {
    std::string section;
    std::string key;
    OptionTarget target;
    std::string description;  ///< one sentence
    std::string unit = {};    ///< "records", "a second"; sizes and durations carry their own in front of it
    std::string min = {};     ///< inclusive, written like a value; empty: none
    std::string max = {};
    std::vector<std::string> choices = {};  ///< of a text: it must be one of these; empty: any
    std::string flag = {};                  ///< short name without dashes: "http" for --http
    bool secret = false;                    ///< shown as ***

    std::string name() const { return section + "." + key; }
};

enum class OptionOrigin : std::uint8_t { built_in, file, environment, flag };

/// One line of `config show`.
struct OptionSetting {
    std::string name;
    std::string value;          ///< as text; *** for secrets
    std::string origin;         ///< "default", "tillstream.toml:12", "TILLSTREAM_HTTP_LISTEN", "--http"
    std::string type;           ///< "size"
    std::string unit;           ///< as declared
    std::string default_value;  ///< as text
    std::string bounds;         ///< "1KiB to 16KiB"; empty: none
    std::string description;    ///< one sentence
};

class OptionSet {
public:
    /// A name declared twice, or a default outside its own bounds, is a bug.
    void add(OptionSpec spec);
    /// A table of the file ("buckets", "http.alias") that its owner reads from the tree.
    void leave_table(std::string name) { left_tables_.push_back(std::move(name)); }
    /// A variable that starts like an option but is none (TILLSTREAM_TOKEN).
    void leave_variable(std::string name) { left_variables_.push_back(std::move(name)); }

    Status read_file(const TomlValue& root, const std::string& file);
    /// Names and values; only names that start with TILLSTREAM_ count.
    Status read_environment(std::span<const std::pair<std::string, std::string>> variables);
    /// Variables read that start like an option but are of no option's section: each with its name, and the
    /// option that may be meant.
    const std::vector<std::string>& foreign_variables() const { return foreign_variables_; }
    /// Arguments after the verb. Returns those that are no flags; everything after "--" is none.
    Result<std::vector<std::string>> read_flags(std::span<const std::string> arguments);

    /// In the order of declaration.
    std::vector<OptionSetting> settings() const;
    /// A table a section: name, type, default, bounds, meaning.
    std::string markdown() const;

    static std::string variable_name(const OptionSpec& spec);

private:
    struct Option {
        OptionSpec spec;
        OptionValue default_value;
        std::optional<OptionValue> min, max;
        OptionOrigin origin = OptionOrigin::built_in;
        std::string origin_text = "default";
    };

    Option* find(std::string_view name);
    bool in_known_section(std::string_view variable) const;
    void note_foreign_variable(const std::string& name);
    /// Empty if the value was taken (or outranked), else what is wrong with it.
    std::string assign(Option& option, std::string_view text, OptionOrigin origin, std::string origin_text);
    void read_table(const TomlValue& table, const std::string& path, const std::string& file,
                    std::string& problems);
    void read_member(const TomlMember& member, const std::string& path, const std::string& file,
                     std::string& problems);
    Result<std::size_t> read_flag(std::span<const std::string> arguments, std::size_t at);

    std::vector<Option> options_;
    std::vector<std::string> left_tables_;
    std::vector<std::string> left_variables_;
    std::vector<std::string> foreign_variables_;
};

}  // namespace tillstream
