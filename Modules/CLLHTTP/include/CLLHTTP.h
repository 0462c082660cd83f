#ifndef BEST_CLLHTTP_H
#define BEST_CLLHTTP_H
#include "llhttp.h"
#endif
