#include <cstdio>
#include <iostream>
#include <iterator>

#include "app/internal/exit_code.h"
#include "app/internal/text_table.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "json/writer.h"

namespace tillstream::app {

namespace {

/// Above the server's own 30 s, so that its answer wins.
constexpr std::chrono::seconds kQueryTimeout{3700};

struct Arguments {
    RemoteOptions remote;
    std::string sql;
    std::vector<std::string> params;
    std::int64_t limit = -1;
    std::string output = "table";
};

std::string request_body(const Arguments& arguments, const std::string& sql) {
    std::string body;
    json::Writer out(body);
    out.begin_object().member("sql", sql).key("params").begin_array();
    for (const std::string& param : arguments.params) out.string(param);
    out.end_array();
    if (arguments.limit >= 0) out.member("limit", arguments.limit);
    out.end_object();
    return body;
}

void append_raw(std::string& out, const json::Value& value) {
    json::Writer writer(out);
    const auto write = [&](const auto& self, const json::Value& v) -> void {
        if (v.kind == json::Kind::string) {
            writer.string(v.text);
        } else if (v.kind == json::Kind::array) {
            writer.begin_array();
            for (const json::Value& item : v.items) self(self, item);
            writer.end_array();
        } else if (v.kind == json::Kind::object) {
            writer.begin_object();
            for (const auto& [name, member] : v.members) {
                writer.key(name);
                self(self, member);
            }
            writer.end_object();
        } else {
            writer.raw(v.kind == json::Kind::null ? "null" : v.text);
        }
    };
    write(write, value);
}

/// A cell for people: null is empty, nested values are JSON.
std::string cell_text(const json::Value& value) {
    if (value.is_null()) return "";
    if (value.kind != json::Kind::object && value.kind != json::Kind::array) return value.text;
    std::string text;
    append_raw(text, value);
    return text;
}

bool is_numeric(const std::string& type) {
    return type == "integer" || type == "bigint" || type == "hugeint" || type == "double" ||
           type.starts_with("decimal");
}

struct ResultRows {
    std::vector<TextColumn> columns;
    std::vector<std::vector<std::string>> rows;
    bool truncated = false;
};

ResultRows read_result(const json::Value& result) {
    ResultRows read;
    if (const json::Value* columns = result.find("columns")) {
        for (const json::Value& column : columns->items) {
            const json::Value* name = column.find("name");
            const json::Value* type = column.find("type");
            read.columns.push_back({name ? name->text : "", type && is_numeric(type->text)});
        }
    }
    if (const json::Value* rows = result.find("rows")) {
        for (const json::Value& row : rows->items) {
            std::vector<std::string> cells;
            for (const json::Value& cell : row.items) cells.push_back(cell_text(cell));
            read.rows.push_back(std::move(cells));
        }
    }
    const json::Value* truncated = result.find("truncated");
    read.truncated = truncated && truncated->as_bool().value_or(false);
    return read;
}

void append_csv_line(std::string& out, const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) out += ',';
        if (cells[i].find_first_of(",\"\r\n") == std::string::npos) {
            out += cells[i];
            continue;
        }
        out += '"';
        for (const char c : cells[i]) {
            if (c == '"') out += '"';
            out += c;
        }
        out += '"';
    }
    out += '\n';
}

std::string csv(const ResultRows& result) {
    std::string out;
    std::vector<std::string> names;
    for (const TextColumn& column : result.columns) names.push_back(column.name);
    append_csv_line(out, names);
    for (const auto& row : result.rows) append_csv_line(out, row);
    return out;
}

/// With its length: a text may hold any character, NUL too.
void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

int query(const Arguments& arguments) {
    std::string sql = arguments.sql;
    if (sql == "-") sql.assign(std::istreambuf_iterator<char>(std::cin), {});
    auto remote = Remote::open(arguments.remote);
    if (!remote) return report(remote.error());
    const auto answer = remote->post("/v1/query", request_body(arguments, sql), kQueryTimeout);
    if (!answer) return report(answer.error());
    if (arguments.output == "json") {
        print(*answer + "\n");
        return kOk;
    }
    const auto document = json::parse(*answer, 64);
    if (!document) return report(document.error(), kFailure);
    const ResultRows result = read_result(*document);
    print(arguments.output == "csv" ? csv(result) : format_table(result.columns, result.rows));
    if (result.truncated) std::fputs("tillstream: the result was cut at the row limit\n", stderr);
    return kOk;
}

}  // namespace

void add_query(CLI::App& cli, int& exit_code) {
    CLI::App* verb = cli.add_subcommand("query", "Run one SELECT in the warehouse");
    auto arguments = std::make_shared<Arguments>();
    CLI::Option* data = add_remote_options(*verb, arguments->remote);
    verb->add_option("sql", arguments->sql, "Statement; - reads it from standard input")->required();
    verb->add_option("--param", arguments->params, "Value of $1, $2, ... in order");
    verb->add_option("--limit", arguments->limit, "Most rows to return");
    add_output_option(*verb, arguments->output, {"table", "csv", "json"});
    verb->callback([arguments, data, &exit_code] {
        arguments->remote.data_given = data->count() > 0;
        exit_code = query(*arguments);
    });
}

}  // namespace tillstream::app
