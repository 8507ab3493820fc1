#ifndef CPROCESS_DESCRIPTORS_H
#define CPROCESS_DESCRIPTORS_H

/// Closes all descriptors from this one on. Async-signal-safe.
void cprocess_close_from(int first);

#endif
