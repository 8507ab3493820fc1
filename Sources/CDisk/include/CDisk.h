#ifndef CDISK_H
#define CDISK_H

#include <stddef.h>
#include <stdint.h>

// Disk primitives: a checksum, and Linux system calls that Swift's C library doesn't expose because they need _GNU_SOURCE.
// Each function is a thin wrapper without state.

/// CRC-32C (Castagnoli), as storage services use it: `value` is the checksum of the preceding bytes, 0 at the start.
uint32_t cdisk_crc32c(uint32_t value, const void *bytes, size_t count);

/// The same without the processor's CRC instruction.
uint32_t cdisk_crc32c_portable(uint32_t value, const void *bytes, size_t count);

/// Like `rename`, but fails with -1 and EEXIST if `new_path` exists.
int cdisk_rename_new(const char *old, const char *new_path);

/// Atomically exchanges two paths. EINVAL if the file system can't.
int cdisk_exchange(const char *one, const char *other);

/// Reserves `count` bytes without changing the file's length.
int cdisk_reserve(int file, int64_t count);

/// Starts writing these bytes to the disk without waiting.
int cdisk_begin_writing(int file, int64_t offset, int64_t count);

/// The type of the file system that contains `path` (statfs(2), f_type); -1 if unknown.
int64_t cdisk_file_system(const char *path);

#endif
