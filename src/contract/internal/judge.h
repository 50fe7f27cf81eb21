// judge.h - derived columns and rules over the decoded rows of a batch.
//
// Rules:    a rule is broken if it is false, or if its arithmetic overflows; null passes. All broken rules of
//           a row are reported; of one that is rejected already those whose columns all have values. It gets
//           no warnings. `expected` is "name: sql", `found` the values of the columns it names, the
//           pointer that of the first of them.
// Derived:  null if an input is; a value its type cannot hold rejects the row with `range`.
// Threads:  one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "contract/internal/evaluator.h"
#include "contract/row_batch.h"

namespace tillstream {

class Judge {
public:
    /// What the judge needs of a batch that is being built, and where its findings go.
    struct Bench {
        std::span<ColumnVector> columns;
        std::size_t rows = 0;
        std::span<const std::uint64_t> accepted;
        /// The key as received that fed a column of a row, or the column's name.
        std::function<std::string_view(std::size_t row, std::size_t column)> key_of;
        std::function<void(std::size_t row, FieldError)> reject;
        std::function<void(std::size_t row, std::size_t rule)> warn;
    };

    explicit Judge(ContractPtr contract);
    void run(Bench& bench);

private:
    struct RuleCase {
        Evaluator evaluator;
        std::vector<std::size_t> columns;
    };

    void derive(std::size_t number, Bench& bench);
    void apply(std::size_t number, Bench& bench);
    bool lacks_values(std::size_t number, std::size_t row, const Bench& bench) const;
    FieldError broken(std::size_t number, std::size_t row, const Bench& bench) const;

    ContractPtr contract_;
    std::vector<Evaluator> derived_;
    std::vector<RuleCase> rules_;
};

}  // namespace tillstream
