// data_folder.h - what makes a folder a data folder: its file FORMAT, its one owner, and the address of the
// owner's door.
//
// Rule:    who takes a folder first removes the address that a killed server left in it. An address found
//          while somebody owns the folder is therefore that owner's; while nobody does, it is nobody's.
// Waits:   taking a folder is tried for half a second, because folder_owned holds it for a moment.
// Source:  FACES "Start": one process owns a data folder.
#pragma once

#include <string>

#include "core/env.h"

namespace tillstream::app {

/// File in the data folder that tells where its server listens; only there while one runs, or was killed.
std::string server_url_file(const std::string& dir);

/// Ownership of a folder that is there; FORMAT is written on first use. resource_exhausted, naming the pid,
/// if another process owns it; unsupported for a folder of another format, which stays as it is.
Result<FolderLock> take_folder(Filesystem& fs, const std::string& dir);

/// Whether a process owns the folder now. Nothing is made in a folder that is no data folder; one that nobody
/// owns is taken and given back at once, and stays as it is. Fails if that cannot be found out.
Result<bool> folder_owned(Filesystem& fs, const std::string& dir);

/// not_found, saying what to do, if there is no data folder at `dir`.
Status check_folder_there(Filesystem& fs, const std::string& dir);

}  // namespace tillstream::app
