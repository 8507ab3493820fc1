#ifndef CPROCESS_GROUPS_H
#define CPROCESS_GROUPS_H

#include <stdatomic.h>
#include <sys/types.h>

#include "CProcess.h"

enum { CPROCESS_PLACES = 4096 };

/// In memory shared with a forked process.
struct cprocess_groups {
  _Atomic(pid_t) guard;
  /// 0: free; -1: taken by a group that doesn't exist yet.
  _Atomic(pid_t) leaders[CPROCESS_PLACES];
};

#endif
