// table_reader.h - one table of a contract file, read key by key; what is wrong is collected, not returned at
// once.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml.h"

namespace tillstream {

/// Every problem of one file, in the order of its lines.
class ProblemList {
public:
    explicit ProblemList(std::string file) : file_(std::move(file)) {}
    void add(TomlPlace place, std::string_view key, std::string_view what);
    bool empty() const { return problems_.empty(); }
    /// One a line.
    std::string text() const;

private:
    struct Problem {
        TomlPlace place;
        std::string text;
    };
    std::string file_;
    std::vector<Problem> problems_;
};

class TableReader {
public:
    /// A key that is not in `keys` is a problem. Both references must outlive the reader.
    TableReader(const TomlValue& table, ProblemList& problems, std::initializer_list<std::string_view> keys);

    bool has(std::string_view key) const { return table_.find(key) != nullptr; }
    /// Of the key, or of the table if it is absent.
    TomlPlace place(std::string_view key) const;
    void problem(std::string_view key, std::string_view what) const;

    /// Absent, or not of the type (a problem): `otherwise`.
    std::string text(std::string_view key, std::string_view otherwise = "") const;
    /// Absent is a problem.
    std::string required_text(std::string_view key) const;
    bool boolean(std::string_view key, bool otherwise) const;
    /// An array of texts; one text alone counts as an array of it.
    std::vector<std::string> texts(std::string_view key) const;
    /// One of the words, or `otherwise` (its number).
    std::size_t word(std::string_view key, std::span<const std::string> words, std::size_t otherwise) const;
    /// Tables of [[key]].
    std::vector<const TomlValue*> tables(std::string_view key) const;

private:
    /// Null if absent or of another kind.
    const TomlValue* find(std::string_view key, TomlValue::Kind kind) const;

    const TomlValue& table_;
    ProblemList& problems_;
};

}  // namespace tillstream
