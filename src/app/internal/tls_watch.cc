#include "app/internal/tls_watch.h"

#include <sys/stat.h>

namespace tillstream::app {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Counter& reload_counter(Metrics& metrics, const char* result) {
    return metrics.counter("tillstream_tls_reloads_total", "Times certificate and key were read anew",
                           {{"result", result}});
}

}  // namespace

TlsWatch::TlsWatch(std::string certificate_file, std::string key_file, const Logger& logger, Metrics& metrics)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      logger_(logger.named("tls")),
      done_(reload_counter(metrics, "done")),
      failed_(reload_counter(metrics, "failed")),
      read_(stamps()),
      seen_(read_) {}

TlsWatch::Stamp TlsWatch::stamp_of(const std::string& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {info.st_ino, info.st_size, info.st_mtim.tv_sec * kNanosPerSecond + info.st_mtim.tv_nsec};
}

void TlsWatch::look(const Reload& reload) {
    const std::lock_guard lock(mutex_);
    const Stamps now = stamps();
    const bool settled = now == seen_;
    seen_ = now;
    if (settled && now != read_) read(reload, now);
}

void TlsWatch::reload_now(const Reload& reload) {
    const std::lock_guard lock(mutex_);
    read(reload, stamps());
}

void TlsWatch::read(const Reload& reload, const Stamps& now) {
    read_ = now;
    const Status reloaded = reload();
    (reloaded ? done_ : failed_).add();
    if (reloaded)
        logger_.info("certificate and key were read anew", {{"certificate", certificate_file_}});
    else
        logger_.error("the new certificate or key cannot be used; the one before stays in use",
                      {{"error", reloaded.error().message}});
}

}  // namespace tillstream::app
