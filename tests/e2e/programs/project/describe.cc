// The C++ half of the project: exceptions, iostreams and threads, which need the unwinder and libstdc++.
#include "shapes.h"

#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

int describe(char *buffer, int size) {
    std::map<std::string, double> areas;
    std::vector<std::thread> threads;
    double results[4];
    for (int i = 0; i < 4; ++i) threads.emplace_back([i, &results] { results[i] = area(i, i + 1); });
    for (auto &thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) areas["shape " + std::to_string(i)] = results[i];
    std::ostringstream text;
    for (const auto &[name, value] : areas) text << name << ": " << value << "; ";
    try {
        throw std::runtime_error("thrown and caught");
    } catch (const std::exception &error) {
        text << error.what();
    }
    std::strncpy(buffer, text.str().c_str(), static_cast<size_t>(size));
    return static_cast<int>(text.str().size());
}
