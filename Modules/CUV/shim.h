#ifndef BEST_CUV_SHIM_H
#define BEST_CUV_SHIM_H
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <uv.h>

/* prctl is variadic; Swift cannot call it. */
static inline int cuv_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#endif
