/* A small project for make: two languages, a library, a header. */
#pragma once
#ifdef __cplusplus
extern "C" {
#endif
double area(double width, double height);
int describe(char *buffer, int size);
#ifdef __cplusplus
}
#endif
