#ifndef CPROCESS_MAPPINGS_H
#define CPROCESS_MAPPINGS_H

/// Unmaps files that are mapped writable, such as a database's: they would count as open for writing, and their file system
/// could neither be unmounted nor made read-only. Async-signal-safe.
///
/// `kept` is an address in a mapping that stays.
void cprocess_unmap_written_files(const void *kept);

#endif
