#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Starts programs with settings that posix_spawn lacks (account, parent-death signal, the step that failed), and ends their process
// groups after us. Both must be C: a child that shares our memory, and a fork of a process with threads, may call only
// async-signal-safe functions.
//
// Two quirks shape the code. A child made with CLONE_VM | CLONE_VFORK runs on our memory, so it must leave no trace there, and
// its signals stay blocked until exec. And a process killed by SIGKILL can't clean up, so a guard process waits on a pipe: the
// kernel closes our end whatever happens to us.

/// The process groups that end with us, in shared memory: an entry can't get lost or wait for a reader.
typedef struct cprocess_groups cprocess_groups;

/// NULL and `errno` if memory is short.
cprocess_groups *cprocess_groups_make(void);
/// Call only after all processes started with it have ended.
void cprocess_groups_free(cprocess_groups *groups);
/// Takes a place for one group; -1: all 4,096 are taken.
int cprocess_groups_take(cprocess_groups *groups);
/// Frees a place. Call it after the last signal to its group and before the leader is reaped: until then the group's number
/// can't be reused.
void cprocess_groups_clear(cprocess_groups *groups, int place);
/// The guard's process, for tests; 0 if none was started.
pid_t cprocess_groups_guard(cprocess_groups *groups);

/// Starts a process, not a child of ours, that waits until nobody holds the returned descriptor. Then it sends TERM to all recorded
/// groups, KILL to the remaining ones `grace` milliseconds later, and ends. It holds none of our files and no terminal, and
/// only KILL ends it.
/// - name: at most 15 characters, as in `/proc/PID/comm`.
/// Returns -1 and sets `errno` if it can't be started.
int cprocess_guard_start(cprocess_groups *groups, int grace, const char *name);
bool cprocess_guard_lives(int descriptor);

/// The account that a process runs as.
struct cprocess_account {
  uid_t user;
  gid_t group;
  const gid_t *groups;
  size_t group_count;
};

struct cprocess_program {
  /// Absolute, because the working directory changes first.
  const char *executable;
  /// Both end with NULL.
  char *const *arguments;
  char *const *environment;
  /// NULL: ours.
  const char *directory;
  /// They become 0, 1 and 2; may themselves be 0, 1 or 2.
  int streams[3];
  /// -1: ours.
  int umask;
  /// NULL: ours. Any other needs root.
  const struct cprocess_account *account;
  /// NULL: not recorded.
  cprocess_groups *groups;
  int place;
};

/// The step at which a child failed.
enum cprocess_step {
  CPROCESS_STARTED,
  CPROCESS_CLONE,
  CPROCESS_GROUP,
  CPROCESS_ACCOUNT,
  CPROCESS_DIRECTORY,
  CPROCESS_STREAMS,
  CPROCESS_EXECUTE,
};

struct cprocess_child {
  enum cprocess_step step;
  /// The `errno` of the failed step; the child is gone then.
  int error;
  pid_t process;
  /// Readable when it has ended; -1 before Linux 5.2. Closed on exec.
  int descriptor;
};

/// Starts `program` as the leader of its own process group, with only its three streams, no signal blocked or ignored. It gets TERM
/// when the THREAD that called this ends, so that thread must wait for it.
struct cprocess_child cprocess_start(const struct cprocess_program *program);

/// An anonymous file in memory. -1 and `errno` on failure.
int cprocess_memory_file(const char *name);
/// Both ends are closed on exec. -1 and `errno` on failure.
int cprocess_pipe(int ends[2]);

/// Whether orphaned processes become our children: we are the first process of a container, or a subreaper (prctl(2),
/// PR_SET_CHILD_SUBREAPER).
bool cprocess_inherits_orphans(void);
/// Makes us the parent of orphans among our descendants, for tests. -1 and `errno` on failure.
int cprocess_inherit_orphans(bool does);

#endif
