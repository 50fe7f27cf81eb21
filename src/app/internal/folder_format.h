// folder_format.h - which program a data folder belongs to: its file FORMAT.
#pragma once

#include <string>

#include "core/env.h"

namespace tillstream::app {

/// Written on first use. unsupported for a folder of another format, which is never touched.
Status check_folder_format(Filesystem& fs, const std::string& dir);

}  // namespace tillstream::app
