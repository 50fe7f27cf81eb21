// small_journal.h - a journal so small that a test's records lie in sealed objects alone.
#pragma once

#include <string>
#include <vector>

#include "tests/support/shop_client.h"

namespace tillstream {

inline const std::vector<std::string> kSmallJournal{
    "--log.segment_bytes", "1MiB", "--log.seal_bytes", "1MiB",
    "--log.keep_bytes",    "0B",   "--log.tail_bytes", "1MiB"};

/// Seals, waits for the sinks, and until the journal's files have been given back: what verify then says.
/// Ends the test if they are not within a minute.
json::Value seal_and_recycle(ShopClient& client, const std::string& data_dir);

/// Bytes of the journal's folder.
std::uint64_t journal_bytes(const std::string& data_dir);

}  // namespace tillstream
