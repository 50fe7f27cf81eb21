#include "app/internal/alias_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/nearest_name.h"

namespace tillstream::app {

namespace {

struct AliasKey {
    const char* name;
    const char* type;
    const char* default_value;
    const char* bounds;
    const char* description;
};

constexpr std::array kKeys{
    AliasKey{"path", "text", "", "begins with `/`, outside the door's own paths",
             "Path that takes rows by POST and PUT, and answers `GET ?InvoiceNo=`."},
    AliasKey{"stream", "text", "", "a dataset's name", "Stream that the rows go to."},
    AliasKey{"response", "text", "`stream`", "stream, seed",
             "As the stream's own route answers, or as the API of the original systems did "
             "([docs/migrating.md](../migrating.md))."},
};
constexpr const char* kMeaning =
    "Another path of a stream, for producers that were built for it; only in the file, one table a path.";

constexpr std::array kResponses{AliasResponse::stream, AliasResponse::seed};

class AliasReader {
public:
    explicit AliasReader(const std::string& file) : file_(file) {}

    void read(const TomlValue& table) {
        if (table.kind != TomlValue::Kind::table)
            return add(table.place, kAliasTable,
                       fmt::format("expected a table, found a {}; write [[{}]]", to_string(table.kind),
                                   kAliasTable));
        HttpAlias alias;
        alias.place = fmt::format("{}:{}", file_, table.place.line);
        for (const TomlMember& member : table.members) read_member(member, alias);
        for (const char* required : {"path", "stream"}) {
            if (table.find(required)) continue;
            add(table.place, kAliasTable,
                fmt::format("{} is missing; write {} = \"{}\"", required, required,
                            std::string_view(required) == "path" ? "/prod/main" : "sales"));
        }
        aliases_.push_back(std::move(alias));
    }

    void add(TomlPlace place, std::string_view key, std::string_view problem) {
        problems_.push_back(toml_problem(file_, place, key, problem));
    }

    Result<std::vector<HttpAlias>> finish() && {
        if (problems_.empty()) return std::move(aliases_);
        return failure(Errc::invalid_argument, fmt::format("{}", fmt::join(problems_, "\n")));
    }

private:
    void read_member(const TomlMember& member, HttpAlias& alias) {
        const std::string key = fmt::format("{}.{}", kAliasTable, member.key);
        std::vector<std::string> names;
        for (const AliasKey& known : kKeys) names.emplace_back(known.name);
        if (std::find(names.begin(), names.end(), member.key) == names.end())
            return add(member.key_place, key, "unknown key" + suggestion(member.key, names));
        const std::string& text = member.value.text;
        std::string problem;
        if (member.value.kind != TomlValue::Kind::string)
            problem = fmt::format("expected a text in quotes, found a {}", to_string(member.value.kind));
        else if (member.key == "path")
            problem = take_path(text, member.key_place, alias);
        else if (member.key == "response")
            problem = take_response(text, alias);
        else
            alias.stream = text;
        if (!problem.empty()) add(member.key_place, key, problem);
    }

    std::string take_path(const std::string& path, TomlPlace place, HttpAlias& alias) {
        alias.path = path;
        if (std::string problem = problem_of_alias_path(path); !problem.empty()) return problem;
        const auto earlier = std::find_if(paths_.begin(), paths_.end(),
                                          [&](const auto& taken) { return taken.first == path; });
        if (earlier != paths_.end())
            return fmt::format("'{}' is an alias already, by line {}; give each its own path", path,
                               earlier->second);
        paths_.emplace_back(path, place.line);
        return "";
    }

    static std::string take_response(const std::string& text, HttpAlias& alias) {
        std::vector<std::string> names;
        for (const AliasResponse response : kResponses) {
            names.emplace_back(to_string(response));
            if (text != names.back()) continue;
            alias.response = response;
            return "";
        }
        return fmt::format("'{}' is none of {}{}", text, fmt::join(names, ", "), suggestion(text, names));
    }

    const std::string& file_;
    std::vector<HttpAlias> aliases_;
    std::vector<std::pair<std::string, std::size_t>> paths_;  ///< and the line of each
    std::vector<std::string> problems_;
};

OptionSetting setting_of(std::string value, std::string origin) {
    return {.name = kAliasTable,
            .value = std::move(value),
            .origin = std::move(origin),
            .type = "table",
            .unit = "",
            .default_value = "",
            .bounds = "",
            .description = kMeaning};
}

}  // namespace

Result<std::vector<HttpAlias>> read_aliases(const TomlValue& root, const std::string& file) {
    AliasReader reader(file);
    const TomlMember* http = root.find("http");
    const TomlMember* tables = http ? http->value.find("alias") : nullptr;
    if (tables && tables->value.kind == TomlValue::Kind::array) {
        for (const TomlValue& table : tables->value.items) reader.read(table);
    } else if (tables) {
        reader.add(tables->key_place, kAliasTable,
                   fmt::format("expected tables, found a {}; write [[{}]] in front of each",
                               to_string(tables->value.kind), kAliasTable));
    }
    return std::move(reader).finish();
}

Status check_alias_streams(std::span<const HttpAlias> aliases, std::span<const std::string> streams) {
    std::vector<std::string> problems;
    for (const HttpAlias& alias : aliases) {
        if (std::find(streams.begin(), streams.end(), alias.stream) != streams.end()) continue;
        problems.push_back(fmt::format("{}: {}.stream: no stream named '{}': there are {}{}", alias.place,
                                       kAliasTable, alias.stream, fmt::join(streams, ", "),
                                       suggestion(alias.stream, streams)));
    }
    if (problems.empty()) return {};
    return failure(Errc::invalid_argument, fmt::format("{}", fmt::join(problems, "\n")));
}

std::vector<OptionSetting> alias_settings(std::span<const HttpAlias> aliases) {
    if (aliases.empty()) return {setting_of("", "default")};
    std::vector<OptionSetting> settings;
    for (const HttpAlias& alias : aliases)
        settings.push_back(setting_of(fmt::format("path = \"{}\", stream = \"{}\", response = \"{}\"",
                                                  alias.path, alias.stream, to_string(alias.response)),
                                      alias.place));
    return settings;
}

std::string alias_markdown() {
    std::string page = fmt::format(
        "\n## {}\n\n{}\n\n| key | type | default | bounds | meaning |\n| --- | --- | --- | --- | --- |\n",
        kAliasTable, kMeaning);
    for (const AliasKey& key : kKeys)
        page += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, key.type, key.default_value,
                            key.bounds, key.description);
    return page;
}

}  // namespace tillstream::app
