#include "catalog/contract_store.h"

#include "contract/contract_file.h"

namespace tillstream {

namespace {

Result<std::vector<ContractText>> read_datasets(Filesystem& fs, const std::string& dir) {
    std::vector<ContractText> texts;
    if (dir.empty() || !TILLSTREAM_TRY(fs.exists(dir))) return texts;
    for (const std::string& name : TILLSTREAM_TRY(fs.list(dir))) {
        if (!name.ends_with(".toml")) continue;
        const std::string path = dir + "/" + name;
        texts.emplace_back(path, TILLSTREAM_TRY(read_file(fs, path)));
    }
    return texts;
}

Status adopt(const ContractText& text, ContractsByName& contracts) {
    ContractPtr contract = TILLSTREAM_TRY(parse_contract(text.second, text.first));
    contracts.insert_or_assign(contract->name, contract);
    return {};
}

}  // namespace

Result<ContractsByName> read_contracts(Filesystem& fs, const std::vector<ContractText>& built_in,
                                       const std::string& datasets_dir) {
    ContractsByName contracts;
    for (const ContractText& text : built_in) TILLSTREAM_CHECK(adopt(text, contracts));
    for (const ContractText& text : TILLSTREAM_TRY(read_datasets(fs, datasets_dir)))
        TILLSTREAM_CHECK(adopt(text, contracts));
    return contracts;
}

Result<std::unique_ptr<ContractStore>> ContractStore::open(Filesystem& fs, std::string state_dir,
                                                           const std::vector<ContractText>& built_in,
                                                           const std::string& datasets_dir) {
    std::unique_ptr<ContractStore> store(new ContractStore(fs, std::move(state_dir) + "/contracts"));
    TILLSTREAM_CHECK(fs.make_dirs(store->dir_));
    store->current_ = TILLSTREAM_TRY(read_contracts(fs, built_in, datasets_dir));
    for (const auto& [name, contract] : store->current_) TILLSTREAM_CHECK(store->persist(*contract));
    TILLSTREAM_CHECK(fs.sync_dir(store->dir_));
    return store;
}

Status ContractStore::persist(const Contract& contract) {
    const std::string path = dir_ + "/" + contract.id() + ".toml";
    if (TILLSTREAM_TRY(fs_.exists(path))) return {};
    return write_file_atomic(fs_, path, contract.text);
}

ContractPtr ContractStore::find(std::string_view name) const {
    const auto found = current_.find(name);
    return found == current_.end() ? nullptr : found->second;
}

std::vector<ContractPtr> ContractStore::all() const {
    std::vector<ContractPtr> contracts;
    for (const auto& [name, contract] : current_) contracts.push_back(contract);
    return contracts;
}

Result<ContractPtr> ContractStore::version(std::string_view id) const {
    const ContractPtr current = find(id.substr(0, id.find('@')));
    if (current && current->id() == id) return current;
    const std::lock_guard lock(mutex_);
    if (const auto found = versions_.find(id); found != versions_.end()) return found->second;
    const std::string path = dir_ + "/" + std::string(id) + ".toml";
    auto text = read_file(fs_, path);
    if (!text) return failure(std::move(text).error().with_context("contract " + std::string(id)));
    ContractPtr contract = TILLSTREAM_TRY(parse_contract(*text, path));
    versions_.emplace(std::string(id), contract);
    return contract;
}

}  // namespace tillstream
