#include "Mappings.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uintptr_t hexadecimal(const char **text) {
  uintptr_t value = 0;
  for (;; (*text)++) {
    char digit = **text;
    if (digit >= '0' && digit <= '9') value = value * 16 + (uintptr_t)(digit - '0');
    else if (digit >= 'a' && digit <= 'f') value = value * 16 + (uintptr_t)(digit - 'a' + 10);
    else return value;
  }
}

/// `start-end rw-s offset device inode name`, as in proc(5); `s` means shared.
static void look(const char *line, uintptr_t kept) {
  uintptr_t start = hexadecimal(&line);
  if (*line++ != '-') return;
  uintptr_t end = hexadecimal(&line);
  if (strncmp(line, " rw-s ", 6) != 0 || (start <= kept && kept < end)) return;
  munmap((void *)start, end - start);
}

void cprocess_unmap_written_files(const void *kept) {
  int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) return;
  // The beginning of each line is enough. Ranges unmapped during the loop were read already.
  char text[4096], line[80];
  size_t length = 0;
  ssize_t count;
  while ((count = read(maps, text, sizeof text)) > 0) {
    for (ssize_t index = 0; index < count; index++) {
      if (text[index] == '\n') {
        line[length] = 0;
        look(line, (uintptr_t)kept);
        length = 0;
      } else if (length < sizeof line - 1) {
        line[length++] = text[index];
      }
    }
  }
  close(maps);
}
