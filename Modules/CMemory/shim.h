#ifndef BEST_CMEMORY_SHIM_H
#define BEST_CMEMORY_SHIM_H
#include <stddef.h>
#include <sys/mman.h>
/* mremap is variadic and a GNU extension (mremap(2)). 1: MREMAP_MAYMOVE. */
extern void *mremap(void *old_address, size_t old_size, size_t new_size, int flags, ...) __attribute__((__nothrow__));
static inline void *cmemory_resize(void *block, size_t size, size_t wanted) {
    void *moved = mremap(block, size, wanted, 1);
    return moved == MAP_FAILED ? 0 : moved;
}
/* MAP_FAILED is a cast that Swift cannot import. */
static inline void *cmemory_map(size_t size) {
    void *block = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? 0 : block;
}
static inline void cmemory_unmap(void *block, size_t size) { munmap(block, size); }
#endif
