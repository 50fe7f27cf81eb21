#include "bench/driver/scenarios.h"
#include "net/certificate_test.h"

namespace tillstream::bench {

Figure measure_tls(const Settings& settings, LoadShape load) {
    const testing::Certificate certificate;
    const std::vector<std::string> encrypted = {"--tls-cert", certificate.certificate_file(), "--tls-key",
                                                certificate.key_file()};
    Figure figure;
    figure.arms = "tillstream behind TLS / plain";
    figure.unit = unit_of(load);
    const LoadArguments plain = brief_arguments_of(settings, load);
    LoadArguments secret = plain;
    secret.emplace_back("--tls");
    const auto pairs = run_pairs(settings, [&](bool tls) {
        return observe(settings, tls ? "behind TLS" : "plain", [&](ArmRun& run) -> Status {
            Arm arm = TILLSTREAM_TRY(
                Arm::start(ArmKind::product, settings, tls ? encrypted : std::vector<std::string>{}));
            return load_arm(settings, arm, tls ? secret : plain, rate_of(load), run);
        });
    });
    summarise(pairs, figure);
    return figure;
}

}  // namespace tillstream::bench
