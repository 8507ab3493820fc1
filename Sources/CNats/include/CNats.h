#ifndef CNATS_H
#define CNATS_H

#include <stdint.h>

// One connection to a NATS server by libnats, which is loaded on first use: only who publishes to NATS needs it. Its functions are
// declared here by hand, so that building doesn't need its headers; what is used of it is the same in all its versions since 3.0.
// Every call blocks, for as long as the caller says. This header has no logic; see Transport's NATS.

/// Loads the library.
///
/// Returns NULL, or a clause that says why it can't be used. Thread-safe.
const char *cnats_load(void);

typedef struct cnats cnats;

/// NULL without memory.
cnats *cnats_open(void);
void cnats_close(cnats *self);

// Codes of the library: 0 is fine; cnats_text says what others mean.
int cnats_set_account(cnats *self, const char *user, const char *password);
int cnats_set_token(cnats *self, const char *token);
/// A file of credentials as NATS makes them (JWT and seed).
int cnats_set_credentials(cnats *self, const char *path);
/// `host`: the certificate must have it. `ca`: a PEM file of authorities to trust beside the system's; NULL: none.
/// `certificate` and `key`: both or none.
int cnats_set_tls(cnats *self, const char *host, const char *ca, const char *certificate, const char *key);
int cnats_connect(cnats *self, const char *url, int64_t milliseconds);

typedef struct {
  /// 0, or why there is no acknowledgement.
  int code;
  /// Of JetStream (its `err_code`); 0 for none.
  int stream_code;
} cnats_result;

/// Publishes, and waits until a stream has stored the message. `id`: what a stream recognises a repeat by.
cnats_result cnats_publish(
    cnats *self, const char *subject, const void *payload, int count, const char *content_type, const char *id,
    int64_t milliseconds);

/// Of one of the library's codes.
const char *cnats_text(int code);
/// What the connection last complained of, such as a subject that isn't allowed; "" for nothing. Copied into `text`.
void cnats_last_error(cnats *self, char *text, int size);

// As in the library's status.h.
enum {
  CNATS_OK = 0,
  CNATS_IO = 3,
  CNATS_CLOSED = 5,
  CNATS_NO_SERVER = 6,
  CNATS_STALE = 7,
  CNATS_TLS_WANTED = 8,
  CNATS_TLS_REQUIRED = 9,
  CNATS_DISCONNECTED = 10,
  CNATS_AUTH_FAILED = 11,
  CNATS_NOT_PERMITTED = 12,
  CNATS_MAX_PAYLOAD = 21,
  CNATS_TIMEOUT = 26,
  CNATS_TLS = 29,
  CNATS_NO_SERVER_SUPPORT = 30,
  CNATS_NO_RESPONDERS = 34
};

#endif
