#include "contract/internal/table_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/nearest_name.h"

namespace tillstream {

void ProblemList::add(TomlPlace place, std::string_view key, std::string_view what) {
    problems_.push_back({place, toml_problem(file_, place, key, what)});
}

std::string ProblemList::text() const {
    std::vector<Problem> sorted = problems_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Problem& a, const Problem& b) { return a.place.line < b.place.line; });
    std::string all;
    for (const Problem& problem : sorted) all += (all.empty() ? "" : "\n") + problem.text;
    return all;
}

TableReader::TableReader(const TomlValue& table, ProblemList& problems,
                         std::initializer_list<std::string_view> keys)
    : table_(table), problems_(problems) {
    const std::vector<std::string> known(keys.begin(), keys.end());
    for (const TomlMember& member : table.members)
        if (std::find(known.begin(), known.end(), member.key) == known.end())
            problems_.add(member.key_place, member.key, "unknown key" + suggestion(member.key, known));
}

TomlPlace TableReader::place(std::string_view key) const {
    const TomlMember* member = table_.find(key);
    return member == nullptr ? table_.place : member->key_place;
}

void TableReader::problem(std::string_view key, std::string_view what) const {
    problems_.add(place(key), key, what);
}

const TomlValue* TableReader::find(std::string_view key, TomlValue::Kind kind) const {
    const TomlMember* member = table_.find(key);
    if (member == nullptr) return nullptr;
    if (member->value.kind == kind) return &member->value;
    problem(key, fmt::format("expected a {}, found a {}", to_string(kind), to_string(member->value.kind)));
    return nullptr;
}

std::string TableReader::text(std::string_view key, std::string_view otherwise) const {
    const TomlValue* value = find(key, TomlValue::Kind::string);
    return value == nullptr ? std::string(otherwise) : value->text;
}

std::string TableReader::required_text(std::string_view key) const {
    if (!has(key)) problem(key, "is missing");
    return text(key);
}

bool TableReader::boolean(std::string_view key, bool otherwise) const {
    const TomlValue* value = find(key, TomlValue::Kind::boolean);
    return value == nullptr ? otherwise : value->boolean;
}

std::vector<std::string> TableReader::texts(std::string_view key) const {
    const TomlMember* member = table_.find(key);
    if (member != nullptr && member->value.kind == TomlValue::Kind::string) return {member->value.text};
    std::vector<std::string> texts;
    const TomlValue* array = find(key, TomlValue::Kind::array);
    if (array == nullptr) return texts;
    for (const TomlValue& item : array->items) {
        if (item.kind == TomlValue::Kind::string)
            texts.push_back(item.text);
        else
            problems_.add(item.place, key, fmt::format("expected texts, found a {}", to_string(item.kind)));
    }
    return texts;
}

std::size_t TableReader::word(std::string_view key, std::span<const std::string> words,
                              std::size_t otherwise) const {
    if (!has(key)) return otherwise;
    const std::string found = text(key, words[otherwise]);
    const auto at = std::find(words.begin(), words.end(), found);
    if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
    problem(key,
            fmt::format("'{}' is none of {}{}", found, fmt::join(words, ", "), suggestion(found, words)));
    return otherwise;
}

std::vector<const TomlValue*> TableReader::tables(std::string_view key) const {
    std::vector<const TomlValue*> tables;
    const TomlValue* array = find(key, TomlValue::Kind::array);
    if (array == nullptr) return tables;
    for (const TomlValue& item : array->items) {
        if (item.kind == TomlValue::Kind::table)
            tables.push_back(&item);
        else
            problems_.add(item.place, key,
                          fmt::format("expected [[{}]], found a {}", key, to_string(item.kind)));
    }
    return tables;
}

}  // namespace tillstream
