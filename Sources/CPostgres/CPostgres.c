#include "CPostgres.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// The beginning of the library's PGnotify, which has never changed.
typedef struct {
  char *channel;
  int sender;
  char *payload;
} notification;
typedef void (*notice_receiver)(void *, const cpostgres_result *);

// Every function of the library that is used: result, name, parameters.
#define FUNCTIONS(FUNCTION)                                                                                           \
  FUNCTION(cpostgres_setting *, PQconninfoParse, (const char *, char **))                                             \
  FUNCTION(void, PQconninfoFree, (cpostgres_setting *))                                                               \
  FUNCTION(void, PQfreemem, (void *))                                                                                 \
  FUNCTION(cpostgres_connection *, PQconnectStartParams, (const char *const *, const char *const *, int))             \
  FUNCTION(int, PQconnectPoll, (cpostgres_connection *))                                                              \
  FUNCTION(int, PQstatus, (const cpostgres_connection *))                                                             \
  FUNCTION(int, PQsocket, (const cpostgres_connection *))                                                             \
  FUNCTION(char *, PQerrorMessage, (const cpostgres_connection *))                                                    \
  FUNCTION(const char *, PQparameterStatus, (const cpostgres_connection *, const char *))                             \
  FUNCTION(int, PQserverVersion, (const cpostgres_connection *))                                                      \
  FUNCTION(int, PQbackendPID, (const cpostgres_connection *))                                                         \
  FUNCTION(notification *, PQnotifies, (cpostgres_connection *))                                                      \
  FUNCTION(int, PQsetnonblocking, (cpostgres_connection *, int))                                                      \
  FUNCTION(notice_receiver, PQsetNoticeReceiver, (cpostgres_connection *, notice_receiver, void *))                   \
  FUNCTION(void, PQfinish, (cpostgres_connection *))                                                                  \
  FUNCTION(int, PQsendQuery, (cpostgres_connection *, const char *))                                                  \
  FUNCTION(                                                                                                           \
      int, PQsendQueryParams,                                                                                         \
      (cpostgres_connection *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int)) \
  FUNCTION(int, PQsendPrepare, (cpostgres_connection *, const char *, const char *, int, const unsigned *))           \
  FUNCTION(                                                                                                           \
      int, PQsendQueryPrepared,                                                                                       \
      (cpostgres_connection *, const char *, int, const char *const *, const int *, const int *, int))                \
  FUNCTION(int, PQenterPipelineMode, (cpostgres_connection *))                                                        \
  FUNCTION(int, PQpipelineSync, (cpostgres_connection *))                                                             \
  FUNCTION(int, PQexitPipelineMode, (cpostgres_connection *))                                                         \
  FUNCTION(int, PQflush, (cpostgres_connection *))                                                                    \
  FUNCTION(int, PQconsumeInput, (cpostgres_connection *))                                                             \
  FUNCTION(int, PQisBusy, (cpostgres_connection *))                                                                   \
  FUNCTION(cpostgres_result *, PQgetResult, (cpostgres_connection *))                                                 \
  FUNCTION(int, PQresultStatus, (const cpostgres_result *))                                                           \
  FUNCTION(char *, PQresultErrorField, (const cpostgres_result *, int))                                               \
  FUNCTION(int, PQntuples, (const cpostgres_result *))                                                                \
  FUNCTION(int, PQnfields, (const cpostgres_result *))                                                                \
  FUNCTION(char *, PQfname, (const cpostgres_result *, int))                                                          \
  FUNCTION(unsigned, PQftype, (const cpostgres_result *, int))                                                        \
  FUNCTION(int, PQgetisnull, (const cpostgres_result *, int, int))                                                    \
  FUNCTION(char *, PQgetvalue, (const cpostgres_result *, int, int))                                                  \
  FUNCTION(int, PQgetlength, (const cpostgres_result *, int, int))                                                    \
  FUNCTION(char *, PQcmdTuples, (cpostgres_result *))                                                                 \
  FUNCTION(void, PQclear, (cpostgres_result *))

#define DECLARE(result, name, parameters) result(*name) parameters;
static struct { FUNCTIONS(DECLARE) } library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void) {
  void *handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    failure = "PostgreSQL's client library, libpq, is not installed; on Debian and Ubuntu: apt-get install libpq5";
    return;
  }
#define FIND(result, name, parameters)                                                                        \
  if (!(library.name = (result(*) parameters)dlsym(handle, #name))) {                                         \
    failure = "PostgreSQL's client library, libpq, is too old: it has no function " #name;                    \
    return;                                                                                                   \
  }
  FUNCTIONS(FIND)
}

const char *cpostgres_load(void) {
  pthread_once(&once, load);
  return failure;
}

cpostgres_setting *cpostgres_settings(const char *text) {
  char *why = NULL;
  cpostgres_setting *settings = library.PQconninfoParse(text, &why);
  if (why) library.PQfreemem(why);
  return settings;
}

void cpostgres_free_settings(cpostgres_setting *settings) { library.PQconninfoFree(settings); }

// Without one of ours, the library writes to stderr.
static void pass_over(void *context, const cpostgres_result *result) { (void)context, (void)result; }

cpostgres_connection *cpostgres_start(const char *const *keywords, const char *const *values) {
  cpostgres_connection *connection = library.PQconnectStartParams(keywords, values, 1);
  if (connection) library.PQsetNoticeReceiver(connection, pass_over, NULL);
  return connection;
}

int cpostgres_poll(cpostgres_connection *connection) {
  int state = library.PQconnectPoll(connection);
  if (state == CPOSTGRES_POLL_OK) library.PQsetnonblocking(connection, 1);
  return state;
}

bool cpostgres_is_open(const cpostgres_connection *connection) { return library.PQstatus(connection) == 0; }

int cpostgres_socket(const cpostgres_connection *connection) { return library.PQsocket(connection); }

const char *cpostgres_message(const cpostgres_connection *connection) { return library.PQerrorMessage(connection); }

const char *cpostgres_parameter(const cpostgres_connection *connection, const char *name) {
  return library.PQparameterStatus(connection, name);
}

int cpostgres_version(const cpostgres_connection *connection) { return library.PQserverVersion(connection); }

int cpostgres_backend(const cpostgres_connection *connection) { return library.PQbackendPID(connection); }

char *cpostgres_notification(cpostgres_connection *connection) {
  notification *found = library.PQnotifies(connection);
  if (!found) return NULL;
  char *payload = strdup(found->payload);
  library.PQfreemem(found);
  return payload;
}

void cpostgres_close(cpostgres_connection *connection) { library.PQfinish(connection); }

bool cpostgres_send_script(cpostgres_connection *connection, const char *script) {
  return library.PQsendQuery(connection, script);
}

bool cpostgres_send(
    cpostgres_connection *connection, const char *statement, int count, const unsigned *types, const char *const *values,
    const int *lengths, const int *formats) {
  return library.PQsendQueryParams(connection, statement, count, types, values, lengths, formats, 1);
}

bool cpostgres_prepare(
    cpostgres_connection *connection, const char *name, const char *statement, int count, const unsigned *types) {
  return library.PQsendPrepare(connection, name, statement, count, types);
}

bool cpostgres_send_prepared(
    cpostgres_connection *connection, const char *name, int count, const char *const *values, const int *lengths,
    const int *formats) {
  return library.PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1);
}

bool cpostgres_enter_pipeline(cpostgres_connection *connection) { return library.PQenterPipelineMode(connection); }

bool cpostgres_sync(cpostgres_connection *connection) { return library.PQpipelineSync(connection); }

bool cpostgres_exit_pipeline(cpostgres_connection *connection) { return library.PQexitPipelineMode(connection); }

int cpostgres_flush(cpostgres_connection *connection) { return library.PQflush(connection); }

bool cpostgres_consume(cpostgres_connection *connection) { return library.PQconsumeInput(connection); }

bool cpostgres_is_busy(cpostgres_connection *connection) { return library.PQisBusy(connection); }

cpostgres_result *cpostgres_next(cpostgres_connection *connection) { return library.PQgetResult(connection); }

int cpostgres_status(const cpostgres_result *result) { return library.PQresultStatus(result); }

const char *cpostgres_field(const cpostgres_result *result, int field) {
  return library.PQresultErrorField(result, field);
}

int cpostgres_rows(const cpostgres_result *result) { return library.PQntuples(result); }

int cpostgres_columns(const cpostgres_result *result) { return library.PQnfields(result); }

const char *cpostgres_column(const cpostgres_result *result, int column) { return library.PQfname(result, column); }

unsigned cpostgres_type(const cpostgres_result *result, int column) { return library.PQftype(result, column); }

bool cpostgres_is_null(const cpostgres_result *result, int row, int column) {
  return library.PQgetisnull(result, row, column);
}

const char *cpostgres_value(const cpostgres_result *result, int row, int column) {
  return library.PQgetvalue(result, row, column);
}

int cpostgres_length(const cpostgres_result *result, int row, int column) {
  return library.PQgetlength(result, row, column);
}

const char *cpostgres_changed(cpostgres_result *result) { return library.PQcmdTuples(result); }

void cpostgres_clear(cpostgres_result *result) { library.PQclear(result); }
