/* Counts the allocations of a process, for the thresholds of this suite: preloaded with LD_PRELOAD, it stands before malloc and its
   relatives and keeps the count in a file that ALLOCATION_COUNT_FILE names, so that a test can read it while the process runs. Counted is the
   main thread, which is the loop's: what the store's thread writes behind in batches is no part of a request. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic unsigned long discarded;
static _Atomic unsigned long *count = &discarded;

/* glibc's own names for the functions this library stands before (malloc(3), "Replacing malloc"). */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

__attribute__((constructor)) static void open_count(void) {
    const char *path = getenv("ALLOCATION_COUNT_FILE");
    if (!path) return;
    int file = open(path, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, sizeof *count)) return;
    void *shared = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) count = shared;
}

static _Thread_local int is_main = -1;

static void note(void) {
    if (is_main < 0) is_main = syscall(SYS_gettid) == getpid();
    if (is_main) atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

void *malloc(size_t size) { note(); return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { note(); return __libc_calloc(number, size); }
void *realloc(void *block, size_t size) { note(); return __libc_realloc(block, size); }
void *memalign(size_t alignment, size_t size) { note(); return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { note(); return __libc_memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) {
    note();
    *block = __libc_memalign(alignment, size);
    return *block ? 0 : 12; /* ENOMEM */
}
