#ifndef CARCHIVE_H
#define CARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Reads tar archives, plain or compressed with gzip, bzip2, xz or zstd, with libarchive.
//
// libarchive is loaded on first use and not linked: with libxml2 and ICU, which it brings along, it would cost every start of
// the program 2 ms, also of those that never see an archive. Only its types come from its header.

/// Loads libarchive, once.
///
/// - Returns: NULL, or why it can't be loaded; that text stays.
const char *carchive_load(void);

/// An archive that is being read, from its beginning to its end.
typedef struct carchive carchive;

/// Gives the next bytes of the archive's file: sets `*bytes`, which must stay until the next call, and returns how many there
/// are, 0 at the end, -1 to give up.
typedef ssize_t (*carchive_source)(void *context, const void **bytes);

/// NULL without memory. Only after `carchive_load`.
carchive *carchive_open(carchive_source source, void *context);
void carchive_close(carchive *archive);

typedef enum { CARCHIVE_FILE, CARCHIVE_DIRECTORY, CARCHIVE_OTHER } carchive_kind;

typedef struct {
  /// As it stands in the archive; NULL where it can't be read as text.
  const char *name;
  carchive_kind kind;
  int64_t size;
  /// The file's owner may run it.
  bool is_executable;
} carchive_entry;

typedef enum { CARCHIVE_MORE, CARCHIVE_END, CARCHIVE_FOREIGN, CARCHIVE_BROKEN } carchive_step;

/// The next entry, which stays until the next call. `CARCHIVE_FOREIGN`: this is no tar at all.
carchive_step carchive_next(carchive *archive, carchive_entry *entry);

/// The next bytes of the entry, and where in it they belong: holes are left out.
carchive_step carchive_read(carchive *archive, const void **bytes, size_t *count, int64_t *offset);

/// libarchive's wording of what is broken; never NULL.
const char *carchive_error(carchive *archive);

#endif
