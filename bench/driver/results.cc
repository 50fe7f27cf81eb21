#include "bench/driver/results.h"

#include <fmt/format.h>

#include <iterator>

namespace tillstream::bench {

namespace {

/// Four digits that matter.
std::string short_number(double value) {
    if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
    if (value >= 1e4) return fmt::format("{:.1f} k", value / 1e3);
    return value >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string ratio_text(const Figure& figure) {
    if (figure.median == 0) return "";
    return fmt::format("{:.2f} ({:.2f}-{:.2f})", figure.median, figure.min, figure.max);
}

std::string floor_text(const Figure& figure) {
    if (!figure.floor) return "";
    return fmt::format("{} {}", figure.smaller_is_better ? "<=" : ">=", *figure.floor);
}

std::string values_text(const Figure& figure) {
    if (figure.first_value == 0) return "";
    if (figure.second_value == 0) return short_number(figure.first_value) + " " + figure.unit;
    return fmt::format("{} / {} {}", short_number(figure.first_value), short_number(figure.second_value),
                       figure.unit);
}

std::string cpu_text(const Figure& figure) {
    if (figure.ack_cpu_us == 0 && figure.second_cpu_us == 0) return "";
    const std::string second = figure.second_cpu_us > 0 ? fmt::format(" / {:.2f}", figure.second_cpu_us) : "";
    return fmt::format("{:.2f} ({:.2f}){}", figure.ack_cpu_us, figure.level_cpu_us, second);
}

}  // namespace

std::string format_table(const std::vector<Figure>& figures) {
    std::string out =
        "| scenario | arms | measured | ratio: median (min-max) | goal | verdict | pairs kept/dropped | "
        "CPU us/record: ack (level) / other | note |\n|---|---|---|---|---|---|---|---|---|\n";
    for (const Figure& f : figures) {
        fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} | {} | {} | {}/{} | {} | {} |\n",
                       f.scenario, f.arms, values_text(f), ratio_text(f), floor_text(f), to_string(f.verdict),
                       f.kept, f.dropped, cpu_text(f), f.note);
    }
    return out;
}

Json to_json(const RunDescription& description, const std::vector<Figure>& figures) {
    Json out = {
        {"machine", description.machine}, {"date", description.date}, {"options", description.options}};
    out["figures"] = Json::array();
    for (const Figure& f : figures) {
        Json figure = {
            {"scenario", f.scenario},
            {"what", f.what},
            {"arms", f.arms},
            {"unit", f.unit},
            {"first", f.first_value},
            {"second", f.second_value},
            {"ratio", {{"median", f.median}, {"min", f.min}, {"max", f.max}}},
            {"pairs", {{"kept", f.kept}, {"dropped", f.dropped}}},
            {"verdict", to_string(f.verdict)},
            {"cpu_us_per_record",
             {{"acknowledged", f.ack_cpu_us}, {"level", f.level_cpu_us}, {"second", f.second_cpu_us}}},
            {"note", f.note},
            {"details", f.details}};
        if (f.floor) figure[f.smaller_is_better ? "ceiling" : "floor"] = *f.floor;
        out["figures"].push_back(std::move(figure));
    }
    return out;
}

}  // namespace tillstream::bench
