#ifndef BEST_CBUILD_H
#define BEST_CBUILD_H
/* What this program was built from: facts that `make release` hands to the package manifest, "" where it was built otherwise. */
const char *_Nonnull cbuild_commit(void);
const char *_Nonnull cbuild_date(void);
#endif
