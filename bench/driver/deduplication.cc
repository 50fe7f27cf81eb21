#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/driver/scenarios.h"
#include "contract/embedded_datasets.h"
#include "core/env.h"

namespace tillstream::bench {

namespace {

constexpr double kGoal = 0.85;

/// The folder of a contract for sales: the built-in one, but it stores event ids as a text like any other.
Result<std::string> write_contract_without_ids(const Settings& settings) {
    constexpr std::string_view kUnknown = "unknown = \"keep\"\n";
    constexpr std::string_view kColumn =
        "\n[[column]]\nname = \"sent_id\"\ntype = \"string\"\naliases = [\"event_id\"]\n"
        "description = \"the id its producer gave it\"\n";
    const auto datasets = embedded_datasets();
    const auto sales =
        std::find_if(datasets.begin(), datasets.end(), [](const auto& d) { return d.name == "sales"; });
    if (sales == datasets.end()) return failure(Errc::not_found, "there is no built-in contract for sales");
    std::string text(sales->text);
    const std::size_t at = text.find(kUnknown);
    if (at == std::string::npos)
        return failure(Errc::not_found, "the contract for sales does not say what becomes of unknown fields");
    text.insert(at, "event_id = false\n");
    text += kColumn;
    const std::string dir = settings.work_dir + "/contracts-without-ids";
    std::filesystem::create_directories(dir);
    TILLSTREAM_CHECK(write_file_atomic(posix_filesystem(), dir + "/sales.toml", text));
    return dir;
}

/// That both arms store the ids, the one as ids, the other as a text.
Status check_ids_held(Arm& arm, bool honoured, std::uint64_t expected) {
    const std::string sql = fmt::format(R"({{"sql":"SELECT count(event_id), count({}) FROM shop.sales"}})",
                                        honoured ? "event_id" : "sent_id");
    const Json answer = TILLSTREAM_TRY(arm.post("/v1/query", sql));
    const Json held = answer.value(Json::json_pointer("/rows/0"), Json::array());
    if (held == Json::array({honoured ? expected : 0, expected})) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("of {} records are stored with their event id: {}", expected, held.dump()));
}

}  // namespace

Figure measure_deduplication(const Settings& settings, LoadShape load) {
    Figure figure;
    figure.arms = "tillstream / event ids not honoured";
    figure.unit = unit_of(load);
    figure.floor = kGoal;
    const auto contracts = write_contract_without_ids(settings);
    if (!contracts) {
        make_void(figure, contracts.error().message);
        return figure;
    }
    LoadArguments arguments = brief_arguments_of(settings, load);
    arguments.emplace_back("--event-ids");
    const auto pairs = run_pairs(settings, [&](bool honoured) {
        return observe(settings, honoured ? "tillstream" : "ids not honoured", [&](ArmRun& run) -> Status {
            std::vector<std::string> options;
            if (!honoured) options = {"--data.datasets_dir", *contracts};
            Arm arm = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, options));
            TILLSTREAM_CHECK(load_arm(settings, arm, arguments, rate_of(load), run));
            return check_ids_held(arm, honoured, acknowledged_by(run.load).rows);
        });
    });
    summarise(pairs, figure);
    return figure;
}

}  // namespace tillstream::bench
