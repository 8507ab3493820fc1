#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli), as storage services give it: `value` is that of what came before, 0 at the start.
uint32_t cchecksum_crc32c(uint32_t value, const void *bytes, size_t count);

/// The same without the processor's instruction for it, for machines that have none.
uint32_t cchecksum_crc32c_portable(uint32_t value, const void *bytes, size_t count);

#endif
