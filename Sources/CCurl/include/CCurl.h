#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stddef.h>

// libcurl's setters and getters are variadic, which Swift can't call. Here is one function per option, with the
// option's real C type, so that a wrong type doesn't compile.

CURLcode ccurl_global_init(void);

// What is sent.
CURLcode ccurl_set_url(CURL *easy, const char *url);
CURLcode ccurl_set_method(CURL *easy, const char *method);
CURLcode ccurl_set_get(CURL *easy);
CURLcode ccurl_set_head(CURL *easy);
/// Copies `bytes`, which may be NULL when `count` is 0, and makes the request a POST.
CURLcode ccurl_set_body(CURL *easy, const void *bytes, size_t count);
/// Keeps `headers`: they must live as long as the transfer.
CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *headers);
/// "" offers every encoding that libcurl can undo.
CURLcode ccurl_set_accept_encoding(CURL *easy, const char *encodings);

// Where what comes back goes.
CURLcode ccurl_set_on_body(CURL *easy, curl_write_callback function, void *context);
CURLcode ccurl_set_on_header(CURL *easy, curl_write_callback function, void *context);
/// For bytes from the socket, 1 KiB to 512 KiB.
CURLcode ccurl_set_buffer_size(CURL *easy, long bytes);
/// `text` has CURL_ERROR_SIZE bytes and must live as long as the handle.
CURLcode ccurl_set_error_text(CURL *easy, char *text);
CURLcode ccurl_set_private(CURL *easy, void *value);

// Where it goes.
/// `function` opens the socket, or answers CURL_SOCKET_BAD to make libcurl try the next address.
CURLcode ccurl_set_on_open_socket(CURL *easy, curl_opensocket_callback function, void *context);
/// The address itself, which may be longer than `struct sockaddr`.
const struct sockaddr *ccurl_address(const struct curl_sockaddr *address);
/// As libcurl does it, but not inherited by processes that are started meanwhile.
curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address);

// Limits.
CURLcode ccurl_set_timeout_ms(CURL *easy, long milliseconds);
CURLcode ccurl_set_connect_timeout_ms(CURL *easy, long milliseconds);
CURLcode ccurl_set_low_speed_limit(CURL *easy, long bytes_per_second);
CURLcode ccurl_set_low_speed_time(CURL *easy, long seconds);
CURLcode ccurl_set_protocols(CURL *easy, const char *schemes);
CURLcode ccurl_set_follow_location(CURL *easy, long on);
CURLcode ccurl_set_http_version(CURL *easy, long version);
/// A new connection, whatever others there are to that host.
CURLcode ccurl_set_fresh_connect(CURL *easy, long on);

// Habits.
CURLcode ccurl_set_no_signal(CURL *easy, long on);
CURLcode ccurl_set_quick_exit(CURL *easy, long on);
CURLcode ccurl_set_suppress_connect_headers(CURL *easy, long on);
CURLcode ccurl_set_ca_file(CURL *easy, const char *path);
CURLcode ccurl_set_ca_path(CURL *easy, const char *path);
CURLcode ccurl_set_certificate(CURL *easy, const char *path);
CURLcode ccurl_set_key(CURL *easy, const char *path);
CURLcode ccurl_set_key_passphrase(CURL *easy, const char *passphrase);
/// How long the authorities of a file are used before they are read again.
CURLcode ccurl_set_ca_cache_timeout(CURL *easy, long seconds);
/// Waits for a connection that is being opened, if it may turn out to carry several requests at once.
CURLcode ccurl_set_wait_for_multiplexing(CURL *easy, long on);
/// "" uses none, whatever the environment says.
CURLcode ccurl_set_proxy(CURL *easy, const char *url);
/// "" sends everything through the proxy, whatever the environment says.
CURLcode ccurl_set_no_proxy(CURL *easy, const char *names);

// What happened.
CURLcode ccurl_get_status(CURL *easy, long *status);
/// Of a proxy to CONNECT, 0 for none.
CURLcode ccurl_get_connect_status(CURL *easy, long *status);
CURLcode ccurl_get_os_error(CURL *easy, long *number);
CURLcode ccurl_get_private(CURL *easy, void **value);
CURLcode ccurl_get_peer_address(CURL *easy, const char **address);
CURLcode ccurl_get_peer_port(CURL *easy, long *port);
CURLcode ccurl_get_pretransfer_time(CURL *easy, curl_off_t *microseconds);
CURLcode ccurl_get_declared_length(CURL *easy, curl_off_t *bytes);
CURLcode ccurl_get_received_length(CURL *easy, curl_off_t *bytes);

/// Takes connections from `share`, which must live as long as the handle, and leaves them there.
CURLcode ccurl_set_share(CURL *easy, CURLSH *share);
/// Makes `share` hold connections. Without locks: for handles of one thread.
CURLSHcode ccurl_share_connections(CURLSH *share);

CURLMcode ccurl_multi_set_max_host_connections(CURLM *multi, long count);
CURLMcode ccurl_multi_set_connection_cache(CURLM *multi, long count);

#endif
