#include "CDisk.h"

#include <string.h>

#define POLYNOMIAL 0x82F63B78u

static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ POLYNOMIAL : value >> 1;
    table[0][byte] = value;
  }
  for (int place = 1; place < 8; place++)
    for (int byte = 0; byte < 256; byte++)
      table[place][byte] = table[0][table[place - 1][byte] & 0xFF] ^ table[place - 1][byte] >> 8;
}

// Eight bytes at a time, each with its own table ("slicing by 8", Kounavis and Berry, 2005).
uint32_t cdisk_crc32c_portable(uint32_t value, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  value = ~value;
  for (; count >= 8; count -= 8, next += 8) {
    value ^= (uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16 | (uint32_t)next[3] << 24;
    value = table[7][value & 0xFF] ^ table[6][value >> 8 & 0xFF] ^ table[5][value >> 16 & 0xFF] ^
            table[4][value >> 24] ^ table[3][next[4]] ^ table[2][next[5]] ^ table[1][next[6]] ^ table[0][next[7]];
  }
  for (; count > 0; count--) value = table[0][(value ^ *next++) & 0xFF] ^ value >> 8;
  return ~value;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t with_instruction(uint32_t value, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  uint64_t wide = ~value;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  uint32_t narrow = (uint32_t)wide;
  for (; count > 0; count--) narrow = __builtin_ia32_crc32qi(narrow, *next++);
  return ~narrow;
}

uint32_t cdisk_crc32c(uint32_t value, const void *bytes, size_t count) {
  return __builtin_cpu_supports("sse4.2") ? with_instruction(value, bytes, count)
                                          : cdisk_crc32c_portable(value, bytes, count);
}

#else

uint32_t cdisk_crc32c(uint32_t value, const void *bytes, size_t count) {
  return cdisk_crc32c_portable(value, bytes, count);
}

#endif
