# Writes the contract files of datasets/ into a source file, so that the program needs no files beside it.
# Contracts are data that shops and tests add to, hence the pattern instead of a list.

function(tillstream_embed_datasets out)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/datasets/*.toml)
  list(SORT files)
  list(LENGTH files count)
  set(entries "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} text)
    string(APPEND entries "    EmbeddedDataset{\"${name}\", R\"toml(${text})toml\"},\n")
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/generated/embedded_datasets.cc)
  file(WRITE ${source}.new "#include \"contract/embedded_datasets.h\"

#include <array>

namespace tillstream {

namespace {

constexpr std::array<EmbeddedDataset, ${count}> kDatasets = {
${entries}};

}  // namespace

std::span<const EmbeddedDataset> embedded_datasets() { return kDatasets; }

}  // namespace tillstream
")
  # Copied only if it differs: configuring again does not compile again.
  configure_file(${source}.new ${source} COPYONLY)
  set(${out} ${source} PARENT_SCOPE)
endfunction()
