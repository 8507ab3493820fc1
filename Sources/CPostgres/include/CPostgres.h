#ifndef CPOSTGRES_H
#define CPOSTGRES_H

#include <stdbool.h>
#include <stdint.h>

// PostgreSQL's client library, libpq, which is loaded on first use: only who keeps the state in PostgreSQL needs it. Its functions
// are declared here by hand, so that building doesn't need its headers; what is used of it is the same in all its versions since
// 14. No call blocks: who waits for the socket is `PostgresConnection`. This header has no logic.

/// Loads the library.
///
/// Returns NULL, or a clause that says why it can't be used. Thread-safe.
const char *cpostgres_load(void);

typedef struct pg_conn cpostgres_connection;
typedef struct pg_result cpostgres_result;

/// A setting of a connection as libpq reads it from a URI or from `key=value` pairs.
typedef struct {
  /// NULL behind the last.
  char *keyword;
  char *environment;
  char *compiled;
  /// NULL: it isn't set.
  char *value;
  char *label;
  char *mark;
  int size;
} cpostgres_setting;

/// The settings that `text` names, to be freed; NULL when it can't be read. Why is not said: libpq's words repeat a part of the text.
cpostgres_setting *cpostgres_settings(const char *text);
void cpostgres_free_settings(cpostgres_setting *settings);

/// Begins to connect. Both lists end with NULL; a keyword that comes again counts as it came last, and a `dbname` may be a URI.
/// NULL without memory. What the server has to remark goes nowhere.
cpostgres_connection *cpostgres_start(const char *const *keywords, const char *const *values);
/// CPOSTGRES_POLL_….
int cpostgres_poll(cpostgres_connection *connection);
bool cpostgres_is_open(const cpostgres_connection *connection);
int cpostgres_socket(const cpostgres_connection *connection);
/// The library's own words for what happened last, with a line feed.
const char *cpostgres_message(const cpostgres_connection *connection);
/// NULL when the server hasn't said.
const char *cpostgres_parameter(const cpostgres_connection *connection, const char *name);
int cpostgres_version(const cpostgres_connection *connection);
/// The process of the server that this connection began with; a pooler's own number behind one.
int cpostgres_backend(const cpostgres_connection *connection);
/// What somebody has told by NOTIFY, to be freed with `free`; NULL: nothing that hasn't been taken, or there is no memory.
char *cpostgres_notification(cpostgres_connection *connection);
void cpostgres_close(cpostgres_connection *connection);

/// Sends statements that have no parameters; each has a result, in the text format.
bool cpostgres_send_script(cpostgres_connection *connection, const char *script);
/// Sends one statement, whose result comes in the binary format. `lengths` counts for binary parameters alone.
bool cpostgres_send(
    cpostgres_connection *connection, const char *statement, int count, const unsigned *types, const char *const *values,
    const int *lengths, const int *formats);
/// Has the server read a statement that is to be sent by its name from then on, on this connection. Its result has no rows.
bool cpostgres_prepare(
    cpostgres_connection *connection, const char *name, const char *statement, int count, const unsigned *types);
/// Like `cpostgres_send`.
bool cpostgres_send_prepared(
    cpostgres_connection *connection, const char *name, int count, const char *const *values, const int *lengths,
    const int *formats);
/// From here to the end of the pipeline nothing waits for an answer. Each statement has results of its own, with a NULL behind the last,
/// and the mark has one (CPOSTGRES_RESULT_SYNC). After one that fails all up to the mark are CPOSTGRES_RESULT_ABORTED.
bool cpostgres_enter_pipeline(cpostgres_connection *connection);
/// Sends the mark.
bool cpostgres_sync(cpostgres_connection *connection);
/// False: there are still results.
bool cpostgres_exit_pipeline(cpostgres_connection *connection);
/// 0: all was sent; 1: the socket takes no more at this moment; -1: failed.
int cpostgres_flush(cpostgres_connection *connection);
bool cpostgres_consume(cpostgres_connection *connection);
bool cpostgres_is_busy(cpostgres_connection *connection);
/// NULL: there is none any more. To be cleared.
cpostgres_result *cpostgres_next(cpostgres_connection *connection);

/// CPOSTGRES_RESULT_….
int cpostgres_status(const cpostgres_result *result);
/// NULL when the server hasn't said.
const char *cpostgres_field(const cpostgres_result *result, int field);
int cpostgres_rows(const cpostgres_result *result);
int cpostgres_columns(const cpostgres_result *result);
const char *cpostgres_column(const cpostgres_result *result, int column);
unsigned cpostgres_type(const cpostgres_result *result, int column);
bool cpostgres_is_null(const cpostgres_result *result, int row, int column);
const char *cpostgres_value(const cpostgres_result *result, int row, int column);
int cpostgres_length(const cpostgres_result *result, int row, int column);
/// How many rows a statement has changed, in digits; "" for one that changes none.
const char *cpostgres_changed(cpostgres_result *result);
void cpostgres_clear(cpostgres_result *result);

// As in libpq-fe.h and postgres_ext.h.
enum { CPOSTGRES_POLL_FAILED = 0, CPOSTGRES_POLL_READING = 1, CPOSTGRES_POLL_WRITING = 2, CPOSTGRES_POLL_OK = 3 };
enum {
  CPOSTGRES_RESULT_EMPTY = 0,
  CPOSTGRES_RESULT_COMMAND = 1,
  CPOSTGRES_RESULT_ROWS = 2,
  CPOSTGRES_RESULT_SYNC = 10,
  CPOSTGRES_RESULT_ABORTED = 11
};
enum { CPOSTGRES_FIELD_STATE = 'C', CPOSTGRES_FIELD_MESSAGE = 'M' };

#endif
