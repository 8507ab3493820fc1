#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "Descriptors.h"
#include "Groups.h"
#include "Mappings.h"

cprocess_groups *cprocess_groups_make(void) {
  void *memory = mmap(NULL, sizeof(cprocess_groups), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

void cprocess_groups_free(cprocess_groups *groups) { munmap(groups, sizeof(cprocess_groups)); }

int cprocess_groups_take(cprocess_groups *groups) {
  for (int place = 0; place < CPROCESS_PLACES; place++) {
    pid_t nobody = 0;
    if (atomic_compare_exchange_strong(&groups->leaders[place], &nobody, -1)) return place;
  }
  return -1;
}

void cprocess_groups_clear(cprocess_groups *groups, int place) { atomic_store(&groups->leaders[place], 0); }

pid_t cprocess_groups_guard(cprocess_groups *groups) { return atomic_load(&groups->guard); }

// From here up to cprocess_guard_start, everything runs in the guard and is async-signal-safe.

static void tell(cprocess_groups *groups, int signal) {
  for (int place = 0; place < CPROCESS_PLACES; place++) {
    pid_t leader = atomic_load(&groups->leaders[place]);
    if (leader > 0) kill(-leader, signal);
  }
}

/// Forgets groups that have ended, because their numbers may be reused. A group that we may not signal is no longer ours.
static bool any_left(cprocess_groups *groups) {
  bool any = false;
  for (int place = 0; place < CPROCESS_PLACES; place++) {
    pid_t leader = atomic_load(&groups->leaders[place]);
    if (leader <= 0) continue;
    if (kill(-leader, 0) == 0) any = true;
    else atomic_store(&groups->leaders[place], 0);
  }
  return any;
}

static long long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static _Noreturn void keep_guard(int line, cprocess_groups *groups, int grace, const char *name) {
  setsid();
  prctl(PR_SET_NAME, name);
  // A process's working directory keeps its file system from being unmounted.
  (void)!chdir("/");
  dup2(line, 0);
  cprocess_close_from(1);
  cprocess_unmap_written_files(groups);
  // Nobody ever writes: the wait ends when the last other end of the pipe is closed.
  struct pollfd end = {.fd = 0, .events = 0};
  while (poll(&end, 1, -1) < 0) {}
  if (any_left(groups)) {
    tell(groups, SIGTERM);
    // A stopped process receives TERM only after it continues.
    tell(groups, SIGCONT);
    long long last = milliseconds() + grace;
    while (any_left(groups) && milliseconds() < last) poll(NULL, 0, 10);
    tell(groups, SIGKILL);
  }
  _exit(0);
}

int cprocess_guard_start(cprocess_groups *groups, int grace, const char *name) {
  int ends[2];
  if (cprocess_pipe(ends) != 0) return -1;
  // The guard keeps all signals blocked: none of our handlers runs in it, and only KILL ends it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Not fork: it would run the handlers of libraries, which take locks that another thread may hold.
  pid_t middle = _Fork();
  if (middle == 0) {
    pid_t guard = _Fork();
    if (guard == 0) keep_guard(ends[0], groups, grace, name);
    if (guard < 0) _exit(errno);
    atomic_store(&groups->guard, guard);
    _exit(0);
  }
  int error = middle < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  int status = 0;
  if (middle > 0) {
    while (waitpid(middle, &status, 0) < 0 && errno == EINTR) {}
    error = WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD;
  }
  close(ends[0]);
  if (error == 0) return ends[1];
  close(ends[1]);
  errno = error;
  return -1;
}

bool cprocess_guard_lives(int descriptor) {
  // Polling the writing end of a pipe without readers reports an error.
  struct pollfd line = {.fd = descriptor, .events = 0};
  return poll(&line, 1, 0) == 0;
}
