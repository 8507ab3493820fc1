#ifndef CPROCESS_MAPPINGS_H
#define CPROCESS_MAPPINGS_H

/// Lets go of the files that are mapped to be written to, such as a database's: else they would count as open for writing, and
/// their file system could neither be unmounted nor made read-only. Async-signal-safe.
///
/// `kept` is a place in a mapping that stays.
void cprocess_unmap_written_files(const void *kept);

#endif
