#include "CNats.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct natsOptions natsOptions;
typedef struct natsConnection natsConnection;
typedef struct natsMsg natsMsg;
typedef struct jsCtx jsCtx;
typedef struct jsPubAck jsPubAck;
typedef void (*error_handler)(natsConnection *, void *, int, void *);

// Later versions have members behind these: there is room for them.
typedef union {
  struct {
    int64_t wait_milliseconds;
    const char *id;
  } known;
  char room[1024];
} publish_options;

// Every function of the library that is used: result, name, parameters.
#define FUNCTIONS(FUNCTION)                                                                           \
  FUNCTION(int, natsOptions_Create, (natsOptions **))                                                 \
  FUNCTION(void, natsOptions_Destroy, (natsOptions *))                                                \
  FUNCTION(int, natsOptions_SetURL, (natsOptions *, const char *))                                    \
  FUNCTION(int, natsOptions_SetTimeout, (natsOptions *, int64_t))                                     \
  FUNCTION(int, natsOptions_SetAllowReconnect, (natsOptions *, bool))                                 \
  FUNCTION(int, natsOptions_SetErrorHandler, (natsOptions *, error_handler, void *))                  \
  FUNCTION(int, natsOptions_SetUserInfo, (natsOptions *, const char *, const char *))                 \
  FUNCTION(int, natsOptions_SetToken, (natsOptions *, const char *))                                  \
  FUNCTION(int, natsOptions_SetUserCredentialsFromFiles, (natsOptions *, const char *, const char *)) \
  FUNCTION(int, natsOptions_SetSecure, (natsOptions *, bool))                                         \
  FUNCTION(int, natsOptions_SetExpectedHostname, (natsOptions *, const char *))                       \
  FUNCTION(int, natsOptions_LoadCATrustedCertificates, (natsOptions *, const char *))                 \
  FUNCTION(int, natsOptions_LoadCertificatesChain, (natsOptions *, const char *, const char *))       \
  FUNCTION(int, natsConnection_Connect, (natsConnection **, natsOptions *))                           \
  FUNCTION(void, natsConnection_Destroy, (natsConnection *))                                          \
  FUNCTION(int, natsConnection_GetLastError, (natsConnection *, const char **))                       \
  FUNCTION(int, natsConnection_JetStream, (jsCtx **, natsConnection *, void *))                       \
  FUNCTION(void, jsCtx_Destroy, (jsCtx *))                                                            \
  FUNCTION(int, natsMsg_Create, (natsMsg **, const char *, const char *, const char *, int))          \
  FUNCTION(int, natsMsgHeader_Set, (natsMsg *, const char *, const char *))                           \
  FUNCTION(void, natsMsg_Destroy, (natsMsg *))                                                        \
  FUNCTION(int, js_PublishMsg, (jsPubAck **, jsCtx *, natsMsg *, publish_options *, int *))           \
  FUNCTION(void, jsPubAck_Destroy, (jsPubAck *))                                                      \
  FUNCTION(const char *, natsStatus_GetText, (int))

#define DECLARE(result, name, parameters) result(*name) parameters;
static struct { FUNCTIONS(DECLARE) } library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

// Its name has its version, and differs from one distribution to the next.
static const char *const names[] = {
    "libnats.so.3.12", "libnats.so.3.11", "libnats.so.3.10", "libnats.so.3.9", "libnats.so.3.8", "libnats.so.3.7",
    "libnats.so.3.6",  "libnats.so.3.5",  "libnats.so.3.4",  "libnats.so.3.3", "libnats.so"};

static void load(void) {
  void *handle = NULL;
  for (size_t index = 0; !handle && index < sizeof names / sizeof names[0]; index++)
    handle = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    failure = "it is not installed; on Debian and Ubuntu: apt-get install libnats-dev";
    return;
  }
#define FIND(result, name, parameters)                                       \
  if (!(library.name = (result(*) parameters)dlsym(handle, #name))) {        \
    failure = "it is older than version 3.0: it has no function " #name; \
    return;                                                                  \
  }
  FUNCTIONS(FIND)
}

const char *cnats_load(void) {
  pthread_once(&once, load);
  return failure;
}

struct cnats {
  natsOptions *options;
  natsConnection *connection;
  jsCtx *stream;
};

// Without one of ours, the library writes to stderr.
static void pass_over(natsConnection *connection, void *subscription, int code, void *context) {
  (void)connection, (void)subscription, (void)code, (void)context;
}

cnats *cnats_open(void) {
  cnats *self = calloc(1, sizeof(cnats));
  if (!self) return NULL;
  if (library.natsOptions_Create(&self->options) != 0) {
    free(self);
    return NULL;
  }
  library.natsOptions_SetAllowReconnect(self->options, false);
  library.natsOptions_SetErrorHandler(self->options, pass_over, NULL);
  return self;
}

void cnats_close(cnats *self) {
  library.jsCtx_Destroy(self->stream);
  library.natsConnection_Destroy(self->connection);
  library.natsOptions_Destroy(self->options);
  free(self);
}

int cnats_set_account(cnats *self, const char *user, const char *password) {
  return library.natsOptions_SetUserInfo(self->options, user, password);
}

int cnats_set_token(cnats *self, const char *token) { return library.natsOptions_SetToken(self->options, token); }

int cnats_set_credentials(cnats *self, const char *path) {
  return library.natsOptions_SetUserCredentialsFromFiles(self->options, path, NULL);
}

int cnats_set_tls(cnats *self, const char *host, const char *ca, const char *certificate, const char *key) {
  int code = library.natsOptions_SetSecure(self->options, true);
  if (code == 0) code = library.natsOptions_SetExpectedHostname(self->options, host);
  if (code == 0 && ca) code = library.natsOptions_LoadCATrustedCertificates(self->options, ca);
  if (code == 0 && certificate) code = library.natsOptions_LoadCertificatesChain(self->options, certificate, key);
  return code;
}

int cnats_connect(cnats *self, const char *url, int64_t milliseconds) {
  int code = library.natsOptions_SetURL(self->options, url);
  if (code == 0) code = library.natsOptions_SetTimeout(self->options, milliseconds);
  if (code == 0) code = library.natsConnection_Connect(&self->connection, self->options);
  if (code == 0) code = library.natsConnection_JetStream(&self->stream, self->connection, NULL);
  return code;
}

cnats_result cnats_publish(
    cnats *self, const char *subject, const void *payload, int count, const char *content_type, const char *id,
    int64_t milliseconds) {
  cnats_result result = {0, 0};
  natsMsg *message = NULL;
  jsPubAck *acknowledgement = NULL;
  publish_options options;
  memset(&options, 0, sizeof options);
  options.known.wait_milliseconds = milliseconds;
  options.known.id = id;
  result.code = library.natsMsg_Create(&message, subject, NULL, payload, count);
  if (result.code == 0 && content_type)
    result.code = library.natsMsgHeader_Set(message, "Content-Type", content_type);
  if (result.code == 0)
    result.code = library.js_PublishMsg(&acknowledgement, self->stream, message, &options, &result.stream_code);
  library.jsPubAck_Destroy(acknowledgement);
  library.natsMsg_Destroy(message);
  return result;
}

const char *cnats_text(int code) { return library.natsStatus_GetText(code); }

void cnats_last_error(cnats *self, char *text, int size) {
  const char *last = NULL;
  if (self->connection) library.natsConnection_GetLastError(self->connection, &last);
  strncpy(text, last ? last : "", (size_t)size - 1);
  text[size - 1] = 0;
}
