// alias_settings.h - the tables [[http.alias]] of an option file.
//
// Errors:  invalid_argument with every problem, one a line: "file:line: http.alias.key: what is wrong", with
//          the value and the way out.
// Source:  FACES "Ingest", aliases.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/options.h"
#include "config/toml.h"
#include "doors/http/http_alias.h"

namespace tillstream::app {

inline constexpr const char* kAliasTable = "http.alias";

/// `file` is used in messages only.
Result<std::vector<HttpAlias>> read_aliases(const TomlValue& root, const std::string& file);

/// Each alias' stream is one of `streams`.
Status check_alias_streams(std::span<const HttpAlias> aliases, std::span<const std::string> streams);

/// One an alias; one that says there is none.
std::vector<OptionSetting> alias_settings(std::span<const HttpAlias> aliases);

/// Their section of the reference page.
std::string alias_markdown();

}  // namespace tillstream::app
