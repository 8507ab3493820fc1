#include "CMosquitto.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct mosquitto;
typedef struct mqtt5__property property;

typedef void (*on_connect_function)(struct mosquitto *, void *, int, int, const property *);
typedef void (*on_reason_function)(struct mosquitto *, void *, int, const property *);
typedef void (*on_publish_function)(struct mosquitto *, void *, int, int, const property *);

// Every function of the library that is used: result, name, parameters.
#define FUNCTIONS(FUNCTION)                                                                                            \
  FUNCTION(int, lib_init, (void))                                                                                      \
  FUNCTION(struct mosquitto *, new, (const char *, bool, void *))                                                      \
  FUNCTION(void, destroy, (struct mosquitto *))                                                                        \
  FUNCTION(int, int_option, (struct mosquitto *, int, int))                                                            \
  FUNCTION(int, username_pw_set, (struct mosquitto *, const char *, const char *))                                     \
  FUNCTION(int, tls_set,                                                                                               \
           (struct mosquitto *, const char *, const char *, const char *, const char *,                                \
            int (*)(char *, int, int, void *)))                                                                        \
  FUNCTION(int, connect_bind_v5, (struct mosquitto *, const char *, int, int, const char *, const property *))         \
  FUNCTION(int, disconnect_v5, (struct mosquitto *, int, const property *))                                            \
  FUNCTION(int, publish_v5, (struct mosquitto *, int *, const char *, int, const void *, int, bool, const property *)) \
  FUNCTION(int, loop_read, (struct mosquitto *, int))                                                                  \
  FUNCTION(int, loop_write, (struct mosquitto *, int))                                                                 \
  FUNCTION(int, loop_misc, (struct mosquitto *))                                                                       \
  FUNCTION(bool, want_write, (struct mosquitto *))                                                                     \
  FUNCTION(int, socket, (struct mosquitto *))                                                                          \
  FUNCTION(void, connect_v5_callback_set, (struct mosquitto *, on_connect_function))                                   \
  FUNCTION(void, disconnect_v5_callback_set, (struct mosquitto *, on_reason_function))                                 \
  FUNCTION(void, publish_v5_callback_set, (struct mosquitto *, on_publish_function))                                   \
  FUNCTION(int, property_add_string, (property **, int, const char *))                                                 \
  FUNCTION(int, property_add_string_pair, (property **, int, const char *, const char *))                              \
  FUNCTION(int, property_add_byte, (property **, int, uint8_t))                                                        \
  FUNCTION(void, property_free_all, (property **))                                                                     \
  FUNCTION(const char *, strerror, (int))                                                                              \
  FUNCTION(const char *, reason_string, (int))

#define DECLARE(result, name, parameters) result(*name) parameters;
static struct { FUNCTIONS(DECLARE) } library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
  void *handle = dlopen("libmosquitto.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    failure = "it is not installed; on Debian and Ubuntu: apt-get install libmosquitto1";
    return;
  }
#define FIND(result, name, parameters)                                                   \
  if (!(library.name = (result(*) parameters)dlsym(handle, "mosquitto_" #name))) {       \
    failure = "it is older than version 2.0: it has no mosquitto_" #name; \
    return;                                                                              \
  }
  FUNCTIONS(FIND)
  if (library.lib_init() != 0) failure = "it could not be started";
}

const char *cmosquitto_load(void) {
  pthread_once(&once, load);
  return failure;
}

enum { PROTOCOL_VERSION = 1, USE_SYSTEM_AUTHORITIES = 13 };                  // enum mosq_opt_t
enum { PAYLOAD_FORMAT = 1, CONTENT_TYPE = 3, USER_PROPERTY = 38 };           // MQTT 5, section 2.2.2.2
enum { KEEPALIVE_SECONDS = 60 };

struct cmosquitto {
  struct mosquitto *client;
  int connect_reason, publish_reason, disconnect_reason;
};

static void on_connect(struct mosquitto *client, void *self, int reason, int flags, const property *properties) {
  (void)client, (void)flags, (void)properties;
  ((cmosquitto *)self)->connect_reason = reason;
}

static void on_publish(struct mosquitto *client, void *self, int message, int reason, const property *properties) {
  (void)client, (void)message, (void)properties;
  ((cmosquitto *)self)->publish_reason = reason;
}

static void on_disconnect(struct mosquitto *client, void *self, int reason, const property *properties) {
  (void)client, (void)properties;
  ((cmosquitto *)self)->disconnect_reason = reason;
}

cmosquitto *cmosquitto_open(void) {
  cmosquitto *self = calloc(1, sizeof(cmosquitto));
  if (!self) return NULL;
  self->connect_reason = self->publish_reason = self->disconnect_reason = -1;
  self->client = library.new(NULL, true, self);
  if (!self->client) {
    free(self);
    return NULL;
  }
  library.int_option(self->client, PROTOCOL_VERSION, 5);
  library.connect_v5_callback_set(self->client, on_connect);
  library.publish_v5_callback_set(self->client, on_publish);
  library.disconnect_v5_callback_set(self->client, on_disconnect);
  return self;
}

void cmosquitto_close(cmosquitto *self) {
  library.destroy(self->client);
  free(self);
}

int cmosquitto_set_account(cmosquitto *self, const char *user, const char *password) {
  return library.username_pw_set(self->client, user, password);
}

// Without it, OpenSSL would ask for a passphrase on the terminal and block the thread.
static int no_passphrase(char *text, int size, int is_writing, void *client) {
  (void)is_writing, (void)client;
  if (size > 0) text[0] = 0;
  return 0;
}

int cmosquitto_set_tls(cmosquitto *self, const char *ca, const char *certificate, const char *key) {
  if (!ca) {
    int code = library.int_option(self->client, USE_SYSTEM_AUTHORITIES, 1);
    if (code != 0 || !certificate) return code;
  }
  // It wants authorities by name where a certificate is given: those of Debian and its like.
  return library.tls_set(self->client, ca, ca ? NULL : "/etc/ssl/certs", certificate, key, no_passphrase);
}

int cmosquitto_connect(cmosquitto *self, const char *host, int port) {
  return library.connect_bind_v5(self->client, host, port, KEEPALIVE_SECONDS, NULL, NULL);
}

// Not by mosquitto_loop: it uses select(2), and refuses a descriptor of 1,024 or above as an invalid argument.
int cmosquitto_loop(cmosquitto *self, int milliseconds) {
  struct pollfd ready = {.fd = library.socket(self->client), .events = POLLIN};
  if (ready.fd < 0) return CMOSQUITTO_LOST;
  if (library.want_write(self->client)) ready.events |= POLLOUT;
  if (poll(&ready, 1, milliseconds) < 0) return errno == EINTR ? CMOSQUITTO_OK : CMOSQUITTO_ERRNO;
  // Reading comes first: what the broker said before it closed must not be lost to a write that fails.
  int code = CMOSQUITTO_OK;
  if (ready.revents & (POLLIN | POLLHUP | POLLERR)) code = library.loop_read(self->client, 1);
  if (code == CMOSQUITTO_OK && ready.revents & POLLOUT) code = library.loop_write(self->client, 1);
  return code == CMOSQUITTO_OK ? library.loop_misc(self->client) : code;
}

int cmosquitto_publish(
    cmosquitto *self, const char *topic, const void *payload, int count, bool retain, const char *content_type,
    const char *id) {
  property *properties = NULL;
  int code = library.property_add_byte(&properties, PAYLOAD_FORMAT, 1);
  if (code == 0 && content_type) code = library.property_add_string(&properties, CONTENT_TYPE, content_type);
  if (code == 0) code = library.property_add_string_pair(&properties, USER_PROPERTY, "webhook-id", id);
  if (code == 0) code = library.publish_v5(self->client, NULL, topic, count, payload, 1, retain, properties);
  library.property_free_all(&properties);
  return code;
}

int cmosquitto_disconnect(cmosquitto *self) { return library.disconnect_v5(self->client, 0, NULL); }
int cmosquitto_socket(cmosquitto *self) { return library.socket(self->client); }

int cmosquitto_connect_reason(const cmosquitto *self) { return self->connect_reason; }
int cmosquitto_publish_reason(const cmosquitto *self) { return self->publish_reason; }
int cmosquitto_disconnect_reason(const cmosquitto *self) { return self->disconnect_reason; }

const char *cmosquitto_text(int code) { return library.strerror(code); }
const char *cmosquitto_reason_text(int reason) { return library.reason_string(reason); }
