#include "adapters/memory/memory_object_store.h"
#include "tests/contract/object_store_contract.h"

namespace tillstream::testing {
namespace {

struct InMemory {
    MemoryObjectStore objects;
    ObjectStore& store() { return objects; }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, ObjectStoreContract, InMemory);

}  // namespace
}  // namespace tillstream::testing
