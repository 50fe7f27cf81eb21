#include "app/internal/contract_sources.h"

#include "contract/embedded_datasets.h"

namespace tillstream::app {

std::vector<ContractText> built_in_contracts() {
    std::vector<ContractText> texts;
    for (const EmbeddedDataset& dataset : embedded_datasets()) {
        texts.emplace_back("datasets/" + std::string(dataset.name) + ".toml", dataset.text);
    }
    return texts;
}

std::string datasets_folder(const Settings& settings) {
    return settings.data.datasets_dir.empty() ? settings.data.dir + "/datasets" : settings.data.datasets_dir;
}

Result<std::vector<std::string>> stream_names(const Settings& settings) {
    std::vector<std::string> names;
    for (const auto& [name, contract] :
         TILLSTREAM_TRY(read_contracts(posix_filesystem(), built_in_contracts(), datasets_folder(settings))))
        names.push_back(name);
    return names;
}

}  // namespace tillstream::app
