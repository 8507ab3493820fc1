#ifndef CMOSQUITTO_H
#define CMOSQUITTO_H

#include <stdbool.h>
#include <stddef.h>

// One connection to an MQTT 5 broker by libmosquitto, which is loaded on first use: only who publishes to a broker needs it. Its
// functions are declared here by hand, so that building doesn't need its headers; its ABI (libmosquitto.so.1) is fixed since
// version 2.0. Not thread-safe: one thread uses a connection. This header has no logic; see Transport's MQTT.

/// Loads the library.
///
/// Returns NULL, or a clause that says why it can't be used. Thread-safe.
const char *cmosquitto_load(void);

typedef struct cmosquitto cmosquitto;

/// NULL without memory. The broker chooses the client's id.
cmosquitto *cmosquitto_open(void);
void cmosquitto_close(cmosquitto *self);

// Codes of the library: 0 is fine; cmosquitto_text says what others mean.
int cmosquitto_set_account(cmosquitto *self, const char *user, const char *password);
/// `ca`: a PEM file of the only authorities to trust; NULL: the system's. `certificate` and `key`: both or none.
int cmosquitto_set_tls(cmosquitto *self, const char *ca, const char *certificate, const char *key);
/// Blocks: name lookup, TCP and TLS, each as long as the system lets it. Then asks to be let in.
int cmosquitto_connect(cmosquitto *self, const char *host, int port);
/// Sends and receives; returns after `milliseconds` at the latest.
int cmosquitto_loop(cmosquitto *self, int milliseconds);
/// With QoS 1. `content_type`: NULL for none; `id` is a user property of the message.
int cmosquitto_publish(
    cmosquitto *self, const char *topic, const void *payload, int count, bool retain, const char *content_type,
    const char *id);
int cmosquitto_disconnect(cmosquitto *self);
/// -1 without a connection.
int cmosquitto_socket(cmosquitto *self);

// What the broker has said: a reason code of MQTT 5 (0 to 255), or -1 for nothing yet.
int cmosquitto_connect_reason(const cmosquitto *self);
int cmosquitto_publish_reason(const cmosquitto *self);
/// Of a DISCONNECT that the broker sent.
int cmosquitto_disconnect_reason(const cmosquitto *self);

/// Of one of the library's codes.
const char *cmosquitto_text(int code);
/// Of a reason code.
const char *cmosquitto_reason_text(int reason);

enum {
  CMOSQUITTO_OK = 0,
  CMOSQUITTO_REFUSED = 5,
  CMOSQUITTO_LOST = 7,
  CMOSQUITTO_TLS = 8,
  CMOSQUITTO_TOO_LARGE_PAYLOAD = 9,
  CMOSQUITTO_ERRNO = 14,
  CMOSQUITTO_RESOLVE = 15,
  CMOSQUITTO_UTF8 = 18,
  CMOSQUITTO_TLS_HANDSHAKE = 23,
  CMOSQUITTO_QOS = 24,
  CMOSQUITTO_TOO_LARGE = 25,
  CMOSQUITTO_RETAIN = 28
};

#endif
