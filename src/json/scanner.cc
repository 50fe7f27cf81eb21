#include "json/scanner.h"

#include "json/internal/structure.h"
#include "json/internal/walker.h"

namespace tillstream::json {
namespace {

/// The one object that the walker's text, or line, must be.
ScanOutcome scan(internal::Walker& walker, ScanLimits limits, std::vector<Field>& out) {
    walker.begin_record();
    Field other;
    const bool object = walker.peek() == '{';
    const std::size_t begin = walker.position();
    if (!(object ? walker.object(out, limits.bytes) : walker.value(other, 0))) return walker.fault();
    if (!walker.at_end()) {
        walker.fail("nothing after the record");
        return walker.fault();
    }
    if (!object) return ScanError{ScanFailure::not_object, begin, "an object"};
    return walker.note(limits);
}

}  // namespace

Scanner::Scanner()
    : structure_(std::make_unique<internal::Structure>()), walker_(std::make_unique<internal::Walker>()) {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

ScanOutcome Scanner::scan_object(std::string_view record, ScanLimits limits, std::vector<Field>& out) {
    lines_ = {};
    if (auto error = structure_->index(record)) return error;
    walker_->open(record, structure_->tokens());
    return scan(*walker_, limits, out);
}

bool Scanner::begin_lines(std::string_view lines) {
    if (structure_->index(lines)) return false;
    walker_->open(lines, structure_->tokens());
    lines_ = lines;
    return true;
}

ScanOutcome Scanner::scan_line(std::string_view line, ScanLimits limits, std::vector<Field>& out) {
    const auto begin = static_cast<std::size_t>(line.data() - lines_.data());
    walker_->enter(begin, begin + line.size());
    auto outcome = scan(*walker_, limits, out);
    if (outcome) outcome->offset -= begin;
    return outcome;
}

DocumentScanner::DocumentScanner()
    : structure_(std::make_unique<internal::Structure>()), walker_(std::make_unique<internal::Walker>()) {}
DocumentScanner::~DocumentScanner() = default;
DocumentScanner::DocumentScanner(DocumentScanner&&) noexcept = default;
DocumentScanner& DocumentScanner::operator=(DocumentScanner&&) noexcept = default;

ScanOutcome DocumentScanner::open(std::string_view text) {
    text_ = text;
    state_ = State::end;
    error_ = structure_->index(text);
    if (error_) return error_;
    walker_->open(text, structure_->tokens());
    switch (walker_->peek()) {
        case '[':
            walker_->advance();
            state_ = State::first;
            break;
        case '{': state_ = State::single; break;
        default: stop({ScanFailure::not_object, walker_->position(), "an object or an array of objects"});
    }
    return error_;
}

bool DocumentScanner::stop(ScanError error) {
    error_ = error;
    state_ = State::end;
    return false;
}

/// Moves to the next element's first token. False at the end of the document or at a fault.
bool DocumentScanner::find_element() {
    if (state_ == State::end) return false;
    if (state_ == State::single) return true;
    const char c = walker_->peek();
    if (c == ']') {
        walker_->advance();
        state_ = State::end;
        if (!walker_->at_end())
            return stop({ScanFailure::syntax, walker_->position(), "nothing after the array"});
        return false;
    }
    if (state_ == State::later) {
        if (c != ',') return stop({ScanFailure::syntax, walker_->position(), "a comma or a closing bracket"});
        walker_->advance();
    }
    state_ = State::later;
    return true;
}

bool DocumentScanner::next(ScanLimits limits, Element& element, std::vector<Field>& fields) {
    if (!find_element()) return false;
    walker_->begin_record();
    Field whole;
    const std::size_t begin = walker_->position();
    const bool object = walker_->peek() == '{';
    if (!(object ? walker_->object(fields, limits.bytes) : walker_->value(whole, 0)))
        return stop(walker_->fault());
    element.raw = text_.substr(begin, walker_->last_end() - begin);
    element.error = walker_->note(limits);
    if (!object) element.error = ScanError{ScanFailure::not_object, begin, "an object"};
    if (state_ == State::single) {
        state_ = State::end;
        if (!walker_->at_end())
            return stop({ScanFailure::syntax, walker_->position(), "nothing after the object"});
    }
    return true;
}

}  // namespace tillstream::json
