// ingest_case.h - one request to the ingest door: what is answered, and where each of its records is
// afterwards.
//
// Every "@" in a body, a raw text or a found value stands for an invoice number no other case has.
#pragma once

#include <string>
#include <vector>

#include "tests/bad_input/door.h"

namespace tillstream::bad_input {

/// A record that goes to quarantine alone.
struct BadRecord {
    std::size_t index;         ///< in its request
    std::string raw;           ///< as quarantine holds it
    std::vector<Wrong> wrong;  ///< all errors of it, in their order
};

struct IngestCase {
    std::string name;
    std::string content_type;
    std::string content_encoding;
    std::string body;

    int status = 200;
    std::string problem = {};         ///< from 400 on: the slug, and nothing is stored anywhere
    std::vector<Wrong> wrong = {};    ///< errors of the problem
    std::string detail = {};          ///< part of the problem's
    std::size_t accepted = 0;         ///< rows that are in the warehouse afterwards
    std::vector<BadRecord> bad = {};  ///< all others of a request that is taken
    /// What makes the bytes on the wire of the body: compression, another charset, damage.
    std::string (*packed)(const std::string& body) = nullptr;
};

inline constexpr const char* kJson = "application/json";
inline constexpr const char* kNdjson = "application/x-ndjson";
inline constexpr const char* kCsv = "text/csv";

/// A good sale of invoice "@" with `members` (", \"key\":value" each) at its end.
std::string sale(const std::string& members = "");
/// As sale(), but `key` has `value` (JSON) in place of its own; value "" leaves the key out.
std::string sale_with(const std::string& key, const std::string& value);
/// How a text is stored that is no JSON object.
std::string raw_text(std::string text);
/// Header line of the required columns, and a good row of invoice "@".
inline constexpr const char* kHeader = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice\n";
inline constexpr const char* kRow = "@,85123A,6,12/1/2010 8:26,2.55\n";

/// Sends every case, then looks for every record of it.
void run_cases(Door& door, std::vector<IngestCase> cases);

/// The class of bad input a case is of, as case_tables.h names them; empty if nothing is wrong with it.
std::string class_of(const IngestCase& one);

}  // namespace tillstream::bad_input
