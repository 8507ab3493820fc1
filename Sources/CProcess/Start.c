#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "Descriptors.h"
#include "Groups.h"

/// Shared between the child, which uses our memory, and the thread that waits until it executes.
struct start {
  const struct cprocess_program *program;
  pid_t parent;
  struct cprocess_child child;
};

// From here up to cprocess_start, everything runs in the child, on our memory, and is async-signal-safe.

static int fail(struct start *start, enum cprocess_step step) {
  start->child.error = errno;
  start->child.step = step;
  return 127;
}

/// Our handlers would run in our memory, and ignored signals would stay ignored after exec.
static void reset_signals(void) {
  struct sigaction usual = {.sa_handler = SIG_DFL};
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &usual, NULL);
}

/// Raw system calls, because the C library's functions would change the user of all our threads.
static int change_account(const struct cprocess_account *account) {
  if (syscall(SYS_setgroups, account->group_count, account->groups) != 0) return -1;
  if (syscall(SYS_setresgid, account->group, account->group, account->group) != 0) return -1;
  return (int)syscall(SYS_setresuid, account->user, account->user, account->user);
}

static int place_streams(const int streams[3]) {
  int sources[3];
  for (int stream = 0; stream < 3; stream++) {
    // Move a descriptor away if it occupies another stream's number, as when we were started without stdin.
    sources[stream] = streams[stream] < 3 ? fcntl(streams[stream], F_DUPFD, 3) : streams[stream];
    if (sources[stream] < 0) return -1;
  }
  for (int stream = 0; stream < 3; stream++) {
    if (dup2(sources[stream], stream) < 0) return -1;
  }
  cprocess_close_from(3);
  return 0;
}

static int become(void *context) {
  struct start *start = context;
  const struct cprocess_program *program = start->program;
  if (setpgid(0, 0) != 0) return fail(start, CPROCESS_GROUP);
  // The guard waits for the end of a pipe that we hold until exec, so it can't look before this is recorded.
  if (program->groups) atomic_store(&program->groups->leaders[program->place], getpid());
  reset_signals();
  if (program->account && change_account(program->account) != 0) return fail(start, CPROCESS_ACCOUNT);
  // After the change of account, which clears it.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != start->parent) return 127;
  if (program->umask >= 0) umask((mode_t)program->umask);
  if (program->directory && chdir(program->directory) != 0) return fail(start, CPROCESS_DIRECTORY);
  if (place_streams(program->streams) != 0) return fail(start, CPROCESS_STREAMS);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(program->executable, program->arguments, program->environment);
  return fail(start, CPROCESS_EXECUTE);
}

struct cprocess_child cprocess_start(const struct cprocess_program *program) {
  struct start start = {
      .program = program, .parent = getpid(), .child = {.step = CPROCESS_STARTED, .process = -1, .descriptor = -1}};
  // This thread is suspended until the child has executed or ended, so the child may use its stack.
  char stack[32 * 1024] __attribute__((aligned(16)));
  // Blocked until the child has reset our handlers, and in the child until just before exec.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  pid_t process = clone(become, stack + sizeof stack, flags, &start, &start.child.descriptor);
  if (process < 0) fail(&start, CPROCESS_CLONE);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  start.child.process = process;
  if (start.child.step == CPROCESS_STARTED || process < 0) return start.child;
  if (program->groups) cprocess_groups_clear(program->groups, program->place);
  while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
  if (start.child.descriptor >= 0) close(start.child.descriptor);
  return start.child;
}
