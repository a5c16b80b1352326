/* Prints what the library describes and returns a status of its own. */
#include <stdio.h>

#include "shapes.h"

int main(int argc, char **argv) {
    char text[500];
    int size = describe(text, sizeof text);
    printf("%d %s (%d arguments, last %s)\n", size, text, argc - 1, argv[argc - 1]);
    return 5;
}
