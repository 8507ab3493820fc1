#define _GNU_SOURCE
#include "CDisk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>

int cdisk_rename_new(const char *old, const char *new_path) {
  return renameat2(AT_FDCWD, old, AT_FDCWD, new_path, RENAME_NOREPLACE);
}

int cdisk_exchange(const char *one, const char *other) {
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int cdisk_reserve(int file, int64_t count) { return fallocate(file, FALLOC_FL_KEEP_SIZE, 0, count); }

int cdisk_begin_writing(int file, int64_t offset, int64_t count) {
  return sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
}

int64_t cdisk_file_system(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (int64_t)(uint32_t)status.f_type : -1;
}
