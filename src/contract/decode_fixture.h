// decode_fixture.h - short ways to decode records in tests.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "contract/contract_file.h"
#include "contract/embedded_datasets.h"
#include "contract/row_decoder.h"
#include "core/assert.h"
#include "core/time.h"
#include "json/scanner.h"

namespace tillstream {

inline ContractPtr contract_of(const std::string& toml) {
    auto contract = parse_contract(toml, "test.toml");
    if (!contract) std::cerr << contract.error().message << '\n';
    TILLSTREAM_ASSERT(contract.has_value());
    return *contract;
}

/// The sales contract that is built in.
inline ContractPtr sales_contract() {
    for (const EmbeddedDataset& dataset : embedded_datasets())
        if (dataset.name == "sales") return contract_of(std::string(dataset.text));
    TILLSTREAM_ASSERT(false);
}

inline std::string text_of_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The records of NDJSON lines; a line the scanner refuses becomes a broken record.
inline RowBatchPtr decode_lines(RowDecoder& decoder, const std::vector<std::string>& records) {
    std::string all;
    for (const std::string& record : records) all += record;
    auto input = std::make_shared<const Buffer>(all);
    decoder.start(input, records.size());
    json::Scanner scanner;
    std::vector<json::Field> fields;
    std::size_t at = 0;
    for (const std::string& record : records) {
        const std::string_view raw = input->view().substr(at, record.size());
        at += record.size();
        if (auto error = scanner.scan_object(raw, {}, fields))
            decoder.add_broken(raw, {FieldErrorCode::syntax, "", "a JSON object", error->what});
        else
            decoder.add_object(raw, fields);
    }
    return decoder.finish();
}

inline RowBatchPtr decode_lines(const ContractPtr& contract, const std::vector<std::string>& records) {
    RowDecoder decoder(contract);
    return decode_lines(decoder, records);
}

/// "code pointer expected found" of each error of a row, one a line; empty for an accepted row.
inline std::string errors_of(const RowBatch& batch, std::size_t row) {
    std::string text;
    for (const Rejection& rejection : batch.rejections()) {
        if (rejection.index != row) continue;
        for (const FieldError& error : rejection.errors) {
            if (!text.empty()) text += '\n';
            text += std::string(to_string(error.code)) + " " + error.pointer + " " + error.expected + " " +
                    error.found;
        }
    }
    return text;
}

}  // namespace tillstream
