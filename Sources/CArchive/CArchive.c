#include "CArchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

// All functions of libarchive in use, declared with the header's own types.
#define FUNCTIONS(FUNCTION)                                                                                      \
  FUNCTION(archive_read_new) FUNCTION(archive_read_free) FUNCTION(archive_read_support_format_tar)               \
  FUNCTION(archive_read_support_filter_gzip) FUNCTION(archive_read_support_filter_bzip2)                         \
  FUNCTION(archive_read_support_filter_xz) FUNCTION(archive_read_support_filter_zstd) FUNCTION(archive_read_open) \
  FUNCTION(archive_read_next_header) FUNCTION(archive_read_data_block) FUNCTION(archive_error_string)            \
  FUNCTION(archive_errno) FUNCTION(archive_format) FUNCTION(archive_entry_pathname)                              \
  FUNCTION(archive_entry_filetype) FUNCTION(archive_entry_size) FUNCTION(archive_entry_perm)                     \
  FUNCTION(archive_entry_hardlink)

#define DECLARE(name) __typeof__(&name) name;
static struct { FUNCTIONS(DECLARE) } library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
  // The name in every distribution: the library's ABI has not changed since version 3.
  void *handle = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    failure = "libarchive.so.13 is not installed";
    return;
  }
#define FIND(name)                                                    \
  if (!(library.name = (__typeof__(&name))dlsym(handle, #name))) {    \
    failure = "libarchive.so.13 has no function " #name;              \
    return;                                                           \
  }
  FUNCTIONS(FIND)
}

const char *carchive_load(void) {
  pthread_once(&once, load);
  return failure;
}

struct carchive {
  struct archive *archive;
  struct archive_entry *entry;
  carchive_source source;
  void *context;
  bool is_open;
};

static la_ssize_t take(struct archive *archive, void *context, const void **bytes) {
  (void)archive;
  carchive *self = context;
  return self->source(self->context, bytes);
}

carchive *carchive_open(carchive_source source, void *context) {
  carchive *self = calloc(1, sizeof(carchive));
  if (!self) return NULL;
  self->source = source;
  self->context = context;
  self->archive = library.archive_read_new();
  if (!self->archive) {
    free(self);
    return NULL;
  }
  // Only the library's own filters. A filter that this build lacks returns ARCHIVE_WARN and would run a program.
  library.archive_read_support_format_tar(self->archive);
  library.archive_read_support_filter_gzip(self->archive);
  library.archive_read_support_filter_bzip2(self->archive);
  library.archive_read_support_filter_xz(self->archive);
  library.archive_read_support_filter_zstd(self->archive);
  return self;
}

void carchive_close(carchive *self) {
  library.archive_read_free(self->archive);
  free(self);
}

carchive_step carchive_next(carchive *self, carchive_entry *entry) {
  if (!self->is_open) {
    // Reads the first bytes to detect the format.
    if (library.archive_read_open(self->archive, self, NULL, take, NULL) != ARCHIVE_OK) return CARCHIVE_FOREIGN;
    self->is_open = true;
  }
  int code = library.archive_read_next_header(self->archive, &self->entry);
  if (code == ARCHIVE_EOF) return CARCHIVE_END;
  // Warnings concern owners, times or attributes, which are ignored; an unreadable name is detected below.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
    return library.archive_format(self->archive) == 0 ? CARCHIVE_FOREIGN : CARCHIVE_BROKEN;
  entry->name = library.archive_entry_pathname(self->entry);
  entry->size = library.archive_entry_size(self->entry);
  entry->is_executable = library.archive_entry_perm(self->entry) & S_IXUSR;
  mode_t type = library.archive_entry_filetype(self->entry);
  // A hard link has the type of its target.
  entry->kind = library.archive_entry_hardlink(self->entry) ? CARCHIVE_OTHER
                : type == AE_IFREG                          ? CARCHIVE_FILE
                : type == AE_IFDIR                          ? CARCHIVE_DIRECTORY
                                                            : CARCHIVE_OTHER;
  return CARCHIVE_MORE;
}

carchive_step carchive_read(carchive *self, const void **bytes, size_t *count, int64_t *offset) {
  la_int64_t place = 0;
  int code = library.archive_read_data_block(self->archive, bytes, count, &place);
  *offset = place;
  if (code == ARCHIVE_EOF) return CARCHIVE_END;
  return code == ARCHIVE_OK ? CARCHIVE_MORE : CARCHIVE_BROKEN;
}

const char *carchive_error(carchive *self) {
  const char *text = library.archive_error_string(self->archive);
  return text ? text : "no reason given";
}
