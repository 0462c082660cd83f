#include "cbuild.h"

/* The values come without quotes, as a definition on the command line has them most safely. */
#define CBUILD_TEXT(value) CBUILD_QUOTED(value)
#define CBUILD_QUOTED(value) #value
#ifndef BEST_COMMIT
#define BEST_COMMIT
#endif
#ifndef BEST_DATE
#define BEST_DATE
#endif

/* In a source of its own, so that another commit compiles nothing else anew. */
const char *cbuild_commit(void) { return CBUILD_TEXT(BEST_COMMIT); }
const char *cbuild_date(void) { return CBUILD_TEXT(BEST_DATE); }
