#include <cstdio>

#include "app/internal/alias_settings.h"
#include "app/internal/exit_code.h"
#include "app/internal/settings.h"
#include "app/internal/text_table.h"
#include "app/internal/verb_options.h"
#include "app/internal/verbs.h"
#include "json/writer.h"

namespace tillstream::app {

namespace {

std::string settings_json(const std::vector<OptionSetting>& settings) {
    std::string text;
    json::Writer out(text);
    out.begin_array();
    for (const OptionSetting& setting : settings) {
        out.begin_object().member("name", setting.name).member("value", setting.value);
        out.member("origin", setting.origin).member("type", setting.type).member("unit", setting.unit);
        out.member("default", setting.default_value).member("bounds", setting.bounds);
        out.member("description", setting.description).end_object();
    }
    out.end_array();
    return text + "\n";
}

std::string settings_table(const std::vector<OptionSetting>& settings) {
    std::vector<std::vector<std::string>> rows;
    for (const OptionSetting& setting : settings)
        rows.push_back({setting.name, setting.value, setting.origin, setting.default_value, setting.bounds,
                        setting.unit, setting.description});
    return format_table({{"option"}, {"value"}, {"origin"}, {"default"}, {"bounds"}, {"unit"}, {"meaning"}},
                        rows);
}

}  // namespace

void add_config(CLI::App& cli, int& exit_code) {
    CLI::App* config = cli.add_subcommand("config", "Check or show the configuration");
    config->require_subcommand(1);
    struct Arguments {
        std::string file;
        std::string output = "table";
    };
    const auto add = [&](const char* name, const char* help, auto print) {
        CLI::App* verb = config->add_subcommand(name, help);
        auto arguments = std::make_shared<Arguments>();
        verb->add_option("--config", arguments->file, "TOML file with options");
        add_output_option(*verb, arguments->output, {"table", "json"});
        verb->allow_extras();
        verb->callback([verb, arguments, print, &exit_code] {
            Settings settings;
            OptionSet options = declare_options(settings);
            const Status read = read_options(options, settings, arguments->file, verb->remaining());
            exit_code = read ? kOk : report(read.error(), kConfiguration);
            if (read) print(options, settings, arguments->output);
        });
    };
    add("check", "Report every problem of file, environment and flags",
        [](const OptionSet&, const Settings&, const std::string& output) {
            std::fputs(output == "json" ? "{\"ok\":true}\n" : "configuration is good\n", stdout);
        });
    add("show", "Every option: value, where it comes from, default, bounds, unit, meaning",
        [](const OptionSet& set, const Settings& settings, const std::string& output) {
            std::vector<OptionSetting> all = set.settings();
            for (OptionSetting& alias : alias_settings(settings.http.aliases))
                all.push_back(std::move(alias));
            const std::string text = output == "json" ? settings_json(all) : settings_table(all);
            std::fputs(text.c_str(), stdout);
        });
    add("reference", "The reference page of all options, as Markdown",
        [](const OptionSet& set, const Settings&, const std::string&) {
            std::fputs((set.markdown() + alias_markdown()).c_str(), stdout);
        });
}

}  // namespace tillstream::app
