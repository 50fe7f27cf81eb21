#include "contract/contract_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/nearest_name.h"
#include "contract/internal/data_type.h"
#include "contract/internal/expression_parser.h"
#include "contract/internal/table_reader.h"
#include "core/digest.h"
#include "timezone/zone.h"

namespace tillstream {

namespace {

const std::vector<std::string> kUnknownWords = {"keep", "ignore", "quarantine"};
const std::vector<std::string> kSeverityWords = {"warn", "quarantine"};
const std::vector<std::string> kSameNameWords = {"replace", "upsert"};

/// Names become those of SQL tables and columns, folders and metrics.
bool is_plain_name(std::string_view name) {
    constexpr std::size_t kMaxName = 63;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !name.empty() && name.size() <= kMaxName && letter(name[0]) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

class ContractReader {
public:
    ContractReader(const TomlValue& root, const std::string& file)
        : problems_(file),
          root_(root, problems_,
                {"name", "description", "partition_key", "event_time", "zone", "unknown", "on_same_file_name",
                 "key", "version", "event_id", "measures", "column", "derived", "rule"}) {}

    Result<std::shared_ptr<Contract>> read() {
        read_head();
        for (const TomlValue* table : root_.tables("column")) read_column(*table);
        if (contract_->columns.empty())
            root_.problem("column", "a contract declares at least one [[column]]");
        for (const TomlValue* table : root_.tables("derived")) read_derived(*table);
        for (const TomlValue* table : root_.tables("rule")) read_rule(*table);
        read_references();
        if (!problems_.empty()) return failure(Errc::invalid_argument, problems_.text());
        return std::move(contract_);
    }

private:
    void read_head() {
        contract_->name = plain_name(root_, "name");
        contract_->description = root_.text("description");
        contract_->zone = root_.text("zone", "UTC");
        if (auto zone = Zone::find(contract_->zone))
            zone_ = std::move(*zone);
        else
            root_.problem("zone", zone.error().message + suggestion(contract_->zone, Zone::names()));
        contract_->unknown = static_cast<UnknownFields>(root_.word("unknown", kUnknownWords, 0));
        contract_->event_id = root_.boolean("event_id", true);
    }

    std::string plain_name(const TableReader& table, std::string_view key) {
        std::string name = table.required_text(key);
        if (table.has(key) && !is_plain_name(name))
            table.problem(key,
                          fmt::format("'{}' is no name: lower-case letters, digits and _, at most 63", name));
        return name;
    }

    DataType data_type(const TableReader& table) {
        const std::string text = table.required_text("type");
        if (!table.has("type")) return {};
        auto type = parse_data_type(text);
        if (type) return *type;
        table.problem("type", type.error().message);
        return {};
    }

    std::string column_name(const TableReader& table) {
        std::string name = plain_name(table, "name");
        const auto reserved = reserved_column_names();
        if (std::find(reserved.begin(), reserved.end(), name) != reserved.end())
            table.problem("name",
                          fmt::format("'{}' is a name every table has already; choose another", name));
        claim(table, "name", name, name);
        return name;
    }

    /// A name or alias belongs to one column only.
    void claim(const TableReader& table, std::string_view key, const std::string& name,
               const std::string& column) {
        const auto [at, fresh] = claimed_.emplace(name, column);
        if (!fresh) table.problem(key, fmt::format("'{}' is taken by column '{}' already", name, at->second));
    }

    void read_column(const TomlValue& value) {
        const TableReader table(value, problems_,
                                {"name", "type", "required", "round", "aliases", "description"});
        Column column;
        column.name = column_name(table);
        column.type = data_type(table);
        column.required = table.boolean("required", false);
        column.round = table.boolean("round", false);
        if (column.round && column.type.type != ColumnType::decimal)
            table.problem("round", fmt::format("only decimals are rounded, not {}", column.type.name()));
        column.aliases = table.texts("aliases");
        for (const std::string& alias : column.aliases) {
            if (alias == "event_id" && contract_->event_id)
                table.problem("aliases",
                              "'event_id' is the id of the event; set event_id = false to use the name");
            claim(table, "aliases", alias, column.name);
        }
        column.description = table.text("description");
        contract_->columns.push_back(std::move(column));
    }

    /// May name the columns and the derived ones before it.
    void read_derived(const TomlValue& value) {
        const TableReader table(value, problems_, {"name", "type", "sql", "description"});
        DerivedColumn derived;
        derived.name = column_name(table);
        derived.type = data_type(table);
        derived.description = table.text("description");
        const std::string sql = table.required_text("sql");
        if (table.has("sql") && table.has("type")) {
            auto compiled = compile_derived(sql, derived.type, *contract_, contract_->width(), zone_);
            if (compiled)
                derived.expression = std::move(*compiled);
            else
                table.problem("sql", compiled.error().message);
        }
        contract_->derived.push_back(std::move(derived));
    }

    void read_rule(const TomlValue& value) {
        const TableReader table(value, problems_, {"name", "sql", "severity"});
        Rule rule;
        rule.name = plain_name(table, "name");
        const auto same = [&](const Rule& other) { return other.name == rule.name; };
        if (std::any_of(contract_->rules.begin(), contract_->rules.end(), same))
            table.problem("name", fmt::format("a rule '{}' exists already", rule.name));
        rule.severity = static_cast<RuleSeverity>(table.word("severity", kSeverityWords, 1));
        rule.sql = table.required_text("sql");
        if (table.has("sql")) {
            auto compiled = compile_rule(rule.sql, *contract_, contract_->width(), zone_);
            if (compiled)
                rule.expression = std::move(*compiled);
            else
                table.problem("sql", compiled.error().message);
        }
        contract_->rules.push_back(std::move(rule));
    }

    std::optional<std::size_t> reference(std::string_view key, const std::string& name, bool derived_too) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < (derived_too ? contract_->width() : contract_->columns.size()); ++i) {
            if (contract_->column_name(i) == name) return i;
            names.push_back(contract_->column_name(i));
        }
        root_.problem(key, fmt::format("unknown column '{}'{}", name, suggestion(name, names)));
        return std::nullopt;
    }

    void read_references() {
        if (root_.has("partition_key"))
            contract_->partition_key = reference("partition_key", root_.text("partition_key"), false);
        if (root_.has("event_time")) {
            contract_->event_time = reference("event_time", root_.text("event_time"), false);
            if (contract_->event_time &&
                contract_->column_type(*contract_->event_time).type != ColumnType::timestamp)
                root_.problem("event_time", "must be a timestamp column");
        }
        read_measures();
        read_key();
    }

    void read_measures() {
        contract_->measures = root_.texts("measures");
        for (const std::string& name : contract_->measures) {
            const auto column = reference("measures", name, true);
            if (!column) continue;
            const ColumnType type = contract_->column_type(*column).type;
            if (type != ColumnType::int64 && type != ColumnType::decimal)
                root_.problem("measures",
                              fmt::format("'{}' has no exact sum; measures are int64 or decimal", name));
        }
    }

    void read_key() {
        contract_->key = root_.texts("key");
        contract_->ordering = root_.texts("version");
        for (const std::string& name : contract_->key) {
            const auto column = reference("key", name, false);
            if (column && !contract_->columns[*column].required)
                root_.problem("key", fmt::format("column '{}' must be required to be part of the key", name));
        }
        for (const std::string& name : contract_->ordering) reference("version", name, true);
        if (!contract_->ordering.empty() && contract_->key.empty())
            root_.problem("version", "orders rows of the same key, but there is no key");
        const std::size_t otherwise = contract_->key.empty() ? 0 : 1;
        const std::size_t word = root_.word("on_same_file_name", kSameNameWords, otherwise);
        if (word == 1 && contract_->key.empty()) root_.problem("on_same_file_name", "upsert needs a key");
        contract_->on_same_file_name = kSameNameWords[word];
    }

    ProblemList problems_;
    TableReader root_;
    Zone zone_;
    std::shared_ptr<Contract> contract_ = std::make_shared<Contract>();
    std::map<std::string, std::string> claimed_;  ///< name or alias -> column
};

}  // namespace

Result<ContractPtr> parse_contract(std::string_view toml, const std::string& file) {
    constexpr std::size_t kVersionDigits = 16;
    const TomlValue root = TILLSTREAM_TRY(parse_toml(toml, file));
    std::shared_ptr<Contract> contract = TILLSTREAM_TRY(ContractReader(root, file).read());
    contract->version = sha256_hex(toml).substr(0, kVersionDigits);
    contract->text = toml;
    return ContractPtr(std::move(contract));
}

}  // namespace tillstream
