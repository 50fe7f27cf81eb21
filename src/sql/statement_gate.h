// statement_gate.h - decides whether a statement of a user may run at all, from what the engine's parser
// says about it.
//
// Source:  FACES "Reads": bad SQL or several statements 400; anything not read-only, any file function or
//          setting 403.
// Rule:    table functions are closed (a list of what may be called), scalar functions are open less a list
//          of what reads settings, runs text, keeps state or idles. Relations that look like files are
//          refused before the engine looks at them. Behind the gate the engine's connections are locked down
//          as well.
// Threads: any; holds nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ports/warehouse.h"

namespace tillstream {

/// Well-formed, but not allowed.
struct Forbidden {
    std::string message;
};

using GateAnswer = std::variant<std::monostate, SqlError, Forbidden, Error>;

/// monostate: it may run. Error: the engine could not look at it now.
GateAnswer judge_statement(const StatementInfo& statement);

/// Asks the engine's parser, then judges.
GateAnswer admit_statement(Warehouse& warehouse, std::string_view sql);

}  // namespace tillstream
