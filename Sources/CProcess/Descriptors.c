#define _GNU_SOURCE
#include "Descriptors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CProcess.h"

int cprocess_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int cprocess_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

void cprocess_close_from(int first) {
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
  // Before Linux 5.9, or in a sandbox that doesn't know the call.
  struct rlimit limit;
  int end = 1 << 16;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)end) end = (int)limit.rlim_cur;
  for (int descriptor = first; descriptor < end; descriptor++) close(descriptor);
}
