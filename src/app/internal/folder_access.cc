#include "app/internal/folder_access.h"

#include "app/internal/data_folder.h"

namespace tillstream::app {

namespace {

std::string state_dir(const std::string& data_dir) { return data_dir + "/state"; }

AuditOptions audit_options(const Settings& settings) {
    AuditOptions options;
    options.file_bytes_max = settings.access.audit_bytes_max.bytes;
    options.files_max = static_cast<unsigned>(settings.access.audit_files_max);
    return options;
}

}  // namespace

Result<std::unique_ptr<Access>> open_access(const Settings& settings, const Logger& logger,
                                            Metrics& metrics) {
    TILLSTREAM_CHECK(posix_filesystem().make_dirs(state_dir(settings.data.dir)));
    return Access::open(private_folder(state_dir(settings.data.dir)), system_clock(), audit_options(settings),
                        logger, metrics);
}

Result<bool> tokens_defined(const std::string& data_dir) {
    const TokenStore store = TILLSTREAM_TRY(TokenStore::open(private_folder(state_dir(data_dir))));
    return !store.tokens().empty();
}

Result<FolderAccess> FolderAccess::open(const std::string& data_dir, bool make_folder) {
    Filesystem& fs = posix_filesystem();
    if (!make_folder) TILLSTREAM_CHECK(check_folder_there(fs, data_dir));
    TILLSTREAM_CHECK(fs.make_dirs(data_dir));
    FolderLock lock = TILLSTREAM_TRY(take_folder(fs, data_dir));
    Settings settings;
    settings.data.dir = data_dir;
    auto metrics = std::make_unique<Metrics>();
    auto access = TILLSTREAM_TRY(open_access(settings, Logger::silent(), *metrics));
    return FolderAccess(std::move(lock), std::move(metrics), std::move(access));
}

void FolderAccess::record(std::string_view action, std::string_view target) {
    access_->record(
        {.token = Access::kOwnerId, .peer = {}, .request_id = {}, .action = action, .target = target});
}

}  // namespace tillstream::app
