#!/usr/bin/env bash
# Compiles programs in several ways, runs what came out, and shows what a failing compilation says.
set -u

cat >hello.c <<'END'
#include <stdio.h>
int main(void) { puts("hello from C"); return 3; }
END
gcc -o hello hello.c && ./hello
echo "status $?"
gcc -pipe -static -O2 -o static hello.c && ./static
echo "static $?"
gcc -O2 -save-temps -flto -o whole hello.c && ./whole
echo "lto $?"
printf '#include <iostream>\n#include <vector>\nint main() { std::vector<int> v(3, 14); std::cout << v[1] << " from C++\\n"; }\n' | g++ -x c++ -o plus -
./plus
gcc -shared -fPIC -o libone.so -x c - <<<'int one(void) { return 1; }'
gcc -o uses_library -x c - -L. -lone -Wl,-rpath,"$PWD" <<<'int one(void); int main(void) { return one() + 30; }'
./uses_library
echo "library $?"
gcc -c -o wrong.o -x c - <<<'int main(void) { return undeclared; }'
echo "wrong $?"
gcc -o unlinked -x c - <<<'int missing(void); int main(void) { return missing(); }' 2>&1 | grep -c 'undefined reference'
gcc none.c
echo "none $?"

cp -r "$1" project
cd project || exit
make -j2 2>&1 | sort
./program one two
echo "program $?"
make -j2
touch shapes.h
make -j2 2>&1 | sort
make broken
echo "broken $?"
make nothing
echo "nothing $?"
nm program | grep -c ' T area'
size_of() { stat -c %s "$1"; }
strip -o stripped program && [[ $(size_of stripped) -lt $(size_of program) ]] && ./stripped x
make clean
ls
cd .. || exit
cksum hello static whole plus libone.so
