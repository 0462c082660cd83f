#ifndef BEST_CCRYPTO_SHIM_H
#define BEST_CCRYPTO_SHIM_H
#include <openssl/crypto.h>
#include <openssl/evp.h>

/* EVP_Digest with SHA-256: `out` has 32 bytes. 1 on success (EVP_DigestInit(3)). */
static inline int ccrypto_sha256(const void *data, size_t size, unsigned char *out) {
    return EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL);
}
#endif
