#include <algorithm>
#include <cstdio>
#include <optional>

#include "access/token_json.h"
#include "app/internal/exit_code.h"
#include "app/internal/folder_access.h"
#include "app/internal/text_table.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "net/http.h"

namespace tillstream::app {

namespace {

constexpr std::chrono::seconds kAnswerTime{60};
constexpr const char* kTokensTarget = "/v1/tokens";

struct Arguments {
    RemoteOptions remote;
    std::vector<std::string> scopes;
    std::string name;
    Quota quota;
    std::string id;
    std::string output = "table";
};

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && !value->is_null() ? value->text : "";
}

std::string scopes_of(const json::Value& token) {
    std::string joined;
    const json::Value* scopes = token.find("scopes");
    for (const json::Value& scope : scopes ? scopes->items : std::vector<json::Value>{})
        joined += (joined.empty() ? "" : " ") + scope.text;
    return joined;
}

bool holds_admin(const json::Value& token) {
    return text_of(token, "revoked").empty() &&
           (" " + scopes_of(token) + " ").find(" admin ") != std::string::npos;
}

/// The tokens of the server that runs, or of a folder nobody serves, as the door shows them.
class TokenDesk {
public:
    static Result<TokenDesk> open(const RemoteOptions& options, bool make_folder) {
        TokenDesk desk;
        desk.remote_ = TILLSTREAM_TRY(Remote::find(options));
        if (!desk.remote_) {
            TILLSTREAM_CHECK(Remote::check_data_given(options));
            desk.folder_ = TILLSTREAM_TRY(FolderAccess::open(options.data_dir, make_folder));
        }
        return desk;
    }

    Result<std::string> list() {
        if (remote_) return remote_->get(kTokensTarget, kAnswerTime);
        return tokens_json(folder_->access().tokens());
    }

    Result<std::string> create(const TokenSpec& spec) {
        if (remote_) return remote_->post(kTokensTarget, token_spec_json(spec), kAnswerTime);
        const CreatedToken created = TILLSTREAM_TRY(folder_->access().create(spec));
        folder_->record("token.create", created.token.id);
        return created_token_json(created);
    }

    Result<std::string> revoke(const std::string& id) {
        if (remote_) return remote_->del(std::string(kTokensTarget) + "/" + percent_encode(id), kAnswerTime);
        const AccessToken revoked = TILLSTREAM_TRY(folder_->access().revoke(id));
        folder_->record("token.revoke", id);
        return token_json(revoked);
    }

    /// True if it is known that no token in force may make others.
    bool nobody_is_admin() {
        const auto listed = list();
        const auto document = listed ? json::parse(*listed) : Result<json::Value>(failure(listed.error()));
        const json::Value* tokens = document ? document->find("tokens") : nullptr;
        return tokens && std::none_of(tokens->items.begin(), tokens->items.end(), &holds_admin);
    }

private:
    std::optional<Remote> remote_;
    std::optional<FolderAccess> folder_;
};

int print(const Arguments& arguments, const std::string& text, std::string (*table)(const json::Value&)) {
    if (arguments.output == "json") {
        std::printf("%s\n", text.c_str());
        return kOk;
    }
    const auto document = json::parse(text);
    if (!document) return report(document.error(), kFailure);
    std::fputs(table(*document).c_str(), stdout);
    return kOk;
}

std::string created_table(const json::Value& created) {
    return "id      " + text_of(created, "id") + "\ntoken   " + text_of(created, "token") + "\nscopes  " +
           scopes_of(created) + "\n";
}

std::string list_table(const json::Value& listed) {
    std::vector<std::vector<std::string>> rows;
    const json::Value* tokens = listed.find("tokens");
    for (const json::Value& token : tokens ? tokens->items : std::vector<json::Value>{}) {
        rows.push_back({text_of(token, "id"), text_of(token, "name"), scopes_of(token),
                        text_of(token, "records_per_second"), text_of(token, "bytes_per_second"),
                        text_of(token, "created"), text_of(token, "revoked")});
    }
    return format_table(
        {{"id"}, {"name"}, {"scopes"}, {"records/s", true}, {"bytes/s", true}, {"created"}, {"revoked"}},
        rows);
}

std::string revoked_table(const json::Value& token) { return text_of(token, "id") + " is revoked\n"; }

int create(const Arguments& arguments) {
    auto scopes = ScopeSet::parse(arguments.scopes);
    if (!scopes) return report(scopes.error(), kUsage);
    if (const Status name = check_token_name(arguments.name); !name) return report(name.error(), kUsage);
    const TokenSpec spec{arguments.name, std::move(*scopes), arguments.quota};
    auto desk = TokenDesk::open(arguments.remote, true);
    if (!desk) return report(desk.error());
    const bool locks_out = !spec.scopes.allow(Scope::admin) && desk->nobody_is_admin();
    const auto created = desk->create(spec);
    if (!created) return report(created.error());
    std::fputs("tillstream: keep the token: only its digest is stored, and it is not shown again\n", stderr);
    if (locks_out)
        std::fputs(
            "tillstream: no token may make others now; `tillstream token create --scope admin --data DIR` "
            "makes one that may while the server is stopped\n",
            stderr);
    return print(arguments, *created, &created_table);
}

int list(const Arguments& arguments) {
    auto desk = TokenDesk::open(arguments.remote, false);
    if (!desk) return report(desk.error());
    const auto listed = desk->list();
    if (!listed) return report(listed.error());
    return print(arguments, *listed, &list_table);
}

int revoke(const Arguments& arguments) {
    auto desk = TokenDesk::open(arguments.remote, false);
    if (!desk) return report(desk.error());
    const auto revoked = desk->revoke(arguments.id);
    if (!revoked) return report(revoked.error());
    return print(arguments, *revoked, &revoked_table);
}

void add_create_options(CLI::App& verb, Arguments& arguments) {
    verb.add_option("--scope", arguments.scopes,
                    "ingest:STREAM, ingest:*, files, read, query, repair or admin; repeat for more")
        ->required();
    verb.add_option("--name", arguments.name, "Name for people, shown in lists");
    const CLI::Range quotas(std::uint64_t{1}, Quota::kMax);
    verb.add_option("--records-per-second", arguments.quota.records_per_second, "Most records it may store")
        ->check(quotas);
    verb.add_option("--bytes-per-second", arguments.quota.bytes_per_second, "Most bytes it may store")
        ->check(quotas);
}

}  // namespace

void add_token(CLI::App& cli, int& exit_code) {
    CLI::App* token = cli.add_subcommand("token", "Make, list and revoke tokens");
    token->require_subcommand(1);
    const auto add = [&](const char* name, const char* help, int (*run)(const Arguments&),
                         void (*more)(CLI::App&, Arguments&)) {
        CLI::App* verb = token->add_subcommand(name, help);
        auto arguments = std::make_shared<Arguments>();
        CLI::Option* data = add_remote_options(*verb, arguments->remote);
        add_output_option(*verb, arguments->output, {"table", "json"});
        if (more) more(*verb, *arguments);
        verb->callback([arguments, data, run, &exit_code] {
            arguments->remote.data_given = data->count() > 0;
            exit_code = run(*arguments);
        });
    };
    add("create", "Make a token and print it, once", &create, &add_create_options);
    add("list", "Every token, without its text", &list, nullptr);
    add("revoke", "Refuse a token from now on", &revoke, [](CLI::App& verb, Arguments& arguments) {
        verb.add_option("id", arguments.id, "Its id, as `token list` shows it")->required();
    });
}

}  // namespace tillstream::app
