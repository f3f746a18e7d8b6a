/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of sockets as text. Thread: any. */
#ifndef GI_NET_ADDRESS_H
#define GI_NET_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define GI_ADDRESS_TEXT_SIZE 56u

/* "127.0.0.1:80", "[::1]:80", "localhost:0", "*:80". Error: -EINVAL. */
int gi_address_parse(const char *text, struct sockaddr_storage *out_address, socklen_t *out_size);
uint16_t gi_address_port(const struct sockaddr_storage *address);
void gi_address_format(const struct sockaddr_storage *address, char *out_text, size_t size);

#endif
