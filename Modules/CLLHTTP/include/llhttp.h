#ifndef BEST_CLLHTTP_LLHTTP_H
#define BEST_CLLHTTP_LLHTTP_H
/* The parser is strict only when this is 1 both for its sources (the package manifest defines it too) and for their readers. */
#ifndef LLHTTP_STRICT_MODE
#define LLHTTP_STRICT_MODE 1
#elif LLHTTP_STRICT_MODE != 1
#error "llhttp must be compiled with LLHTTP_STRICT_MODE=1"
#endif
/* Debian's node-llhttp installs its header here; its sources include it by the bare name. */
#include "/usr/share/include/llhttp/llhttp.h"
#endif
