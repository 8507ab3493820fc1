#include <sys/prctl.h>
#include <unistd.h>

#include "CProcess.h"

bool cprocess_inherits_orphans(void) {
  int is_subreaper = 0;
  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper);
}

int cprocess_inherit_orphans(bool does) { return prctl(PR_SET_CHILD_SUBREAPER, does); }
