#include "tests/scenario/guarded.h"

#include <fstream>
#include <iterator>

namespace tillstream {

std::string read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Guarded::begin(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--log.segment_bytes", "1MiB"});
    start(arguments);
}

ClientResponse Guarded::call(Method method, const std::string& target, const Headers& headers,
                             std::string_view body) {
    HttpClient client = must(HttpClient::open(server().url()));
    ClientResponse answer =
        must(client.send({.method = method, .target = target, .headers = headers, .body = body}));
    answers.push_back(answer.body);
    for (const auto& [name, value] : answer.headers) answers.push_back(value);
    return answer;
}

CommandResult Guarded::run_verb(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", server().url()});
    return run_program(arguments);
}

MadeToken Guarded::make_token(const std::vector<std::string>& arguments) {
    std::vector<std::string> command{"token", "create", "--output", "json"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const CommandResult result = run_verb(command);
    if (result.exit_code != 0) throw std::runtime_error("token create: " + result.errors);
    const json::Value made = must(json::parse(result.output));
    return {text_of(made, "id"), text_of(made, "token")};
}

MadeToken Guarded::make_token(const MadeToken& admin, const std::vector<std::string>& arguments) {
    std::vector<std::string> more{"--token", admin.text};
    more.insert(more.end(), arguments.begin(), arguments.end());
    return make_token(more);
}

std::string Guarded::server_log() const { return read_whole(data_dir() + ".log"); }

std::vector<json::Value> Guarded::audit_lines() const {
    std::vector<json::Value> lines;
    std::ifstream file(data_dir() + "/state/audit.log");
    for (std::string line; std::getline(file, line);) lines.push_back(must(json::parse(line)));
    return lines;
}

}  // namespace tillstream
