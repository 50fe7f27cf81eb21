// request_maker.h - made-up ingest requests whose records all can be found again by name.
//
// Identity:  a request is "r<round>-c<connection>-q<request>-"; every record of it carries that as its
//            description, its index as stock code, and one of a few invoice numbers, so that a request
//            spreads over the shards.
// Retries:   some carry an Idempotency-Key, some give each record an event id, some both, some neither.
// Known bad: a record whose quantity is the word "six"; it must end in quarantine, alone.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tillstream {

enum class BodyForm : std::uint8_t { json_array, ndjson, csv };

struct CrashRequest {
    std::string id;
    std::int64_t customer = 0;
    BodyForm form = BodyForm::json_array;
    bool malformed = false;      ///< must be refused whole with a 4xx
    bool wants_offsets = false;  ///< asks for ?detail=all
    bool has_ids = false;
    std::string key;  ///< empty: none
    std::string body;
    std::vector<bool> bad;  ///< of each record

    std::string target() const;
    std::string content_type() const;
    std::vector<std::pair<std::string, std::string>> headers() const;
    std::uint64_t records() const { return bad.size(); }
    /// Of record `index`.
    std::string invoice_no(std::size_t index) const;
};

/// What one known-good record holds.
std::int64_t quantity_of(std::size_t index);
/// In hundredths.
std::int64_t cents_of(std::size_t index);

CrashRequest make_request(std::string id, std::int64_t customer, std::mt19937_64& random);

}  // namespace tillstream
