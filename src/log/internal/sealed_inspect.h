// sealed_inspect.h - a sealed object in words, for `tillstream inspect`.
#pragma once

#include <string>

#include "core/env.h"
#include "core/result.h"

namespace tillstream::journal {

/// Whether the file is, or by its name should be, a sealed object.
Result<bool> looks_sealed(Filesystem& fs, const std::string& path);
/// Damage is described, not returned.
Status describe_sealed(Filesystem& fs, const std::string& path, std::string& out);

}  // namespace tillstream::journal
