#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// What posix_spawn lets nobody do between fork and exec, and what outlives us: both must be C, for neither a child that
// shares our memory nor a fork of a process with threads may call anything but async-signal-safe functions.

/// The process groups that are to end when we do: shared memory, so that no note of one can get lost or wait for a reader.
typedef struct cprocess_groups cprocess_groups;

/// NULL and `errno` when there is no memory.
cprocess_groups *cprocess_groups_make(void);
/// No process that was started with it may be running any more.
void cprocess_groups_free(cprocess_groups *groups);
/// A place for one group; -1: all 4,096 are taken.
int cprocess_groups_take(cprocess_groups *groups);
/// Frees a place, after the last signal to its group and before the leader is reaped: until then the group's number can't
/// be given to a stranger.
void cprocess_groups_clear(cprocess_groups *groups, int place);
/// The guard's own process, for tests; 0: none was ever started.
pid_t cprocess_groups_guard(cprocess_groups *groups);

/// Starts a process, no child of ours, that waits until nobody holds the returned descriptor any more. Then it sends TERM to
/// all groups that are noted, KILL `grace` milliseconds later to those that are left, and ends. It holds no file of ours and
/// no terminal, and no signal but KILL ends it.
/// - name: at most 15 characters, as in `/proc/PID/comm`.
/// Returns -1 and sets `errno` when it can't be started.
int cprocess_guard_start(cprocess_groups *groups, int grace, const char *name);
bool cprocess_guard_lives(int descriptor);

/// Whom a process runs as.
struct cprocess_account {
  uid_t user;
  gid_t group;
  const gid_t *groups;
  size_t group_count;
};

struct cprocess_program {
  /// Absolute: the directory is changed before.
  const char *executable;
  /// Both end with NULL.
  char *const *arguments;
  char *const *environment;
  /// NULL: ours.
  const char *directory;
  /// What become 0, 1 and 2; may themselves be 0, 1 or 2.
  int streams[3];
  /// -1: ours.
  int umask;
  /// NULL: ours. Any other needs root.
  const struct cprocess_account *account;
  /// NULL: it is noted nowhere.
  cprocess_groups *groups;
  int place;
};

/// What a child was at when it failed.
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
  /// `errno` of a step that failed; nothing of the child is left then.
  int error;
  pid_t process;
  /// Readable when it has ended; -1 before Linux 5.2. Closed on exec.
  int descriptor;
};

/// Starts `program` as the leader of a process group of its own, with no descriptor of ours but its three streams, no signal
/// blocked or ignored, and TERM for it when the THREAD that called this ends: so that must wait for it.
struct cprocess_child cprocess_start(const struct cprocess_program *program);

/// A file without a name, in memory. -1 and `errno` when there can be none.
int cprocess_memory_file(const char *name);
/// Both ends are closed on exec. -1 and `errno` when there can be none.
int cprocess_pipe(int ends[2]);

/// Whether processes whose parent has ended become ours: we are a container's first process, or were made responsible for them
/// (prctl(2), PR_SET_CHILD_SUBREAPER).
bool cprocess_inherits_orphans(void);
/// Makes us responsible for the orphans among our descendants, for tests. -1 and `errno` when that can't be.
int cprocess_inherit_orphans(bool does);

#endif
