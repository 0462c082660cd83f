#include <stdint.h>

/* ICU, which comes with Foundation, has 36 MB of locales, calendars, time zones and collations in one table that the linker takes whole. Nothing this
   program does asks for any of it: what it sorts, compares and formats does not depend on a locale. So a release build defines that table itself, empty,
   as ICU's own way of building without data does ("ICU Data", https://unicode-org.github.io/icu/userguide/icu_data/); then the linker leaves the archive's
   one out. What is looked up in it is not found, which ICU's functions report as U_MISSING_RESOURCE_ERROR, and Foundation takes its own defaults.

   Other builds take Foundation from a shared library, which has its data with it. */
#ifdef BEST_WITHOUT_ICU_DATA

/* The header of a data package: its size and two magic bytes, then who made it for which machine, then a table of contents with nothing in it
   (struct DataHeader and UDataInfo, unicode/udata.h). */
typedef struct {
    uint16_t headerSize;
    uint8_t magic1, magic2;
    uint16_t infoSize, reservedWord;
    uint8_t isBigEndian, charsetFamily, sizeofUChar, reservedByte;
    uint8_t dataFormat[4], formatVersion[4], dataVersion[4];
    uint8_t padding[8];
    uint32_t count, reserved;
    uint32_t nothing[4];
} __attribute__((aligned(16))) cicu_package;

#define CICU_PACKAGE(name)                                                                                                                          \
    __attribute__((visibility("default"))) const cicu_package name = {                                                                              \
        32, 0xDA, 0x27, 20, 0, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0, 0, 0, 0}, {0}, 0, 0, {0}}

/* One for each version of ICU that a toolchain may have; with any other the data are back and all works as before. */
CICU_PACKAGE(icudt72_dat);
CICU_PACKAGE(icudt74_dat);
CICU_PACKAGE(icudt76_dat);
CICU_PACKAGE(icudt77_dat);
CICU_PACKAGE(icudt78_dat);
#endif
