#include "core/thread_priority.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tillstream {

void lower_own_priority(int nice) {
    // On Linux the nice value belongs to the thread, and setpriority takes its id.
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), nice);
}

}  // namespace tillstream
