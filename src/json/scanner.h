// scanner.h - JSON records as flat fields: one pass of simdjson finds the structure, one walk checks and
//     slices it.
//
// Place:      the hot path of ingest and replay. simdjson's first stage (UTF-8, quotes, token starts, at
//             gigabytes a second) runs over a whole body; the walk over the tokens is ours, because on-demand
//             parsing accepts malformed values it skips, counts no depth, and loses good records before a bad
//             one.
// Checks:     every byte: grammar of RFC 8259, UTF-8, escapes, numbers, depth, also inside values nobody
//             reads.
// Input:      Buffer::kPadding readable bytes must follow the text; the text must outlive the fields.
// Memory:     nothing is allocated per record once vectors and scratch have grown to the largest body seen;
//             what a body of several MiB needed is given back by the next small one.
//             Scratch text (Field::in_scratch) lives until the next record.
// Threads:    one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "json/field.h"

namespace tillstream::json {

enum class ScanFailure : std::uint8_t {
    syntax,      ///< not JSON, or something after the end
    encoding,    ///< not UTF-8, or an escape for half a surrogate pair
    depth,       ///< valid, but nested deeper than the limit
    not_object,  ///< valid, but no object
};

struct ScanError {
    ScanFailure failure = ScanFailure::syntax;
    std::size_t offset = 0;  ///< byte in the scanned text where it shows
    const char* what = "";   ///< static text: what was expected there
};

/// No value means that the text is good.
using ScanOutcome = std::optional<ScanError>;

struct ScanLimits {
    int depth = 32;  ///< of objects and arrays, the record itself counts one
    /// For callers that want nothing of a record longer than this: members that begin further behind its
    /// start are checked, but not kept, or in place of the last one.
    std::size_t bytes = std::string_view::npos;
};

/// Nesting that no limit can lift: what lies deeper is not even checked.
inline constexpr int kDepthMax = 1024;

namespace internal {
class Structure;
class Walker;
}  // namespace internal

/// Records one at a time, each in a text of its own or on a line of a window of lines.
class Scanner {
public:
    Scanner();
    ~Scanner();
    Scanner(Scanner&&) noexcept;
    Scanner& operator=(Scanner&&) noexcept;

    /// The members of the object in `record`, first level only; `out` is undefined after an error.
    [[nodiscard]] ScanOutcome scan_object(std::string_view record, ScanLimits limits,
                                          std::vector<Field>& out);

    /// Finds the structure of all lines at once. False if some line spoils it (bad UTF-8, open quote): the
    /// lines are then to be read one by one with scan_object, so that only the bad one is lost.
    [[nodiscard]] bool begin_lines(std::string_view lines);
    /// Lines of the window in their order, not each has to be scanned. Offsets count from the start of
    /// `line`.
    [[nodiscard]] ScanOutcome scan_line(std::string_view line, ScanLimits limits, std::vector<Field>& out);

private:
    std::unique_ptr<internal::Structure> structure_;
    std::unique_ptr<internal::Walker> walker_;
    std::string_view lines_;
};

/// One record of a document.
struct Element {
    std::string_view raw;  ///< its text, without blanks around it
    ScanOutcome error;     ///< this element alone is unusable: depth, encoding or not_object
};

/// A text that is one object, or an array of records.
class DocumentScanner {
public:
    DocumentScanner();
    ~DocumentScanner();
    DocumentScanner(DocumentScanner&&) noexcept;
    DocumentScanner& operator=(DocumentScanner&&) noexcept;

    [[nodiscard]] ScanOutcome open(std::string_view text);
    /// False at the end, or where the text stops being JSON: see error(). `fields` belong to an element
    /// without error.
    bool next(ScanLimits limits, Element& element, std::vector<Field>& fields);
    /// Set if the document as a whole is malformed, whatever elements came before.
    const ScanOutcome& error() const { return error_; }

private:
    bool stop(ScanError error);
    bool find_element();

    enum class State : std::uint8_t { single, first, later, end };

    std::unique_ptr<internal::Structure> structure_;
    std::unique_ptr<internal::Walker> walker_;
    std::string_view text_;
    ScanOutcome error_;
    State state_ = State::end;
};

}  // namespace tillstream::json
