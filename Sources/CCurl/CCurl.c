#include "CCurl.h"

#include <sys/socket.h>

CURLcode ccurl_global_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }

#define TEXT_OPTION(name, option) \
  CURLcode name(CURL *easy, const char *value) { return curl_easy_setopt(easy, option, value); }
#define LONG_OPTION(name, option) \
  CURLcode name(CURL *easy, long value) { return curl_easy_setopt(easy, option, value); }
#define ANSWER(name, type, info) \
  CURLcode name(CURL *easy, type *value) { return curl_easy_getinfo(easy, info, value); }

TEXT_OPTION(ccurl_set_url, CURLOPT_URL)
TEXT_OPTION(ccurl_set_method, CURLOPT_CUSTOMREQUEST)
TEXT_OPTION(ccurl_set_accept_encoding, CURLOPT_ACCEPT_ENCODING)
TEXT_OPTION(ccurl_set_protocols, CURLOPT_PROTOCOLS_STR)
TEXT_OPTION(ccurl_set_ca_file, CURLOPT_CAINFO)
TEXT_OPTION(ccurl_set_ca_path, CURLOPT_CAPATH)
TEXT_OPTION(ccurl_set_certificate, CURLOPT_SSLCERT)
TEXT_OPTION(ccurl_set_key, CURLOPT_SSLKEY)
TEXT_OPTION(ccurl_set_key_passphrase, CURLOPT_KEYPASSWD)
TEXT_OPTION(ccurl_set_proxy, CURLOPT_PROXY)
TEXT_OPTION(ccurl_set_no_proxy, CURLOPT_NOPROXY)

TEXT_OPTION(ccurl_set_sender, CURLOPT_MAIL_FROM)
TEXT_OPTION(ccurl_set_user, CURLOPT_USERNAME)
TEXT_OPTION(ccurl_set_password, CURLOPT_PASSWORD)
TEXT_OPTION(ccurl_set_user_agent, CURLOPT_USERAGENT)
TEXT_OPTION(ccurl_set_aws_signature, CURLOPT_AWS_SIGV4)

CURLcode ccurl_set_get(CURL *easy) { return curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L); }
CURLcode ccurl_set_head(CURL *easy) { return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L); }

CURLcode ccurl_set_body(CURL *easy, const void *bytes, size_t count) {
  // Set the size first: COPYPOSTFIELDS copies that many bytes. NULL would make libcurl read from stdin.
  CURLcode code = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  if (code != CURLE_OK) return code;
  return curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, count > 0 ? (const char *)bytes : "");
}

CURLcode ccurl_set_headers(CURL *easy, struct curl_slist *headers) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
}

CURLcode ccurl_set_recipients(CURL *easy, struct curl_slist *recipients) {
  return curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients);
}

CURLcode ccurl_set_upload_size(CURL *easy, curl_off_t bytes) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, bytes) : code;
}

CURLcode ccurl_set_on_read(CURL *easy, curl_read_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_READFUNCTION, function);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_READDATA, context) : code;
}

CURLcode ccurl_set_on_body(CURL *easy, curl_write_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_WRITEDATA, context) : code;
}

CURLcode ccurl_set_on_header(CURL *easy, curl_write_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_HEADERDATA, context) : code;
}

CURLcode ccurl_set_on_open_socket(CURL *easy, curl_opensocket_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context) : code;
}

CURLcode ccurl_set_on_close_socket(CURL *easy, curl_closesocket_callback function, void *context) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, function);
  return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context) : code;
}

CURLcode ccurl_set_starttls(CURL *easy, bool on) {
  return curl_easy_setopt(easy, CURLOPT_USE_SSL, on ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_NONE);
}

const struct sockaddr *ccurl_address(const struct curl_sockaddr *address) { return &address->addr; }

curl_socket_t ccurl_open_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

CURLcode ccurl_set_error_text(CURL *easy, char *text) { return curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text); }
CURLcode ccurl_set_private(CURL *easy, void *value) { return curl_easy_setopt(easy, CURLOPT_PRIVATE, value); }

LONG_OPTION(ccurl_set_timeout_ms, CURLOPT_TIMEOUT_MS)
LONG_OPTION(ccurl_set_connect_timeout_ms, CURLOPT_CONNECTTIMEOUT_MS)
LONG_OPTION(ccurl_set_low_speed_limit, CURLOPT_LOW_SPEED_LIMIT)
LONG_OPTION(ccurl_set_low_speed_time, CURLOPT_LOW_SPEED_TIME)
LONG_OPTION(ccurl_set_follow_location, CURLOPT_FOLLOWLOCATION)
LONG_OPTION(ccurl_set_http_version, CURLOPT_HTTP_VERSION)
LONG_OPTION(ccurl_set_wait_for_multiplexing, CURLOPT_PIPEWAIT)
LONG_OPTION(ccurl_set_ca_cache_timeout, CURLOPT_CA_CACHE_TIMEOUT)
LONG_OPTION(ccurl_set_buffer_size, CURLOPT_BUFFERSIZE)
LONG_OPTION(ccurl_set_no_signal, CURLOPT_NOSIGNAL)
LONG_OPTION(ccurl_set_fresh_connect, CURLOPT_FRESH_CONNECT)
LONG_OPTION(ccurl_set_forbid_reuse, CURLOPT_FORBID_REUSE)
LONG_OPTION(ccurl_set_quick_exit, CURLOPT_QUICK_EXIT)
LONG_OPTION(ccurl_set_suppress_connect_headers, CURLOPT_SUPPRESS_CONNECT_HEADERS)

ANSWER(ccurl_get_status, long, CURLINFO_RESPONSE_CODE)
ANSWER(ccurl_get_connect_status, long, CURLINFO_HTTP_CONNECTCODE)
ANSWER(ccurl_get_os_error, long, CURLINFO_OS_ERRNO)
ANSWER(ccurl_get_private, void *, CURLINFO_PRIVATE)
ANSWER(ccurl_get_peer_address, const char *, CURLINFO_PRIMARY_IP)
ANSWER(ccurl_get_peer_port, long, CURLINFO_PRIMARY_PORT)
ANSWER(ccurl_get_pretransfer_time, curl_off_t, CURLINFO_PRETRANSFER_TIME_T)
ANSWER(ccurl_get_declared_length, curl_off_t, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
ANSWER(ccurl_get_received_length, curl_off_t, CURLINFO_SIZE_DOWNLOAD_T)

CURLcode ccurl_set_share(CURL *easy, CURLSH *share) { return curl_easy_setopt(easy, CURLOPT_SHARE, share); }

CURLSHcode ccurl_share_connections(CURLSH *share) {
  return curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
}

CURLMcode ccurl_multi_set_connection_cache(CURLM *multi, long count) {
  return curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, count);
}
