#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

// libcurl's setters and getters are variadic, which Swift can't call. This header has one function per option, with the option's
// C type, so that a wrong type doesn't compile. It contains no logic; see Transport.

CURLcode ccurl_global_init(void);

// The request.
CURLcode ccurl_set_url(CURL *easy, const char *url);
CURLcode ccurl_set_method(CURL *easy, const char *method);
CURLcode ccurl_set_get(CURL *easy);
CURLcode ccurl_set_head(CURL *easy);
/// Copies `bytes`, which may be NULL when `count` is 0, and makes the request a POST.
CURLcode ccurl_set_body(CURL *easy, const void *bytes, size_t count);
/// Doesn't copy `headers`: they must live as long as the transfer.
CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *headers);
/// "" offers every encoding that libcurl can decode.
CURLcode ccurl_set_accept_encoding(CURL *easy, const char *encodings);

/// `provider:provider:region:service` has the request signed with the user and password as key and secret.
CURLcode ccurl_set_aws_signature(CURL *easy, const char *parameters);
/// A header User-Agent that isn't signed, unlike those of ccurl_set_headers.
CURLcode ccurl_set_user_agent(CURL *easy, const char *name);
CURLcode ccurl_set_user(CURL *easy, const char *name);
CURLcode ccurl_set_password(CURL *easy, const char *password);

// A mail.
CURLcode ccurl_set_sender(CURL *easy, const char *address);
/// Doesn't copy `recipients`: they must live as long as the transfer.
CURLcode ccurl_set_recipients(CURL *easy, struct curl_slist *recipients);
/// Sends what the function of ccurl_set_on_read gives, which is so long.
CURLcode ccurl_set_upload_size(CURL *easy, curl_off_t bytes);
CURLcode ccurl_set_on_read(CURL *easy, curl_read_callback function, void *context);
/// Demands TLS by STARTTLS, or asks for none.
CURLcode ccurl_set_starttls(CURL *easy, bool on);

// The response.
CURLcode ccurl_set_on_body(CURL *easy, curl_write_callback function, void *context);
CURLcode ccurl_set_on_header(CURL *easy, curl_write_callback function, void *context);
/// For reading from the socket, 1 KiB to 512 KiB.
CURLcode ccurl_set_buffer_size(CURL *easy, long bytes);
/// `text` has CURL_ERROR_SIZE bytes and must live as long as the handle.
CURLcode ccurl_set_error_text(CURL *easy, char *text);
CURLcode ccurl_set_private(CURL *easy, void *value);

// The connection.
/// `function` opens the socket, or returns CURL_SOCKET_BAD to make libcurl try the next address.
CURLcode ccurl_set_on_open_socket(CURL *easy, curl_opensocket_callback function, void *context);
/// `function` closes what ccurl_set_on_open_socket's has opened.
CURLcode ccurl_set_on_close_socket(CURL *easy, curl_closesocket_callback function, void *context);
/// The address itself, which may be longer than `struct sockaddr`.
const struct sockaddr *ccurl_address(const struct curl_sockaddr *address);
/// Like libcurl's own, but child processes don't inherit it.
curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address);

// Limits.
CURLcode ccurl_set_timeout_ms(CURL *easy, long milliseconds);
CURLcode ccurl_set_connect_timeout_ms(CURL *easy, long milliseconds);
CURLcode ccurl_set_low_speed_limit(CURL *easy, long bytes_per_second);
CURLcode ccurl_set_low_speed_time(CURL *easy, long seconds);
CURLcode ccurl_set_protocols(CURL *easy, const char *schemes);
CURLcode ccurl_set_follow_location(CURL *easy, long on);
CURLcode ccurl_set_http_version(CURL *easy, long version);
/// Opens a new connection even if others to the host exist.
CURLcode ccurl_set_fresh_connect(CURL *easy, long on);
/// Closes the connection after the transfer.
CURLcode ccurl_set_forbid_reuse(CURL *easy, long on);

// Behaviour.
CURLcode ccurl_set_no_signal(CURL *easy, long on);
CURLcode ccurl_set_quick_exit(CURL *easy, long on);
CURLcode ccurl_set_suppress_connect_headers(CURL *easy, long on);
CURLcode ccurl_set_ca_file(CURL *easy, const char *path);
CURLcode ccurl_set_ca_path(CURL *easy, const char *path);
CURLcode ccurl_set_certificate(CURL *easy, const char *path);
CURLcode ccurl_set_key(CURL *easy, const char *path);
CURLcode ccurl_set_key_passphrase(CURL *easy, const char *passphrase);
/// How long a file of authorities is cached.
CURLcode ccurl_set_ca_cache_timeout(CURL *easy, long seconds);
/// Waits for a connection that is being opened, in case it can carry several requests.
CURLcode ccurl_set_wait_for_multiplexing(CURL *easy, long on);
/// "" uses no proxy and ignores the environment.
CURLcode ccurl_set_proxy(CURL *easy, const char *url);
/// "" uses the proxy for every host and ignores the environment.
CURLcode ccurl_set_no_proxy(CURL *easy, const char *names);

// Results.
CURLcode ccurl_get_status(CURL *easy, long *status);
/// The proxy's status for CONNECT, 0 without one.
CURLcode ccurl_get_connect_status(CURL *easy, long *status);
CURLcode ccurl_get_os_error(CURL *easy, long *number);
CURLcode ccurl_get_private(CURL *easy, void **value);
CURLcode ccurl_get_peer_address(CURL *easy, const char **address);
CURLcode ccurl_get_peer_port(CURL *easy, long *port);
CURLcode ccurl_get_pretransfer_time(CURL *easy, curl_off_t *microseconds);
CURLcode ccurl_get_declared_length(CURL *easy, curl_off_t *bytes);
CURLcode ccurl_get_received_length(CURL *easy, curl_off_t *bytes);

/// Takes connections from `share`, which must live as long as the handle, and returns them to it.
CURLcode ccurl_set_share(CURL *easy, CURLSH *share);
/// Makes `share` hold connections. It has no locks: use its handles on one thread.
CURLSHcode ccurl_share_connections(CURLSH *share);

CURLMcode ccurl_multi_set_connection_cache(CURLM *multi, long count);

#endif
