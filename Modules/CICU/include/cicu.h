#ifndef BEST_CICU_H
#define BEST_CICU_H
/* Nothing is called: the module's object stands in for 36 MB of data, see data.c. */
#endif
