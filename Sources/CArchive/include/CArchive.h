#ifndef CARCHIVE_H
#define CARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Reads tar archives, plain or compressed with gzip, bzip2, xz or zstd, with libarchive.
//
// libarchive is loaded on first use instead of linked: with its dependencies libxml2 and ICU, it would add 2 ms to every start of
// the program, even without any archive. Only its types come from its header.
//
// The caller provides the file's bytes and decides what to write; this code touches no disk and writes no files. Entries
// other than files and directories are reported as CARCHIVE_OTHER, so that the caller can refuse them.

/// Loads libarchive, once.
///
/// - Returns: NULL, or why it can't be loaded; the text stays valid.
const char *carchive_load(void);

/// An archive being read, from its beginning to its end.
typedef struct carchive carchive;

/// Returns the next bytes of the archive's file: sets `*bytes`, which must stay valid until the next call, and returns their
/// number, 0 at the end, -1 to give up.
typedef ssize_t (*carchive_source)(void *context, const void **bytes);

/// NULL if memory is short. Call `carchive_load` first.
carchive *carchive_open(carchive_source source, void *context);
void carchive_close(carchive *archive);

typedef enum { CARCHIVE_FILE, CARCHIVE_DIRECTORY, CARCHIVE_OTHER } carchive_kind;

typedef struct {
  /// As in the archive; NULL if it isn't readable as text.
  const char *name;
  carchive_kind kind;
  int64_t size;
  /// The owner's execute permission.
  bool is_executable;
} carchive_entry;

typedef enum { CARCHIVE_MORE, CARCHIVE_END, CARCHIVE_FOREIGN, CARCHIVE_BROKEN } carchive_step;

/// The next entry, valid until the next call. `CARCHIVE_FOREIGN`: this isn't a tar file.
carchive_step carchive_next(carchive *archive, carchive_entry *entry);

/// The next bytes of the entry and their offset in it; holes are omitted.
carchive_step carchive_read(carchive *archive, const void **bytes, size_t *count, int64_t *offset);

/// libarchive's description of the error; never NULL.
const char *carchive_error(carchive *archive);

#endif
