// SPDX-License-Identifier: Apache-2.0
//
// A peer with a good certificate that wears a TLS server down: network_floods PORT CERTIFICATES MODE.
//   key-updates        sends KeyUpdate after KeyUpdate
//   requested-updates  the same, asks for an answer each time and reads it
//   requested-unread   the same and reads nothing
//   tiny-records       50,000 records of one byte, and reads the echo
// Says "cut off" when the server ended the connection, "served" when all came back, "endless" when 64 MiB were taken.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL *link_up(int port, const char *certificates) {
  char path[4096];
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  snprintf(path, sizeof(path), "%s/client.pem", certificates);
  SSL_CTX_use_certificate_chain_file(context, path);
  snprintf(path, sizeof(path), "%s/client.key", certificates);
  SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&at, sizeof(at)) != 0) exit(2);
  SSL *ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  if (SSL_connect(ssl) != 1) exit(3);
  char byte;
  if (SSL_write(ssl, "x", 1) != 1 || SSL_read(ssl, &byte, 1) != 1) exit(4);  // it is really served
  return ssl;
}

// True: the connection is over.
static int drain(SSL *ssl) {
  char bytes[16384];
  const int result = SSL_read(ssl, bytes, sizeof(bytes));
  return result <= 0 && SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ;
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  signal(SIGPIPE, SIG_IGN);
  SSL *ssl = link_up(atoi(arguments[1]), arguments[2]);
  const char *mode = arguments[3];
  const int fd = SSL_get_fd(ssl);
  if (strcmp(mode, "tiny-records") == 0) {
    for (int round = 0; round < 500; ++round) {
      char back[100];
      for (int i = 0; i < 100; ++i) {
        if (SSL_write(ssl, "y", 1) != 1) return puts("cut off"), 0;
      }
      for (int have = 0, size; have < 100; have += size) {
        if ((size = SSL_read(ssl, back, sizeof(back) - (size_t)have)) <= 0) return puts("cut off"), 0;
      }
    }
    return puts("served"), 0;
  }
  const int wants_answer = strncmp(mode, "requested", 9) == 0, reads = strcmp(mode, "requested-unread") != 0;
  fcntl(fd, F_SETFL, O_NONBLOCK);
  for (long sent = 0; sent < (64L << 20); sent += 27) {
    SSL_key_update(ssl, wants_answer ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    int result;
    while ((result = SSL_do_handshake(ssl)) != 1) {
      const int why = SSL_get_error(ssl, result);
      if (why != SSL_ERROR_WANT_WRITE && why != SSL_ERROR_WANT_READ) return puts("cut off"), 0;
      struct pollfd one = {fd, POLLOUT | (reads ? POLLIN : 0), 0};
      if (poll(&one, 1, 30000) == 0) return puts("stuck"), 0;
      if (reads && drain(ssl)) return puts("cut off"), 0;
      if (!reads && (one.revents & (POLLERR | POLLHUP)) != 0) return puts("cut off"), 0;
    }
    if (reads && sent % 27000 == 0 && drain(ssl)) return puts("cut off"), 0;
  }
  return puts("endless"), 0;
}
