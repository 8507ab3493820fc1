#ifndef CDISK_H
#define CDISK_H

#include <stddef.h>
#include <stdint.h>

// What goes to a disk and comes from it: a checksum of bytes, and the calls of Linux that Swift's C library doesn't show,
// as they need _GNU_SOURCE.

/// CRC-32C (Castagnoli), as storage services give it: `value` is that of what came before, 0 at the start.
uint32_t cdisk_crc32c(uint32_t value, const void *bytes, size_t count);

/// The same without the processor's instruction for it, for machines that have none.
uint32_t cdisk_crc32c_portable(uint32_t value, const void *bytes, size_t count);

/// `rename`, where nothing may be at `new`: else -1 and EEXIST.
int cdisk_rename_new(const char *old, const char *new_path);

/// What is at one path and what is at the other change places, at one stroke. EINVAL where the file system can't.
int cdisk_exchange(const char *one, const char *other);

/// Keeps room for `count` bytes, which the file's length doesn't show.
int cdisk_reserve(int file, int64_t count);

/// Has the system begin to write these bytes to the disk, and doesn't wait.
int cdisk_begin_writing(int file, int64_t offset, int64_t count);

/// The number of the kind of file system that `path` lies on (statfs(2), f_type); -1 where that can't be told.
int64_t cdisk_file_system(const char *path);

#endif
