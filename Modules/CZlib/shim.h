#ifndef BEST_CZLIB_SHIM_H
#define BEST_CZLIB_SHIM_H
#include <zlib.h>
/* inflateInit2 is a macro that passes the struct's size. 16 + MAX_WBITS: gzip only; 32 + MAX_WBITS: gzip or zlib by its header. */
static inline int czlib_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
#endif
