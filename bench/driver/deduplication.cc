#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/driver/scenarios.h"
#include "contract/embedded_datasets.h"
#include "core/env.h"

namespace tillstream::bench {

namespace {

constexpr double kGoal = 0.85;

/// The folder of a contract for sales that is the built-in one, but takes no notice of event ids: neither as
/// ids nor, being no column, as content.
Result<std::string> write_contract_without_ids(const Settings& settings) {
    constexpr std::string_view kUnknown = "unknown = \"keep\"\n";
    const auto datasets = embedded_datasets();
    const auto sales =
        std::find_if(datasets.begin(), datasets.end(), [](const auto& d) { return d.name == "sales"; });
    if (sales == datasets.end()) return failure(Errc::not_found, "there is no built-in contract for sales");
    std::string text(sales->text);
    const std::size_t at = text.find(kUnknown);
    if (at == std::string::npos)
        return failure(Errc::not_found, "the contract for sales does not say what becomes of unknown fields");
    text.replace(at, kUnknown.size(), "unknown = \"ignore\"\nevent_id = false\n");
    const std::string dir = settings.work_dir + "/contracts-without-ids";
    std::filesystem::create_directories(dir);
    TILLSTREAM_CHECK(write_file_atomic(posix_filesystem(), dir + "/sales.toml", text));
    return dir;
}

/// That the one arm knows the ids, and the other does not.
Status check_ids_held(Arm& arm, std::uint64_t expected) {
    const Json answer =
        TILLSTREAM_TRY(arm.post("/v1/query", R"({"sql":"SELECT count(event_id) FROM shop.sales"})"));
    const Json::json_pointer cell("/rows/0/0");
    const auto held = answer.contains(cell) ? answer[cell].get<std::uint64_t>() : 0;
    if (held == expected) return {};
    return failure(Errc::invalid_argument,
                   fmt::format("{} records are stored with an event id, not {}", held, expected));
}

}  // namespace

Figure measure_deduplication(const Settings& settings) {
    Figure figure;
    figure.arms = "tillstream / event ids not honoured";
    figure.unit = "records/s";
    figure.floor = kGoal;
    const auto contracts = write_contract_without_ids(settings);
    if (!contracts) {
        make_void(figure, contracts.error().message);
        return figure;
    }
    LoadArguments arguments = {"--records", "500", "--connections", "16", "--event-ids"};
    if (settings.smoke) arguments.insert(arguments.end(), {"--requests", kRequestsInSmoke});
    const auto pairs = run_pairs(settings, [&](bool honoured) {
        return observe(settings, honoured ? "tillstream" : "ids not honoured", [&](ArmRun& run) -> Status {
            std::vector<std::string> options;
            if (!honoured) options = {"--data.datasets_dir", *contracts};
            Arm arm = TILLSTREAM_TRY(Arm::start(ArmKind::product, settings, options));
            TILLSTREAM_CHECK(load_arm(settings, arm, arguments, records_per_second, run));
            return check_ids_held(arm, honoured ? acknowledged_by(run.load).rows : 0);
        });
    });
    summarise(pairs, figure);
    return figure;
}

}  // namespace tillstream::bench
